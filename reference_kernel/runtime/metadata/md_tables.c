/* The tables stream (#~ or #-), ECMA-335 II.24.2.6: row counts, column widths, table positions. */
#include "md_internal.h"

enum {
    TABLES_FIXED_SIZE = 24,
    WIDE_STRINGS = 1, WIDE_GUIDS = 2, WIDE_BLOBS = 4,
    EXTRA_DATA = 0x40,          /* CoreCLR: four more bytes follow the row counts */
    MAX_ROWS = 0xFFFFFF,        /* what a token can name */
};

enum md_table md_list_target(const struct md_image *md, enum md_table table)
{
    enum md_table pointers = table == MD_FIELD ? MD_FIELDPTR
                           : table == MD_METHODDEF ? MD_METHODPTR
                           : table == MD_PARAM ? MD_PARAMPTR
                           : table == MD_EVENT ? MD_EVENTPTR
                           : table == MD_PROPERTY ? MD_PROPERTYPTR : table;
    return md_rows(md, pointers) != 0 ? pointers : table;
}

static uint8_t row_width(uint32_t rows, unsigned tag_bits)
{
    return rows < (0x10000u >> tag_bits) ? 2 : 4;
}

static uint8_t coded_width(const struct md_image *md, const struct md_coded_schema *coded)
{
    uint32_t rows = 0;
    for (unsigned i = 0; i < coded->tag_count; i++) {
        unsigned table = coded->tables[i];
        if (table != MD_TAG_UNUSED && md->tables[table].rows > rows) {
            rows = md->tables[table].rows;
        }
    }
    return row_width(rows, coded->bits);
}

static uint8_t column_width(const struct md_image *md, unsigned kind, unsigned heap_sizes)
{
    switch (kind) {
    case MD_KIND_U8: return 1;
    case MD_KIND_U16: return 2;
    case MD_KIND_U32: return 4;
    case MD_KIND_STRING: return heap_sizes & WIDE_STRINGS ? 4 : 2;
    case MD_KIND_BLOB: return heap_sizes & WIDE_BLOBS ? 4 : 2;
    case MD_KIND_GUID: return heap_sizes & WIDE_GUIDS ? 4 : 2;
    default: break;
    }
    if (kind >= MD_KIND_LIST) {
        enum md_table target = md_list_target(md, (enum md_table)(kind - MD_KIND_LIST));
        return row_width(md_rows(md, target), 0);
    }
    if (kind >= MD_KIND_CODED) {
        return coded_width(md, &md_coded_schemas[kind - MD_KIND_CODED]);
    }
    return row_width(md->tables[kind].rows, 0);
}

static void lay_out(const struct md_image *md, struct md_table_info *info,
                    const struct md_table_schema *schema, unsigned heap_sizes)
{
    unsigned offset = 0;
    info->column_count = schema->column_count;
    for (unsigned i = 0; i < schema->column_count; i++) {
        uint8_t width = column_width(md, schema->columns[i].kind, heap_sizes);
        info->column_offset[i] = (uint8_t)offset;
        info->column_width[i] = width;
        offset += width == 1 ? 2 : width;   /* Constant.Type has a byte of padding */
    }
    info->row_size = (uint16_t)offset;
}

/* Row counts: one u32 for each bit of `valid`. *at is moved past them. */
static bool read_row_counts(struct md_image *md, struct md_blob stream, uint32_t *at,
                            struct md_error *error)
{
    uint64_t valid = md_u64(stream.bytes + 8);
    for (unsigned table = 0; table < 64; table++) {
        if ((valid >> table & 1) == 0) {
            continue;
        }
        if (table >= MD_TABLE_COUNT) {
            md_fail(error, MD_NAME ": the tables stream has table 0x%x, which ECMA-335 does not "
                    "define", md->name, table);
            return false;
        }
        if (!md_fits(*at, 4, stream.size)) {
            md_fail(error, MD_NAME ": the tables stream (%u bytes) ends before the row count of "
                    "table %s", md->name, stream.size, md_table_schemas[table].name);
            return false;
        }
        uint32_t rows = md_u32(stream.bytes + *at);
        if (rows > MAX_ROWS) {
            md_fail(error, MD_NAME ": table %s says that it has %u rows, more than a token can "
                    "name", md->name, md_table_schemas[table].name, rows);
            return false;
        }
        md->tables[table].rows = rows;
        *at += 4;
    }
    return true;
}

/* Whether the key column really ascends. The header's Sorted mask is not asked: it is a claim, and
 * mcs leaves it incomplete; one pass makes binary search right for every image. */
static bool is_sorted(const struct md_table_info *info, unsigned key)
{
    if (key == MD_NO_KEY) {
        return false;
    }
    uint32_t previous = 0;
    for (uint32_t row = 1; row <= info->rows; row++) {
        uint32_t value = md_raw(info, row, key);
        if (value < previous) {
            return false;
        }
        previous = value;
    }
    return true;
}

bool md_open_tables(struct md_image *md, struct md_blob stream, struct md_error *error)
{
    if (stream.size < TABLES_FIXED_SIZE) {
        md_fail(error, MD_NAME ": the tables stream has %u bytes, less than its header", md->name,
                stream.size);
        return false;
    }
    unsigned heap_sizes = stream.bytes[6];
    uint32_t at = TABLES_FIXED_SIZE;
    if (!read_row_counts(md, stream, &at, error)) {
        return false;
    }
    uint64_t position = (uint64_t)at + (heap_sizes & EXTRA_DATA ? 4 : 0);
    for (unsigned table = 0; table < MD_TABLE_COUNT; table++) {
        struct md_table_info *info = &md->tables[table];
        lay_out(md, info, &md_table_schemas[table], heap_sizes);
        uint64_t bytes = (uint64_t)info->rows * info->row_size;
        if (!md_fits(position, bytes, stream.size)) {
            md_fail(error, MD_NAME ": table %s (%u rows of %u bytes) does not fit in the tables "
                    "stream (%u bytes)", md->name, md_table_schemas[table].name, info->rows,
                    info->row_size, stream.size);
            return false;
        }
        info->base = stream.bytes + position;
        position += bytes;
        info->sorted = is_sorted(info, md_table_schemas[table].key);
    }
    return true;
}
