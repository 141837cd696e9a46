/* Field layout, policy "k1":
 * - auto and sequential: declaration order, each field at its natural alignment (at most Pack, when
 *   that is given), behind the parent's fields; a parent takes its size rounded up to its
 *   alignment;
 * - explicit: at the given offset, counted from the end of the parent;
 * - size: the end of the last field rounded up to the type's alignment, at least ClassSize; a value
 *   type has at least one byte. Classes count their offsets from the MethodTable pointer (first
 *   field: 8).
 * The debugger computes the same from metadata, on its own. */
#include "types.h"

const char g_layout_policy[] = "k1";

enum { TYPEDEF_FLAGS = 0, TD_LAYOUT_MASK = 0x18 };
enum { FIELD_SIGNATURE = 2, SIG_FIELD = 0x06 };
enum { CLASSLAYOUT_PACK = 0, CLASSLAYOUT_SIZE = 1, CLASSLAYOUT_PARENT = 2 };
enum { FIELDLAYOUT_OFFSET = 0, FIELDLAYOUT_FIELD = 1, FIELDRVA_RVA = 0, FIELDRVA_FIELD = 1 };

struct placed {
    uint32_t size;
    uint32_t align;
    bool pointers;
    bool embedded;                      /* a struct */
};

static bool field_signature(struct field_desc *field, struct md_sig *sig, struct md_error *error)
{
    struct assembly *assembly = field->owner->assembly;
    struct md_blob blob = md_column_blob(&assembly->md, MD_FIELD, MD_TOKEN_ROW(field->token),
                                         FIELD_SIGNATURE, error);
    *sig = md_sig_open(&assembly->md, blob);
    if (!error->set && md_sig_byte(sig, error) != SIG_FIELD && !error->set)
        md_fail(error, "%s: Field row %u: its signature is not a field's", assembly->md.name,
                MD_TOKEN_ROW(field->token));
    return !error->set;
}

struct type_desc *rt_field_type(struct field_desc *field, struct md_error *error)
{
    struct md_sig sig;
    struct type_desc *type;
    uint32_t flags;
    if (!field->type) {
        if (!field_signature(field, &sig, error) ||
            !rt_sig_type(&sig, field->owner->assembly, &type, &flags, error))
            return NULL;
        field->type = type;
    }
    return field->type;
}

/* References and pointers need no type to be laid out, so nothing is resolved for them here. */
static bool measure(struct field_desc *field, struct placed *out, struct md_error *error)
{
    struct assembly *assembly = field->owner->assembly;
    struct md_sig sig;
    if (!field_signature(field, &sig, error))
        return false;
    uint8_t code = md_sig_peek(&sig, error);
    while (!error->set && (code == ET_CMOD_OPT || code == ET_CMOD_REQD)) {
        md_sig_byte(&sig, error);
        md_sig_typedef_or_ref(&sig, error);
        code = md_sig_peek(&sig, error);
    }
    struct md_sig inner = sig;
    if (!error->set && code == ET_GENERICINST) {
        md_sig_byte(&inner, error);
        if (md_sig_peek(&inner, error) == ET_CLASS)
            code = ET_CLASS;
    }
    if (error->set)
        return false;
    *out = (struct placed){ 8, 8, false, false };
    switch (code) {
    case ET_PTR:
    case ET_FNPTR:
        field->value_kind = JIT_NINT;
        break;
    case ET_CLASS: case ET_SZARRAY: case ET_ARRAY: case ET_STRING: case ET_OBJECT:
        field->value_kind = JIT_REF;
        out->pointers = true;
        break;
    default: {
        struct jit_type type;
        struct type_desc *desc;
        uint32_t flags;
        if (!rt_sig_type(&sig, assembly, &desc, &flags, error))
            return false;
        if (desc->element_type == ET_BYREF || desc->element_type == ET_VOID) {
            md_fail(error, "%s: Field row %u: '%s' is a managed pointer or void", assembly->md.name,
                    MD_TOKEN_ROW(field->token), field->name);
            return false;
        }
        field->type = desc;
        if (desc->flags & TYPE_PRIMITIVE) {     /* Int32 holds an int: no layout needed */
            static const uint8_t sizes[] = { [ET_BOOLEAN] = 1, [ET_CHAR] = 2, [ET_I1] = 1,
                [ET_U1] = 1, [ET_I2] = 2, [ET_U2] = 2, [ET_I4] = 4, [ET_U4] = 4, [ET_I8] = 8,
                [ET_U8] = 8, [ET_R4] = 4, [ET_R8] = 8, [ET_I] = 8, [ET_U] = 8 };
            static const uint8_t kinds[] = { [ET_BOOLEAN] = JIT_U1, [ET_CHAR] = JIT_U2,
                [ET_I1] = JIT_I1, [ET_U1] = JIT_U1, [ET_I2] = JIT_I2, [ET_U2] = JIT_U2,
                [ET_I4] = JIT_I4, [ET_U4] = JIT_U4, [ET_I8] = JIT_I8, [ET_U8] = JIT_U8,
                [ET_R4] = JIT_R4, [ET_R8] = JIT_R8, [ET_I] = JIT_NINT, [ET_U] = JIT_NUINT };
            field->value_kind = kinds[desc->element_type];
            out->size = out->align = sizes[desc->element_type];
            break;
        }
        if (!rt_jit_type(desc, &type, error))
            return false;
        field->value_kind = type.kind;
        out->size = type.size;
        out->align = type.align;
        out->pointers = (desc->flags & TYPE_HAS_POINTERS) != 0;
        out->embedded = type.kind == JIT_STRUCT;
        break;
    }
    }
    field->size = out->size;
    return true;
}

