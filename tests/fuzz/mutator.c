/* A mutator that knows the format. Flipping bytes anywhere mostly hits padding and text; here
 * most mutations aim at a field that code believes: a table cell, a header word, a signature, a
 * method header or its IL. */
#include <string.h>

#include "md_internal.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

static uint32_t state;

static uint32_t next(void)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

static uint32_t below(uint32_t limit)
{
    return limit == 0 ? 0 : next() % limit;
}

/* Numbers at the edges of what checks compare with. */
static uint32_t interesting(const struct md_image *md, uint32_t old)
{
    enum md_table table = (enum md_table)below(MD_TABLE_COUNT);
    switch (below(12)) {
    case 0: return 0;
    case 1: return 1;
    case 2: return 0xFFFFFFFFu;
    case 3: return 0x7FFFFFFFu;
    case 4: return 1u << below(32);
    case 5: return md_rows(md, table);
    case 6: return md_rows(md, table) + 1;
    case 7: return md->blobs.size - below(4);
    case 8: return md->strings.size - below(4);
    case 9: return old + 1;
    case 10: return old - 1;
    default: return old ^ 1u << below(32);
    }
}

static void write(uint8_t *at, unsigned width, uint32_t value)
{
    for (unsigned i = 0; i < width; i++) {
        at[i] = (uint8_t)(value >> (8 * i));
    }
}

static uint8_t *writable(uint8_t *data, const struct md_image *md, const uint8_t *at)
{
    return data + (at - md->image);
}

static enum md_table some_table(const struct md_image *md)
{
    for (;;) {          /* an open image has at least Module, TypeDef and Assembly */
        enum md_table table = (enum md_table)below(MD_TABLE_COUNT);
        if (md_rows(md, table) != 0) {
            return table;
        }
    }
}

static void mutate_cell(uint8_t *data, const struct md_image *md)
{
    enum md_table table = some_table(md);
    const struct md_table_info *info = &md->tables[table];
    uint32_t row = 1 + below(info->rows);
    unsigned column = below(info->column_count);
    const uint8_t *cell = info->base + (size_t)(row - 1) * info->row_size
                        + info->column_offset[column];
    uint32_t old = md_raw(info, row, column);
    /* Half of the time another row's value: valid by itself and wrong here. */
    uint32_t value = below(2) ? md_raw(info, 1 + below(info->rows), column) : interesting(md, old);
    write(writable(data, md, cell), info->column_width[column], value);
}

static void mutate_bytes(uint8_t *data, const struct md_image *md, const uint8_t *bytes,
                         uint32_t size)
{
    if (size != 0) {
        *writable(data, md, bytes + below(size)) = (uint8_t)next();
    }
}

static void mutate_signature(uint8_t *data, const struct md_image *md)
{
    static const struct { enum md_table table; unsigned column; } places[] = {
        {MD_FIELD, 2}, {MD_METHODDEF, 4}, {MD_MEMBERREF, 2}, {MD_STANDALONESIG, 0},
        {MD_TYPESPEC, 0}, {MD_METHODSPEC, 1}, {MD_CONSTANT, 2},
    };
    unsigned i = below(sizeof places / sizeof places[0]);
    uint32_t rows = md_rows(md, places[i].table);
    if (rows != 0) {
        struct md_error error = {0};
        struct md_blob blob = md_column_blob(md, places[i].table, 1 + below(rows), places[i].column,
                                             &error);
        mutate_bytes(data, md, blob.bytes, blob.size);
    }
}

/* Another token where one stands: four bytes that look like one get a row of some table. */
static void mutate_token(uint8_t *data, const struct md_image *md, const struct md_body *body)
{
    static const uint8_t tables[] = {MD_TYPEREF, MD_TYPEDEF, MD_FIELD, MD_METHODDEF,
                                     MD_MEMBERREF, MD_STANDALONESIG, MD_TYPESPEC, MD_METHODSPEC};
    for (uint32_t at = below(body->il_size); at + 4 <= body->il_size; at++) {
        const uint8_t *il = body->il + at;
        bool string = il[3] == 0x70;
        if (il[2] != 0 || !(string || memchr(tables, il[3], sizeof tables) != NULL)) {
            continue;
        }
        uint8_t table = below(4) == 0 ? tables[below(sizeof tables)] : il[3];
        uint32_t row = string ? below(md->user_strings.size)
                              : below(md_rows(md, (enum md_table)table) + 2);
        write(writable(data, md, il), 4, MD_TOKEN(table, row));
        return;
    }
}

static void mutate_body(uint8_t *data, const struct md_image *md)
{
    struct md_error error = {0};
    struct md_body body;
    uint32_t rows = md_rows(md, MD_METHODDEF), row = 1 + below(rows);
    if (rows == 0 || !md_body(md, row, &body, &error)) {
        return;
    }
    uint32_t have, rva = md_raw(&md->tables[MD_METHODDEF], row, 0);
    const uint8_t *header = md_rva(md, rva, 1, &have, &error);
    if (below(4) == 0) {
        mutate_bytes(data, md, header, have < 12 ? have : 12);
    } else if (below(2)) {
        mutate_token(data, md, &body);
    } else if (body.eh_count != 0 && below(3) == 0) {
        mutate_bytes(data, md, body.eh - 4, 4 + body.eh_count * (body.eh_fat ? 24 : 12));
    } else {
        mutate_bytes(data, md, body.il, body.il_size);
    }
}

/* A word of the PE headers, the CLI header, the metadata root or the tables header. */
static void mutate_header(uint8_t *data, const struct md_image *md)
{
    uint32_t root = (uint32_t)(md->metadata - md->image);
    const uint8_t *tables = md->tables[MD_MODULE].base;
    uint32_t to_tables = (uint32_t)(tables - md->metadata);
    uint32_t at;
    switch (below(3)) {
    case 0: at = below(md->size < 0x280 ? (uint32_t)md->size : 0x280) & ~1u; break;
    case 1: at = root + (below(to_tables) & ~1u); break;
    default: at = root + to_tables - 4 * (1 + below(30)); break;
    }
    unsigned width = below(2) ? 4 : 2;
    if (md_fits(at, 4, md->size)) {
        write(data + at, width, interesting(md, md_u32(data + at)));
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    struct md_error error = {0};
    struct md_image md;
    state = seed * 2654435761u | 1;
    next();
    if (below(4) == 0 || !md_open(&md, "mutant.dll", data, size, &error)) {
        return LLVMFuzzerMutate(data, size, max_size);
    }
    for (uint32_t n = 1 + below(3); n > 0; n--) {
        switch (below(8)) {
        case 0: mutate_header(data, &md); return size;  /* md may describe it no longer */
        case 1: case 2: mutate_cell(data, &md); break;
        case 3: case 4: mutate_signature(data, &md); break;
        default: mutate_body(data, &md); break;
        }
        /* A cell may have been a pointer target: everything is looked up again. */
        error = (struct md_error){0};
        if (!md_open(&md, "mutant.dll", data, size, &error)) {
            break;
        }
    }
    return size;
}
