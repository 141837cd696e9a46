/* Checked access to rows and columns, and searching by key. */
#include "md_internal.h"

uint32_t md_raw(const struct md_table_info *info, uint32_t row, unsigned column)
{
    const uint8_t *at = info->base + (size_t)(row - 1) * info->row_size
                      + info->column_offset[column];
    switch (info->column_width[column]) {
    case 1: return at[0];
    case 2: return md_u16(at);
    default: return md_u32(at);
    }
}

bool md_check_cell(const struct md_image *md, enum md_table table, uint32_t row, unsigned column,
                   struct md_error *error)
{
    if ((unsigned)table >= MD_TABLE_COUNT) {
        md_fail(error, MD_NAME ": there is no table 0x%x", md->name, (unsigned)table);
        return false;
    }
    const struct md_table_info *info = &md->tables[table];
    if (row == 0 || row > info->rows) {
        md_fail(error, MD_NAME ": table %s has %u rows, there is no row %u", md->name,
                md_table_name(table), info->rows, row);
        return false;
    }
    if (column >= info->column_count) {
        md_fail(error, MD_NAME ": table %s has %u columns, there is no column %u", md->name,
                md_table_name(table), info->column_count, column);
        return false;
    }
    return true;
}

static const struct md_column_schema *schema_of(enum md_table table, unsigned column)
{
    return &md_table_schemas[table].columns[column];
}

uint32_t md_column(const struct md_image *md, enum md_table table, uint32_t row, unsigned column,
                   struct md_error *error)
{
    return md_check_cell(md, table, row, column, error)
         ? md_raw(&md->tables[table], row, column) : 0;
}

md_token md_column_token(const struct md_image *md, enum md_table table, uint32_t row,
                         unsigned column, struct md_error *error)
{
    if (!md_check_cell(md, table, row, column, error)) {
        return 0;
    }
    const struct md_column_schema *schema = schema_of(table, column);
    uint32_t raw = md_raw(&md->tables[table], row, column);
    unsigned target, kind = schema->kind;
    if (kind >= MD_KIND_LIST) {
        target = kind - MD_KIND_LIST;
    } else if (kind >= MD_KIND_U8) {
        md_fail(error, MD_NAME ": column %s of table %s holds no row number", md->name,
                schema->name, md_table_name(table));
        return 0;
    } else if (kind >= MD_KIND_CODED) {
        const struct md_coded_schema *coded = &md_coded_schemas[kind - MD_KIND_CODED];
        unsigned tag = raw & ((1u << coded->bits) - 1);
        raw >>= coded->bits;
        if (tag >= coded->tag_count || coded->tables[tag] == MD_TAG_UNUSED) {
            md_fail(error, MD_NAME ": %s row %u, column %s: %u is no tag of a %s index", md->name,
                    md_table_name(table), row, schema->name, tag, coded->name);
            return 0;
        }
        target = coded->tables[tag];
    } else {
        target = kind;
    }
    if (raw > md->tables[target].rows) {
        md_fail(error, MD_NAME ": %s row %u, column %s names row %u of table %s, which has %u",
                md->name, md_table_name(table), row, schema->name, raw,
                md_table_schemas[target].name, md->tables[target].rows);
        return 0;
    }
    return raw == 0 ? 0 : MD_TOKEN(target, raw);
}

/* Lists through a ...Ptr table are served when that table keeps the order, as compilers that write
 * one do. A reordered one would need a row-by-row lookup in every caller, so it is refused. */
static bool check_pointers(const struct md_image *md, enum md_table pointers, enum md_table target,
                           uint32_t first, uint32_t end, struct md_error *error)
{
    if (end - 1 > md_rows(md, target)) {        /* an empty list too is part of the target */
        md_fail(error, MD_NAME ": table %s has %u rows for the %u rows of table %s", md->name,
                md_table_name(pointers), md_rows(md, pointers), md_rows(md, target),
                md_table_name(target));
        return false;
    }
    for (uint32_t row = first; row < end; row++) {
        uint32_t value = md_raw(&md->tables[pointers], row, 0);
        if (value != row) {
            md_fail(error, MD_NAME ": %s row %u names row %u of table %s: rows reordered through a "
                    "pointer table are not supported", md->name, md_table_name(pointers), row,
                    value, md_table_name(target));
            return false;
        }
    }
    return true;
}