static bool class_layout(struct type_desc *type, uint32_t *pack, uint32_t *size,
                         struct md_error *error)
{
    const struct md_image *md = &type->assembly->md;
    *pack = *size = 0;
    uint32_t flags = md_column(md, MD_TYPEDEF, MD_TOKEN_ROW(type->token), TYPEDEF_FLAGS, error);
    uint32_t row = md_find_token(md, MD_CLASSLAYOUT, CLASSLAYOUT_PARENT, type->token);
    if (!row || !(flags & TD_LAYOUT_MASK))
        return !error->set;
    *pack = md_column(md, MD_CLASSLAYOUT, row, CLASSLAYOUT_PACK, error);
    *size = md_column(md, MD_CLASSLAYOUT, row, CLASSLAYOUT_SIZE, error);
    if (!error->set && (*pack > 128 || (*pack & (*pack - 1))))
        md_fail(error, "%s: ClassLayout row %u: Pack %u is not a power of two up to 128", md->name,
                row, *pack);
    if (!error->set && *size > MAX_INSTANCE_SIZE)
        md_fail(error, "%s: ClassLayout row %u: size %u is more than %u", md->name, row, *size,
                MAX_INSTANCE_SIZE);
    return !error->set;
}

static bool explicit_offset(struct field_desc *field, uint32_t *offset, struct md_error *error)
{
    const struct md_image *md = &field->owner->assembly->md;
    uint32_t row = md_find_token(md, MD_FIELDLAYOUT, FIELDLAYOUT_FIELD, field->token);
    if (!row) {
        md_fail(error, "%s: Field row %u: '%s' of an explicit layout has no offset", md->name,
                MD_TOKEN_ROW(field->token), field->name);
        return false;
    }
    *offset = md_column(md, MD_FIELDLAYOUT, row, FIELDLAYOUT_OFFSET, error);
    if (!error->set && *offset > MAX_INSTANCE_SIZE)
        md_fail(error, "%s: FieldLayout row %u: offset %u is more than %u", md->name, row, *offset,
                MAX_INSTANCE_SIZE);
    return !error->set;
}

static void too_large(const struct type_desc *type, struct md_error *error)
{
    md_fail(error, "%s: TypeDef row %u: '%s' is larger than %u bytes", type->assembly->md.name,
            MD_TOKEN_ROW(type->token), type->name, MAX_INSTANCE_SIZE);
}

/* Offsets (from the start of the raw fields) of all instance fields; *end is behind the last one.
 * With `embedded_8`, as fault embedded-vt-field-8 has it, a struct counts as 8 bytes for what
 * follows. */
