/* Assemblies: opening, finding by simple name among the modules, and type names hashed once. */
#include "types.h"

struct assembly *g_assemblies;
struct assembly *g_korlib;

/* All of the class library's facades are one assembly here. */
static const char *const s_korlib_names[] = {
    "korlib", "mscorlib", "System", "System.Core", "System.Runtime", "netstandard",
    "System.Private.CoreLib",
};

enum { ASSEMBLY_NAME = 7, ASSEMBLYREF_NAME = 6, MODULE_MVID = 2 };
enum { TYPEDEF_NAME = 1, TYPEDEF_NAMESPACE = 2, NESTED_INNER = 0, NESTED_OUTER = 1 };
enum { GENERICPARAM_OWNER = 2 };

static bool is_korlib_name(const char *name)
{
    for (size_t i = 0; i < sizeof s_korlib_names / sizeof *s_korlib_names; i++)
        if (!strcmp(name, s_korlib_names[i]))
            return true;
    return false;
}

static uint32_t hash_name(const char *name_space, const char *name, uint32_t enclosing)
{
    uint32_t hash = 2166136261u ^ enclosing;
    for (; *name_space; name_space++)
        hash = (hash ^ (uint8_t)*name_space) * 16777619u;
    hash = (hash ^ '.') * 16777619u;
    for (; *name; name++)
        hash = (hash ^ (uint8_t)*name) * 16777619u;
    return hash ^ hash >> 15;
}

static void *rows_of(const struct md_image *md, uint32_t rows, size_t size,
                     struct md_error *error)
{
    return rt_try_keep(rows * size, md->name, error);
}

static bool index_names(struct assembly *assembly, struct md_error *error)
{
    const struct md_image *md = &assembly->md;
    struct assembly_index *index = assembly->index;
    uint32_t count = md_rows(md, MD_TYPEDEF);
    index->bucket_count = 16;
    while (index->bucket_count < count)
        index->bucket_count *= 2;
    index->buckets = rows_of(md, index->bucket_count, sizeof *index->buckets, error);
    index->next_in_bucket = rows_of(md, count, sizeof *index->next_in_bucket, error);
    index->enclosing = rows_of(md, count, sizeof *index->enclosing, error);
    index->generic_type = rows_of(md, count, 1, error);
    index->generic_method = rows_of(md, md_rows(md, MD_METHODDEF), 1, error);
    if (error->set)
        return false;

    for (uint32_t row = 1; row <= md_rows(md, MD_NESTEDCLASS); row++) {
        md_token inner = md_column_token(md, MD_NESTEDCLASS, row, NESTED_INNER, error);
        md_token outer = md_column_token(md, MD_NESTEDCLASS, row, NESTED_OUTER, error);
        if (error->set)
            return false;
        if (!inner || !outer || MD_TOKEN_ROW(outer) == MD_TOKEN_ROW(inner)) {
            md_fail(error, "%s: NestedClass row %u: a type cannot enclose itself or nothing",
                    md->name, row);
            return false;
        }
        index->enclosing[MD_TOKEN_ROW(inner) - 1] = MD_TOKEN_ROW(outer);
    }
    for (uint32_t row = 1; row <= md_rows(md, MD_GENERICPARAM); row++) {
        md_token owner = md_column_token(md, MD_GENERICPARAM, row, GENERICPARAM_OWNER, error);
        if (error->set)
            return false;
        if (MD_TOKEN_TABLE(owner) == MD_TYPEDEF && MD_TOKEN_ROW(owner))
            index->generic_type[MD_TOKEN_ROW(owner) - 1] = 1;
        else if (MD_TOKEN_TABLE(owner) == MD_METHODDEF && MD_TOKEN_ROW(owner))
            index->generic_method[MD_TOKEN_ROW(owner) - 1] = 1;
    }
    for (uint32_t row = count; row >= 1; row--) {
        const char *name = md_column_string(md, MD_TYPEDEF, row, TYPEDEF_NAME, error);
        const char *name_space = md_column_string(md, MD_TYPEDEF, row, TYPEDEF_NAMESPACE, error);
        if (error->set)
            return false;
        uint32_t hash = hash_name(name_space, name, index->enclosing[row - 1]);
        uint32_t *bucket = &index->buckets[hash & (index->bucket_count - 1)];
        index->next_in_bucket[row - 1] = *bucket;
        *bucket = row;
    }
    return true;
}

uint32_t rt_find_typedef(const struct assembly *assembly, const char *name_space, const char *name,
                         uint32_t enclosing)
{
    const struct assembly_index *index = assembly->index;
    uint32_t hash = hash_name(name_space, name, enclosing);
    struct md_error ignored = { 0 };    /* every name was read once by index_names */
    for (uint32_t row = index->buckets[hash & (index->bucket_count - 1)]; row;
         row = index->next_in_bucket[row - 1]) {
        if (index->enclosing[row - 1] != enclosing)
            continue;
        if (!strcmp(md_column_string(&assembly->md, MD_TYPEDEF, row, TYPEDEF_NAME, &ignored),
                    name) &&
            !strcmp(md_column_string(&assembly->md, MD_TYPEDEF, row, TYPEDEF_NAMESPACE, &ignored),
                    name_space))
            return row;
    }
    return 0;
}

