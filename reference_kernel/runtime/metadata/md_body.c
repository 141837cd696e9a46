/* Method bodies, ECMA-335 II.25.4: tiny and fat headers, exception clauses. */
#include "md_internal.h"

enum {
    FORMAT_MASK = 3, TINY = 2, FAT = 3,
    FAT_HEADER_SIZE = 12, FAT_MORE_SECTIONS = 8, FAT_INIT_LOCALS = 0x10,
    TINY_MAX_STACK = 8,
    SECTION_EH = 1, SECTION_FAT = 0x40, SECTION_MORE = 0x80,
    SMALL_CLAUSE = 12, FAT_CLAUSE = 24,
    METHODDEF_RVA = 0,
};

bool md_body_clause(const struct md_body *body, uint32_t index, struct md_eh_clause *clause)
{
    if (index >= body->eh_count) {
        return false;
    }
    if (body->eh_fat) {
        const uint8_t *at = body->eh + (size_t)index * FAT_CLAUSE;
        *clause = (struct md_eh_clause){md_u32(at), md_u32(at + 4), md_u32(at + 8), md_u32(at + 12),
                                        md_u32(at + 16), md_u32(at + 20)};
    } else {
        const uint8_t *at = body->eh + (size_t)index * SMALL_CLAUSE;
        *clause = (struct md_eh_clause){md_u16(at), md_u16(at + 2), at[4], md_u16(at + 5), at[7],
                                        md_u32(at + 8)};
    }
    return true;
}

static bool is_type_token(const struct md_image *md, md_token token)
{
    uint32_t table = MD_TOKEN_TABLE(token), row = MD_TOKEN_ROW(token);
    return (table == MD_TYPEDEF || table == MD_TYPEREF || table == MD_TYPESPEC)
        && row != 0 && row <= md_rows(md, (enum md_table)table);
}

/* Ranges inside the code, known flags, tokens and filters that exist. */
static bool check_clauses(const struct md_image *md, uint32_t row, const struct md_body *body,
                          struct md_error *error)
{
    struct md_eh_clause c;
    for (uint32_t i = 0; md_body_clause(body, i, &c); i++) {
        bool known = c.flags == MD_EH_CATCH || c.flags == MD_EH_FILTER || c.flags == MD_EH_FINALLY
                  || c.flags == MD_EH_FAULT;
        if (!known || !md_fits(c.try_offset, c.try_length, body->il_size)
            || !md_fits(c.handler_offset, c.handler_length, body->il_size)
            || (c.flags == MD_EH_FILTER && c.class_or_filter >= body->il_size)) {
            md_fail(error, MD_NAME ": MethodDef row %u: exception clause %u (flags 0x%x, try "
                    "0x%x+0x%x, handler 0x%x+0x%x) does not fit in %u bytes of IL", md->name,
                    row, i, c.flags, c.try_offset, c.try_length, c.handler_offset,
                    c.handler_length, body->il_size);
            return false;
        }
        if (c.flags == MD_EH_CATCH && !is_type_token(md, c.class_or_filter)) {
            md_fail(error, MD_NAME ": MethodDef row %u: exception clause %u catches token 0x%08x, "
                    "which is no type", md->name, row, i, c.class_or_filter);
            return false;
        }
    }
    return true;
}

/* The sections after the code. `at` is relative to the header, `have` counts from the header. */
static bool read_sections(const struct md_image *md, uint32_t row, const uint8_t *header,
                          uint64_t at, uint32_t have, struct md_body *body, struct md_error *error)
{
    for (bool more = true; more;) {
        at = (at + 3) / 4 * 4;
        if (!md_fits(at, 4, have)) {
            break;
        }
        uint8_t kind = header[at];
        bool fat = kind & SECTION_FAT;
        uint32_t size = fat ? md_u32(header + at) >> 8 : header[at + 1];
        unsigned clause = fat ? FAT_CLAUSE : SMALL_CLAUSE;
        more = kind & SECTION_MORE;
        if (kind & SECTION_EH) {
            /* Some compilers do not count the section's own 4 bytes. */
            uint32_t count = size / clause;
            if (size % clause != 0 && size % clause != 4) {
                md_fail(error, MD_NAME ": MethodDef row %u: exception section of %u bytes is no "
                        "whole number of clauses", md->name, row, size);
                return false;
            }
            if (body->eh != NULL) {
                md_fail(error, MD_NAME ": MethodDef row %u has two exception sections",
                        md->name, row);
                return false;
            }
            if (!md_fits(at + 4, (uint64_t)count * clause, have)) {
                break;
            }
            body->eh = header + at + 4;
            body->eh_count = count;
            body->eh_fat = fat;
        }
        if (!more) {
            return check_clauses(md, row, body, error);
        }
        if (size < 4) {
            md_fail(error, MD_NAME ": MethodDef row %u: section after the code has %u bytes",
                    md->name, row, size);
            return false;
        }
        at += size;
    }
    md_fail(error, MD_NAME ": MethodDef row %u: the file ends inside the sections after the code",
            md->name, row);
    return false;
}