static bool place(struct type_desc *type, const struct placed *infos, uint32_t start, uint32_t pack,
                  bool embedded_8, uint32_t *end, uint32_t *align, struct md_error *error)
{
    uint64_t at = start;
    *end = start;
    for (uint32_t i = 0; i < type->field_count; i++) {
        struct field_desc *field = &type->fields[i];
        if (field->flags & FIELD_STATIC)
            continue;
        uint32_t size = infos[i].size, natural = infos[i].align;
        if (embedded_8 && infos[i].embedded)
            size = natural = 8;
        if (pack && pack < natural)
            natural = pack;
        if (type->flags & TYPE_EXPLICIT_LAYOUT) {
            uint32_t offset;
            if (!explicit_offset(field, &offset, error))
                return false;
            at = (uint64_t)start + offset;
        } else {
            at = align_up(at, natural);
        }
        if (infos[i].pointers && (at % 8 || natural < 8)) {
            md_fail(error,
                    "%s: Field row %u: '%s' holds a reference, which offset %u and Pack %u do not "
                    "keep aligned", type->assembly->md.name, MD_TOKEN_ROW(field->token),
                    field->name, (uint32_t)at - start, pack);
            return false;
        }
        field->offset = (uint32_t)at;
        at += size;
        if (at > MAX_INSTANCE_SIZE) {
            too_large(type, error);
            return false;
        }
        if (at > *end)
            *end = (uint32_t)at;
        if (natural > *align)
            *align = natural;
    }
    return true;
}

static bool check_enum(struct type_desc *type, struct md_error *error)
{
    struct type_desc *underlying = NULL;
    uint32_t count = 0;
    for (uint32_t i = 0; i < type->field_count; i++) {
        if (!(type->fields[i].flags & FIELD_STATIC)) {
            underlying = type->fields[i].type;
            count++;
        }
    }
    if (count != 1 || !underlying || !(underlying->flags & TYPE_PRIMITIVE) ||
        underlying->element_type == ET_R4 || underlying->element_type == ET_R8) {
        md_fail(error,
                "%s: TypeDef row %u: enum '%s' needs exactly one instance field, of an integer "
                "type", type->assembly->md.name, MD_TOKEN_ROW(type->token), type->name);
        return false;
    }
    type->element = underlying;
    return true;
}

static bool lay_out(struct type_desc *type, struct md_error *error)
{
    if (rt_refuse_generic(type, error) || !rt_type_parents(type, error) ||
        (type->parent && !rt_type_layout(type->parent, error)) || !rt_type_members(type, error))
        return false;
    uint32_t pack, class_size, start = 0, end, align = 1;
    if (!class_layout(type, &pack, &class_size, error))
        return false;
    bool is_value = (type->flags & TYPE_VALUETYPE) != 0;
    if (!is_value && type->parent) {
        start = type->parent->instance_size;
        align = type->parent->align;
        type->flags |= type->parent->flags & TYPE_HAS_POINTERS;
    }
    struct placed *infos = rt_try_arena(type->field_count * sizeof *infos,
                                        type->assembly->md.name, error);
    if (!infos)
        return false;
    for (uint32_t i = 0; i < type->field_count; i++) {
        if (type->fields[i].flags & FIELD_STATIC)
            continue;
        if (type->flags & TYPE_INTERFACE) {
            md_fail(error, "%s: Field row %u: interface '%s' has an instance field",
                    type->assembly->md.name, MD_TOKEN_ROW(type->fields[i].token), type->name);
            return false;
        }
        if (!measure(&type->fields[i], &infos[i], error))
            return false;
        type->field_bytes += infos[i].size;
        if (infos[i].pointers)
            type->flags |= TYPE_HAS_POINTERS;
    }
    if (!place(type, infos, start, pack, false, &end, &align, error))
        return false;
    uint64_t size = align_up(end, align);
    if (type->flags & TYPE_EXPLICIT_LAYOUT && class_size)
        size = end;
    if (size < (uint64_t)start + class_size)
        size = (uint64_t)start + class_size;
    if (is_value && !size)
        size = 1;
    if (size > MAX_INSTANCE_SIZE) {
        too_large(type, error);
        return false;
    }
    if (type->flags & TYPE_HAS_POINTERS) {
        if (is_value && size % 8) {
            md_fail(error, "%s: TypeDef row %u: '%s' holds references and has %u bytes: in an "
                    "array they would not be aligned", type->assembly->md.name,
                    MD_TOKEN_ROW(type->token), type->name, (uint32_t)size);
            return false;
        }
        if (type->flags & TYPE_EXPLICIT_LAYOUT && !rt_check_overlaps(type, end, error))
            return false;
    }
    type->instance_size = (uint32_t)size;
    type->align = align;
    if (type_fault(type, FAULT_EMBEDDED_VT_FIELD_8)) {
        uint32_t ignored_end, ignored_align = 1;
        if (!place(type, infos, start, pack, true, &ignored_end, &ignored_align, error))
            return false;
    }
    uint32_t first = is_value ? type_fault(type, FAULT_VT_FIELD_OFFSET) ? 8 : 0 : 8;
    for (uint32_t i = 0; i < type->field_count; i++)
        if (!(type->fields[i].flags & FIELD_STATIC))
            type->fields[i].offset += first;
    return !(type->flags & TYPE_ENUM) || check_enum(type, error);
}

