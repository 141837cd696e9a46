/* Explicit layouts may make fields share bytes, but never a reference with anything else: a
 * collector could not tell what lies there (CoreCLR throws TypeLoadException too). */
#include "types.h"

/* Structs of structs, laid over each other, can be more fields than any limit on bytes stops. */
#define MAX_PAINTED (16u << 20)

enum paint { NOTHING, NUMBER, REFERENCE };

struct canvas {
    uint8_t *bytes;                     /* enum paint */
    uint32_t size;
    uint32_t painted;
};

enum outcome { FITS, COLLIDES, TOO_MUCH };

static enum outcome paint(struct canvas *canvas, uint32_t at, uint32_t size, enum paint with)
{
    canvas->painted += size + 1;
    if (canvas->painted > MAX_PAINTED)
        return TOO_MUCH;
    for (uint32_t i = at; i < at + size && i < canvas->size; i++) {
        if (canvas->bytes[i] != NOTHING && canvas->bytes[i] != with)
            return COLLIDES;
        canvas->bytes[i] = (uint8_t)with;
    }
    return FITS;
}

/* The first field byte, as the layout (and fault vt-field-offset) has it. */
static uint32_t first_offset(const struct type_desc *type)
{
    return type_fault(type, FAULT_VT_FIELD_OFFSET) ? 8 : 0;
}

/* A field at `at`; value types come to their fields, at most MAX_NESTING deep as layouts are. */
static enum outcome paint_field(struct canvas *canvas, const struct field_desc *field, uint32_t at)
{
    const struct type_desc *type = field->type;
    if (field->value_kind == JIT_REF)
        return paint(canvas, at, 8, REFERENCE);
    if (field->value_kind != JIT_STRUCT || !type || !(type->flags & TYPE_HAS_POINTERS))
        return paint(canvas, at, field->size, NUMBER);
    uint32_t first = first_offset(type);
    for (uint32_t i = 0; i < type->field_count; i++) {
        const struct field_desc *inner = &type->fields[i];
        if (inner->flags & FIELD_STATIC)
            continue;
        enum outcome outcome = paint_field(canvas, inner, at + inner->offset - first);
        if (outcome != FITS)
            return outcome;
    }
    return FITS;
}

bool rt_check_overlaps(struct type_desc *type, uint32_t size, struct md_error *error)
{
    const char *where = type->assembly->md.name;
    struct canvas canvas = { .bytes = rt_try_arena(size, where, error), .size = size };
    if (!canvas.bytes)
        return false;
    for (uint32_t i = 0; i < type->field_count; i++) {
        const struct field_desc *field = &type->fields[i];
        if (field->flags & FIELD_STATIC)
            continue;
        enum outcome outcome = paint_field(&canvas, field, field->offset);
        if (outcome != FITS) {
            md_fail(error, "%s: Field row %u: '%s' %s", where, MD_TOKEN_ROW(field->token),
                    field->name, outcome == COLLIDES
                        ? "shares bytes with another field, and one of them is a reference"
                        : "is one of too many fields that share bytes with references");
            return false;
        }
    }
    return true;
}