static bool fat_body(const struct md_image *md, uint32_t row, const uint8_t *header, uint32_t have,
                     struct md_body *body, struct md_error *error)
{
    if (have < FAT_HEADER_SIZE) {
        md_fail(error, MD_NAME ": MethodDef row %u: the file ends inside the method header",
                md->name, row);
        return false;
    }
    unsigned flags = md_u16(header);
    unsigned header_size = (flags >> 12) * 4;
    body->max_stack = md_u16(header + 2);
    body->il_size = md_u32(header + 4);
    body->local_sig = md_u32(header + 8);
    body->init_locals = flags & FAT_INIT_LOCALS;
    if (header_size != FAT_HEADER_SIZE || body->il_size == 0
        || !md_fits(FAT_HEADER_SIZE, body->il_size, have)) {
        md_fail(error, MD_NAME ": MethodDef row %u: header of %u bytes with %u bytes of IL does "
                "not fit in the %u bytes there", md->name, row, header_size, body->il_size, have);
        return false;
    }
    body->il = header + FAT_HEADER_SIZE;
    uint32_t sig_row = MD_TOKEN_ROW(body->local_sig);
    if (body->local_sig != 0 && (MD_TOKEN_TABLE(body->local_sig) != MD_STANDALONESIG
                                 || sig_row == 0 || sig_row > md_rows(md, MD_STANDALONESIG))) {
        md_fail(error, MD_NAME ": MethodDef row %u: token 0x%08x of the locals names no "
                "StandAloneSig row", md->name, row, body->local_sig);
        return false;
    }
    if ((flags & FAT_MORE_SECTIONS) == 0) {
        return true;
    }
    return read_sections(md, row, header, (uint64_t)FAT_HEADER_SIZE + body->il_size, have, body,
                         error);
}

bool md_body(const struct md_image *md, uint32_t method_row, struct md_body *body,
             struct md_error *error)
{
    *body = (struct md_body){0};
    if (!md_check_cell(md, MD_METHODDEF, method_row, METHODDEF_RVA, error)) {
        return false;
    }
    uint32_t rva = md_raw(&md->tables[MD_METHODDEF], method_row, METHODDEF_RVA);
    if (rva == 0) {
        md_fail(error, MD_NAME ": MethodDef row %u has no body (RVA 0)", md->name, method_row);
        return false;
    }
    uint32_t have;
    struct md_error local = {0};
    const uint8_t *header = md_rva(md, rva, 1, &have, &local);
    if (header == NULL) {
        md_fail(error, "%s (body of MethodDef row %u)", local.text, method_row);
        return false;
    }
    switch (header[0] & FORMAT_MASK) {
    case TINY:
        body->il = header + 1;
        body->il_size = header[0] >> 2;
        body->max_stack = TINY_MAX_STACK;
        if (body->il_size == 0 || body->il_size > have - 1) {
            md_fail(error, MD_NAME ": MethodDef row %u: %u bytes of IL at rva 0x%x, %u are there",
                    md->name, method_row, body->il_size, rva, have - 1);
            return false;
        }
        return true;
    case FAT:
        return fat_body(md, method_row, header, have, body, error);
    default:
        md_fail(error, MD_NAME ": MethodDef row %u: byte 0x%02x at rva 0x%x begins no method "
                "header", md->name, method_row, header[0], rva);
        return false;
    }
}