/* "dir/Name.dll" -> "Name", for modules without an Assembly row. */
static const char *name_from_file(const char *file)
{
    const char *base = file;
    for (const char *p = file; *p; p++)
        if (*p == '/')
            base = p + 1;
    char *name = (char *)rt_keep(strlen(base) + 1);
    strlen(base) ? (void)memcpy(name, base, strlen(base)) : (void)0;
    size_t length = strlen(name);
    if (length > 4 && (!strcmp(name + length - 4, ".dll") || !strcmp(name + length - 4, ".exe")))
        name[length - 4] = 0;
    return name;
}

struct assembly *rt_load_assembly(const char *file, const uint8_t *image, size_t size,
                                  struct md_error *error)
{
    struct assembly *assembly = rt_keep(sizeof *assembly);
    assembly->file = rt_keep_text(file);
    assembly->image_base = (uint64_t)(uintptr_t)image;
    assembly->image_size = size;
    if (!md_open(&assembly->md, assembly->file, image, size, error))
        return NULL;
    const struct md_image *md = &assembly->md;
    if (md_rows(md, MD_ASSEMBLY)) {
        assembly->name = md_column_string(md, MD_ASSEMBLY, 1, ASSEMBLY_NAME, error);
        if (error->set)
            return NULL;
    } else {
        assembly->name = name_from_file(file);
    }
    if (is_korlib_name(assembly->name))
        assembly->name = "korlib";
    for (struct assembly *other = g_assemblies; other; other = other->next) {
        if (!strcmp(other->name, assembly->name)) {
            md_fail(error, "%s: assembly '%s' is already loaded, from %s; give the file once", file,
                    assembly->name, other->file);
            return NULL;
        }
    }
    if (md_rows(md, MD_MODULE)) {
        const uint8_t *mvid =
            md_guid(md, md_column(md, MD_MODULE, 1, MODULE_MVID, error));
        if (mvid)
            memcpy(assembly->mvid, mvid, 16);
    }
    struct assembly_index *index = assembly->index = rt_keep(sizeof *index);
    const uint32_t types = md_rows(md, MD_TYPEDEF), methods = md_rows(md, MD_METHODDEF);
    assembly->types = rows_of(md, types, sizeof *assembly->types, error);
    assembly->methods = rows_of(md, methods, sizeof *assembly->methods, error);
    assembly->fields = rows_of(md, md_rows(md, MD_FIELD), sizeof *assembly->fields, error);
    index->typerefs = rows_of(md, md_rows(md, MD_TYPEREF), sizeof *index->typerefs, error);
    index->typespecs = rows_of(md, md_rows(md, MD_TYPESPEC), sizeof *index->typespecs, error);
    index->references = rows_of(md, md_rows(md, MD_ASSEMBLYREF), sizeof *index->references, error);
    index->memberrefs = rows_of(md, md_rows(md, MD_MEMBERREF), sizeof *index->memberrefs, error);
    if (error->set || !index_names(assembly, error))
        return NULL;

    struct assembly **link = &g_assemblies;
    while (*link)
        link = &(*link)->next;
    __atomic_store_n(link, assembly, __ATOMIC_RELEASE);
    g_generation++;
    return assembly;
}

static const struct plat_module *find_module(const char *simple_name)
{
    size_t length = strlen(simple_name);
    for (size_t i = 0; i < plat_module_count(); i++) {
        const struct plat_module *module = plat_module(i);
        if (!strncmp(module->name, simple_name, length) &&
            (!strcmp(module->name + length, ".dll") || !strcmp(module->name + length, ".exe")))
            return module;
    }
    return NULL;
}

static struct assembly *loaded_assembly(const char *simple_name)
{
    for (struct assembly *a = g_assemblies; a; a = a->next)
        if (!strcmp(a->name, simple_name))
            return a;
    return NULL;
}

struct assembly *rt_find_assembly(const char *simple_name)
{
    const char *name = is_korlib_name(simple_name) ? "korlib" : simple_name;
    struct assembly *assembly = loaded_assembly(name);
    if (assembly)
        return assembly;
    const struct plat_module *module = find_module(name);
    if (!module)
        return NULL;
    struct md_error error = { 0 };
    assembly = rt_load_assembly(module->name, module->bytes, module->size, &error);
    if (!assembly)
        plat_log("[loader] %s\n", error.text);
    return assembly;
}

struct assembly *rt_resolve_assemblyref(struct assembly *from, uint32_t row,
                                        struct md_error *error)
{
    struct assembly **cell = &from->index->references[row - 1];
    if (*cell)
        return *cell;
    const char *name = md_column_string(&from->md, MD_ASSEMBLYREF, row, ASSEMBLYREF_NAME, error);
    if (error->set)
        return NULL;
    const char *wanted = is_korlib_name(name) ? "korlib" : name;
    struct assembly *found = loaded_assembly(wanted);
    if (!found) {
        const struct plat_module *module = find_module(wanted);
        if (!module) {
            md_fail(error,
                    "%s: AssemblyRef row %u: assembly '%s' is not among the modules; hand over "
                    "%s.dll or %s.exe too", from->md.name, row, name, wanted, wanted);
            return NULL;
        }
        found = rt_load_assembly(module->name, module->bytes, module->size, error);
        if (!found)
            return NULL;
    }
    return *cell = found;
}

void rt_assemblies_reset(void)
{
    g_assemblies = NULL;
    g_korlib = NULL;
}