bool rt_type_layout(struct type_desc *type, struct md_error *error)
{
    char name[TYPE_NAME_SIZE];
    if (type->layout_state == LAYOUT_DONE)
        return true;
    if (type->state == TYPE_FAILED) {
        md_fail(error, "%s", type->failure);
        return false;
    }
    if (type->layout_state == LAYOUT_RUNNING || g_layout_depth > MAX_NESTING) {
        md_fail(error, "%s: TypeDef row %u: %s %s", type->assembly->md.name,
                MD_TOKEN_ROW(type->token), rt_type_name(type, name, sizeof name),
                type->layout_state == LAYOUT_RUNNING ? "contains itself"
                                                     : "contains values nested too deeply");
        return false;
    }
    type->layout_state = LAYOUT_RUNNING;
    g_layout_depth++;
    struct arena_mark mark = rt_arena_mark();
    bool ok = lay_out(type, error);
    rt_arena_release(mark);
    g_layout_depth--;
    type->layout_state = ok ? LAYOUT_DONE : LAYOUT_NONE;
    return ok;
}

static bool copy_rva(struct type_desc *type, struct field_desc *field, struct md_error *error)
{
    const struct md_image *md = &type->assembly->md;
    uint32_t row = md_find_token(md, MD_FIELDRVA, FIELDRVA_FIELD, field->token);
    if (!row) {
        md_fail(error, "%s: Field row %u: '%s' should have data but has no FieldRVA row", md->name,
                MD_TOKEN_ROW(field->token), field->name);
        return false;
    }
    uint32_t rva = md_column(md, MD_FIELDRVA, row, FIELDRVA_RVA, error);
    const uint8_t *data = error->set ? NULL : md_rva(md, rva, field->size, NULL, error);
    if (!data)
        return false;
    memcpy(type->statics + field->offset, data, field->size);
    return true;
}

static uint64_t s_statics;              /* bytes that all static fields take */

void rt_layout_reset(void)
{
    s_statics = 0;
}

bool rt_type_statics(struct type_desc *type, struct md_error *error)
{
    uint64_t at = 0;
    for (uint32_t i = 0; i < type->field_count; i++) {
        struct field_desc *field = &type->fields[i];
        struct placed info;
        if (!(field->flags & FIELD_STATIC) || field->flags & FIELD_LITERAL)
            continue;
        if (!measure(field, &info, error))
            return false;
        if (field->flags & FIELD_RVA && info.pointers) {
            md_fail(error, "%s: Field row %u: '%s' has data in the file and holds references",
                    type->assembly->md.name, MD_TOKEN_ROW(field->token), field->name);
            return false;
        }
        at = align_up(at, info.align);
        field->offset = (uint32_t)at;
        at += info.size;
        if (at > 16 * MAX_INSTANCE_SIZE) {
            md_fail(error, "%s: TypeDef row %u: the static fields of '%s' take more than %u bytes",
                    type->assembly->md.name, MD_TOKEN_ROW(type->token), type->name,
                    16 * MAX_INSTANCE_SIZE);
            return false;
        }
    }
    if (!at)
        return true;
    if (at > MAX_STATICS_SIZE - s_statics) {
        md_fail(error, "%s: TypeDef row %u: with those of '%s', static fields take more than %u "
                "bytes", type->assembly->md.name, MD_TOKEN_ROW(type->token), type->name,
                MAX_STATICS_SIZE);
        return false;
    }
    type->statics = rt_try_keep((size_t)align_up(at, 8), type->assembly->md.name, error);
    if (!type->statics)
        return false;
    s_statics += at;
    type->statics_size = (uint32_t)at;
    for (uint32_t i = 0; i < type->field_count; i++) {
        struct field_desc *field = &type->fields[i];
        if (!(field->flags & FIELD_RVA) || field->flags & FIELD_LITERAL)
            continue;
        if (!(field->flags & FIELD_STATIC)) {   /* its offset is one into an object */
            md_fail(error, "%s: Field row %u: '%s' has data in the file but is not static",
                    type->assembly->md.name, MD_TOKEN_ROW(field->token), field->name);
            return false;
        }
        if (!copy_rva(type, field, error))
            return false;
    }
    return true;
}