bool md_column_list(const struct md_image *md, enum md_table table, uint32_t row, unsigned column,
                    uint32_t *first, uint32_t *end, struct md_error *error)
{
    *first = *end = 1;
    if (!md_check_cell(md, table, row, column, error)) {
        return false;
    }
    const struct md_column_schema *schema = schema_of(table, column);
    if (schema->kind < MD_KIND_LIST) {
        md_fail(error, MD_NAME ": column %s of table %s is no list", md->name, schema->name,
                md_table_name(table));
        return false;
    }
    const struct md_table_info *info = &md->tables[table];
    enum md_table target = (enum md_table)(schema->kind - MD_KIND_LIST);
    enum md_table counted = md_list_target(md, target);
    uint32_t from = md_raw(info, row, column);
    uint32_t limit = md_rows(md, counted) + 1;
    uint32_t to = row < info->rows ? md_raw(info, row + 1, column) : limit;
    if (from == 0 || from > to || to > limit) {
        md_fail(error, MD_NAME ": %s row %u, column %s: rows %u up to %u are no part of table %s "
                "(%u rows)", md->name, md_table_name(table), row, schema->name, from, to,
                md_table_name(counted), limit - 1);
        return false;
    }
    if (counted != target && !check_pointers(md, counted, target, from, to, error)) {
        return false;
    }
    *first = from;
    *end = to;
    return true;
}

uint32_t md_list_owner(const struct md_image *md, enum md_table table, unsigned column,
                       uint32_t item, struct md_error *error)
{
    uint32_t first, end;
    if (!md_column_list(md, table, 1, column, &first, &end, error)) {
        return 0;       /* no such list, or the table is empty */
    }
    /* The last row whose list starts at or before the item; in ascending lists it is the owner. */
    const struct md_table_info *info = &md->tables[table];
    uint32_t low = 1, high = info->rows + 1;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (md_raw(info, middle, column) <= item) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low > 1 && md_column_list(md, table, low - 1, column, &first, &end, error)
        && item >= first && item < end) {
        return low - 1;
    }
    md_fail(error, MD_NAME ": no row of table %s owns row %u through column %s", md->name,
            md_table_name(table), item, schema_of(table, column)->name);
    return 0;
}

uint32_t md_find(const struct md_image *md, enum md_table table, unsigned column, uint32_t value)
{
    if ((unsigned)table >= MD_TABLE_COUNT || column >= md->tables[table].column_count) {
        return 0;
    }
    const struct md_table_info *info = &md->tables[table];
    if (info->sorted && column == md_table_schemas[table].key) {
        uint32_t low = 1, high = info->rows + 1;
        while (low < high) {
            uint32_t middle = low + (high - low) / 2;
            if (md_raw(info, middle, column) < value) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low <= info->rows && md_raw(info, low, column) == value ? low : 0;
    }
    for (uint32_t row = 1; row <= info->rows; row++) {
        if (md_raw(info, row, column) == value) {
            return row;
        }
    }
    return 0;
}

uint32_t md_find_token(const struct md_image *md, enum md_table table, unsigned column,
                       md_token token)
{
    if ((unsigned)table >= MD_TABLE_COUNT || column >= md->tables[table].column_count) {
        return 0;
    }
    unsigned kind = schema_of(table, column)->kind;
    unsigned target = MD_TOKEN_TABLE(token);
    uint32_t row = MD_TOKEN_ROW(token);
    if (kind < MD_KIND_CODED || kind >= MD_KIND_LIST) {
        unsigned simple = kind < MD_KIND_CODED ? kind : kind - MD_KIND_LIST;
        return simple == target ? md_find(md, table, column, row) : 0;
    }
    if (kind >= MD_KIND_U8) {
        return 0;
    }
    const struct md_coded_schema *coded = &md_coded_schemas[kind - MD_KIND_CODED];
    for (unsigned tag = 0; tag < coded->tag_count; tag++) {
        if (coded->tables[tag] == target && target != MD_TAG_UNUSED) {
            return md_find(md, table, column, row << coded->bits | tag);
        }
    }
    return 0;
}
