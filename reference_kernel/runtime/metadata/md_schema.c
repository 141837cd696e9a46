/* The shape of every metadata table, ECMA-335 II.22, as one declarative table.
 *
 * A column's number everywhere in this reader (md_column and friends) is its position in the list
 * of columns that II.22 gives for the table, counted from 0; so TypeDef is Flags 0, TypeName 1,
 * TypeNamespace 2, Extends 3, FieldList 4, MethodList 5. Constant's padding is no column. */
#include "md_internal.h"

#define U8      MD_KIND_U8
#define U16     MD_KIND_U16
#define U32     MD_KIND_U32
#define STRING  MD_KIND_STRING
#define BLOB    MD_KIND_BLOB
#define GUID    MD_KIND_GUID
#define ROW(table)   MD_##table
#define LIST(table)  (MD_KIND_LIST + MD_##table)
#define CODED(index) (MD_KIND_CODED + MD_CODED_##index)

#define COUNT(...) (sizeof((struct md_column_schema[]){__VA_ARGS__}) \
                    / sizeof(struct md_column_schema))
#define TABLE(id, name, key, ...) \
    [MD_##id] = {name, key, COUNT(__VA_ARGS__), {__VA_ARGS__}}
#define NONE MD_NO_KEY

const struct md_table_schema md_table_schemas[MD_TABLE_COUNT] = {
    TABLE(MODULE, "Module", NONE, {"Generation", U16}, {"Name", STRING}, {"Mvid", GUID},
          {"EncId", GUID}, {"EncBaseId", GUID}),
    TABLE(TYPEREF, "TypeRef", NONE, {"ResolutionScope", CODED(RESOLUTIONSCOPE)},
          {"TypeName", STRING}, {"TypeNamespace", STRING}),
    TABLE(TYPEDEF, "TypeDef", NONE, {"Flags", U32}, {"TypeName", STRING},
          {"TypeNamespace", STRING}, {"Extends", CODED(TYPEDEFORREF)}, {"FieldList", LIST(FIELD)},
          {"MethodList", LIST(METHODDEF)}),
    TABLE(FIELDPTR, "FieldPtr", NONE, {"Field", ROW(FIELD)}),
    TABLE(FIELD, "Field", NONE, {"Flags", U16}, {"Name", STRING}, {"Signature", BLOB}),
    TABLE(METHODPTR, "MethodPtr", NONE, {"Method", ROW(METHODDEF)}),
    TABLE(METHODDEF, "MethodDef", NONE, {"RVA", U32}, {"ImplFlags", U16}, {"Flags", U16},
          {"Name", STRING}, {"Signature", BLOB}, {"ParamList", LIST(PARAM)}),
    TABLE(PARAMPTR, "ParamPtr", NONE, {"Param", ROW(PARAM)}),
    TABLE(PARAM, "Param", NONE, {"Flags", U16}, {"Sequence", U16}, {"Name", STRING}),
    TABLE(INTERFACEIMPL, "InterfaceImpl", 0, {"Class", ROW(TYPEDEF)},
          {"Interface", CODED(TYPEDEFORREF)}),
    TABLE(MEMBERREF, "MemberRef", NONE, {"Class", CODED(MEMBERREFPARENT)}, {"Name", STRING},
          {"Signature", BLOB}),
    TABLE(CONSTANT, "Constant", 1, {"Type", U8}, {"Parent", CODED(HASCONSTANT)}, {"Value", BLOB}),
    TABLE(CUSTOMATTRIBUTE, "CustomAttribute", 0, {"Parent", CODED(HASCUSTOMATTRIBUTE)},
          {"Type", CODED(CUSTOMATTRIBUTETYPE)}, {"Value", BLOB}),
    TABLE(FIELDMARSHAL, "FieldMarshal", 0, {"Parent", CODED(HASFIELDMARSHAL)},
          {"NativeType", BLOB}),
    TABLE(DECLSECURITY, "DeclSecurity", 1, {"Action", U16}, {"Parent", CODED(HASDECLSECURITY)},
          {"PermissionSet", BLOB}),
    TABLE(CLASSLAYOUT, "ClassLayout", 2, {"PackingSize", U16}, {"ClassSize", U32},
          {"Parent", ROW(TYPEDEF)}),
    TABLE(FIELDLAYOUT, "FieldLayout", 1, {"Offset", U32}, {"Field", ROW(FIELD)}),
    TABLE(STANDALONESIG, "StandAloneSig", NONE, {"Signature", BLOB}),
    TABLE(EVENTMAP, "EventMap", NONE, {"Parent", ROW(TYPEDEF)}, {"EventList", LIST(EVENT)}),
    TABLE(EVENTPTR, "EventPtr", NONE, {"Event", ROW(EVENT)}),
    TABLE(EVENT, "Event", NONE, {"EventFlags", U16}, {"Name", STRING},
          {"EventType", CODED(TYPEDEFORREF)}),
    TABLE(PROPERTYMAP, "PropertyMap", NONE, {"Parent", ROW(TYPEDEF)},
          {"PropertyList", LIST(PROPERTY)}),
    TABLE(PROPERTYPTR, "PropertyPtr", NONE, {"Property", ROW(PROPERTY)}),
    TABLE(PROPERTY, "Property", NONE, {"Flags", U16}, {"Name", STRING}, {"Type", BLOB}),
    TABLE(METHODSEMANTICS, "MethodSemantics", 2, {"Semantics", U16}, {"Method", ROW(METHODDEF)},
          {"Association", CODED(HASSEMANTICS)}),
    TABLE(METHODIMPL, "MethodImpl", 0, {"Class", ROW(TYPEDEF)},
          {"MethodBody", CODED(METHODDEFORREF)}, {"MethodDeclaration", CODED(METHODDEFORREF)}),
    TABLE(MODULEREF, "ModuleRef", NONE, {"Name", STRING}),
    TABLE(TYPESPEC, "TypeSpec", NONE, {"Signature", BLOB}),
    TABLE(IMPLMAP, "ImplMap", 1, {"MappingFlags", U16}, {"MemberForwarded", CODED(MEMBERFORWARDED)},
          {"ImportName", STRING}, {"ImportScope", ROW(MODULEREF)}),
    TABLE(FIELDRVA, "FieldRVA", 1, {"RVA", U32}, {"Field", ROW(FIELD)}),
    TABLE(ENCLOG, "EncLog", NONE, {"Token", U32}, {"FuncCode", U32}),
    TABLE(ENCMAP, "EncMap", NONE, {"Token", U32}),
    TABLE(ASSEMBLY, "Assembly", NONE, {"HashAlgId", U32}, {"MajorVersion", U16},
          {"MinorVersion", U16}, {"BuildNumber", U16}, {"RevisionNumber", U16}, {"Flags", U32},
          {"PublicKey", BLOB}, {"Name", STRING}, {"Culture", STRING}),
    TABLE(ASSEMBLYPROCESSOR, "AssemblyProcessor", NONE, {"Processor", U32}),
    TABLE(ASSEMBLYOS, "AssemblyOS", NONE, {"OSPlatformID", U32}, {"OSMajorVersion", U32},
          {"OSMinorVersion", U32}),
    TABLE(ASSEMBLYREF, "AssemblyRef", NONE, {"MajorVersion", U16}, {"MinorVersion", U16},
          {"BuildNumber", U16}, {"RevisionNumber", U16}, {"Flags", U32},
          {"PublicKeyOrToken", BLOB}, {"Name", STRING}, {"Culture", STRING}, {"HashValue", BLOB}),
    TABLE(ASSEMBLYREFPROCESSOR, "AssemblyRefProcessor", NONE, {"Processor", U32},
          {"AssemblyRef", ROW(ASSEMBLYREF)}),
    TABLE(ASSEMBLYREFOS, "AssemblyRefOS", NONE, {"OSPlatformID", U32}, {"OSMajorVersion", U32},
          {"OSMinorVersion", U32}, {"AssemblyRef", ROW(ASSEMBLYREF)}),
    TABLE(FILE, "File", NONE, {"Flags", U32}, {"Name", STRING}, {"HashValue", BLOB}),
    TABLE(EXPORTEDTYPE, "ExportedType", NONE, {"Flags", U32}, {"TypeDefId", U32},
          {"TypeName", STRING}, {"TypeNamespace", STRING},
          {"Implementation", CODED(IMPLEMENTATION)}),
    TABLE(MANIFESTRESOURCE, "ManifestResource", NONE, {"Offset", U32}, {"Flags", U32},
          {"Name", STRING}, {"Implementation", CODED(IMPLEMENTATION)}),
    TABLE(NESTEDCLASS, "NestedClass", 0, {"NestedClass", ROW(TYPEDEF)},
          {"EnclosingClass", ROW(TYPEDEF)}),
    TABLE(GENERICPARAM, "GenericParam", 2, {"Number", U16}, {"Flags", U16},
          {"Owner", CODED(TYPEORMETHODDEF)}, {"Name", STRING}),
    TABLE(METHODSPEC, "MethodSpec", NONE, {"Method", CODED(METHODDEFORREF)},
          {"Instantiation", BLOB}),
    TABLE(GENERICPARAMCONSTRAINT, "GenericParamConstraint", 0, {"Owner", ROW(GENERICPARAM)},
          {"Constraint", CODED(TYPEDEFORREF)}),
};

#define TAGS(...) (sizeof((uint8_t[]){__VA_ARGS__})), {__VA_ARGS__}

const struct md_coded_schema md_coded_schemas[MD_CODED_COUNT] = {
    [MD_CODED_TYPEDEFORREF] = {"TypeDefOrRef", 2, TAGS(MD_TYPEDEF, MD_TYPEREF, MD_TYPESPEC)},
    [MD_CODED_HASCONSTANT] = {"HasConstant", 2, TAGS(MD_FIELD, MD_PARAM, MD_PROPERTY)},
    [MD_CODED_HASCUSTOMATTRIBUTE] = {"HasCustomAttribute", 5,
        TAGS(MD_METHODDEF, MD_FIELD, MD_TYPEREF, MD_TYPEDEF, MD_PARAM, MD_INTERFACEIMPL,
             MD_MEMBERREF, MD_MODULE, MD_DECLSECURITY, MD_PROPERTY, MD_EVENT, MD_STANDALONESIG,
             MD_MODULEREF, MD_TYPESPEC, MD_ASSEMBLY, MD_ASSEMBLYREF, MD_FILE, MD_EXPORTEDTYPE,
             MD_MANIFESTRESOURCE, MD_GENERICPARAM, MD_GENERICPARAMCONSTRAINT, MD_METHODSPEC)},
    [MD_CODED_HASFIELDMARSHAL] = {"HasFieldMarshal", 1, TAGS(MD_FIELD, MD_PARAM)},
    [MD_CODED_HASDECLSECURITY] = {"HasDeclSecurity", 2,
        TAGS(MD_TYPEDEF, MD_METHODDEF, MD_ASSEMBLY)},
    [MD_CODED_MEMBERREFPARENT] = {"MemberRefParent", 3,
        TAGS(MD_TYPEDEF, MD_TYPEREF, MD_MODULEREF, MD_METHODDEF, MD_TYPESPEC)},
    [MD_CODED_HASSEMANTICS] = {"HasSemantics", 1, TAGS(MD_EVENT, MD_PROPERTY)},
    [MD_CODED_METHODDEFORREF] = {"MethodDefOrRef", 1, TAGS(MD_METHODDEF, MD_MEMBERREF)},
    [MD_CODED_MEMBERFORWARDED] = {"MemberForwarded", 1, TAGS(MD_FIELD, MD_METHODDEF)},
    [MD_CODED_IMPLEMENTATION] = {"Implementation", 2,
        TAGS(MD_FILE, MD_ASSEMBLYREF, MD_EXPORTEDTYPE)},
    [MD_CODED_CUSTOMATTRIBUTETYPE] = {"CustomAttributeType", 3,
        TAGS(MD_TAG_UNUSED, MD_TAG_UNUSED, MD_METHODDEF, MD_MEMBERREF, MD_TAG_UNUSED)},
    [MD_CODED_RESOLUTIONSCOPE] = {"ResolutionScope", 2,
        TAGS(MD_MODULE, MD_MODULEREF, MD_ASSEMBLYREF, MD_TYPEREF)},
    [MD_CODED_TYPEORMETHODDEF] = {"TypeOrMethodDef", 1, TAGS(MD_TYPEDEF, MD_METHODDEF)},
};

const char *md_table_name(enum md_table table)
{
    return (unsigned)table < MD_TABLE_COUNT ? md_table_schemas[table].name : "unknown table";
}
