/* The heaps, ECMA-335 II.24.2.3-II.24.2.5: #Strings, #Blob, #US, #GUID. */
#include "md_internal.h"

/* Longest name taken, in bytes: what compilers keep to (C# error CS7013). The bound also keeps a
 * hostile image from making every lookup of a name scan a heap of megabytes. */
enum { NAME_MAX_BYTES = 1023 };

static const uint8_t empty[1] = {0};

unsigned md_compressed(const uint8_t *at, size_t size, uint32_t *value)
{
    if (size >= 1 && (at[0] & 0x80) == 0) {
        *value = at[0];
        return 1;
    }
    if (size >= 2 && (at[0] & 0xC0) == 0x80) {
        *value = (uint32_t)(at[0] & 0x3F) << 8 | at[1];
        return 2;
    }
    if (size >= 4 && (at[0] & 0xE0) == 0xC0) {
        *value = (uint32_t)(at[0] & 0x1F) << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8
               | at[3];
        return 4;
    }
    return 0;
}

bool md_heap_blob(const struct md_blob *heap, uint32_t offset, struct md_blob *out)
{
    *out = (struct md_blob){empty, 0};
    if (offset == 0) {
        return true;            /* the empty blob, even when the heap itself is missing */
    }
    if (offset >= heap->size) {
        return false;
    }
    uint32_t size, left = heap->size - offset;
    unsigned prefix = md_compressed(heap->bytes + offset, left, &size);
    if (prefix == 0 || size > left - prefix) {
        return false;
    }
    *out = (struct md_blob){heap->bytes + offset + prefix, size};
    return true;
}

bool md_check_heaps(const struct md_image *md, struct md_error *error)
{
    const struct md_blob *strings = &md->strings;
    /* A zero at the end is what makes every offset inside the heap a terminated string. */
    if (strings->size != 0 && (strings->bytes[0] != 0 || strings->bytes[strings->size - 1] != 0)) {
        md_fail(error, MD_NAME ": heap #Strings (%u bytes) does not begin and end with a zero byte",
                md->name, strings->size);
        return false;
    }
    return true;
}

/* Length of the well-formed UTF-8 sequence at `at` (zero-terminated text), 0 when malformed.
 * Unicode table 3-7, but surrogates are let through: .NET names may hold lone ones. */
static unsigned utf8_sequence(const uint8_t *at)
{
    static const uint8_t least_second[3] = {0x80, 0xA0, 0x90};  /* C2-DF, E0, F0: no overlong */
    unsigned length = at[0] < 0x80 ? 1 : at[0] < 0xC2 ? 0 : at[0] < 0xE0 ? 2 : at[0] < 0xF0 ? 3
                    : at[0] < 0xF5 ? 4 : 0;
    if (length >= 2) {
        uint8_t least = at[0] == 0xE0 ? least_second[1] : at[0] == 0xF0 ? least_second[2]
                      : least_second[0];
        uint8_t most = at[0] == 0xF4 ? 0x8F : 0xBF;
        if (at[1] < least || at[1] > most) {
            return 0;
        }
    }
    for (unsigned i = 2; i < length; i++) {
        if ((at[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    return length;
}

/* The heap offset in a column of the wanted kind; false after an error. */
static bool heap_offset(const struct md_image *md, enum md_table table, uint32_t row,
                        unsigned column, unsigned kind, uint32_t *offset, struct md_error *error)
{
    *offset = 0;
    if (!md_check_cell(md, table, row, column, error)) {
        return false;
    }
    const struct md_column_schema *schema = &md_table_schemas[table].columns[column];
    if (schema->kind != kind) {
        md_fail(error, MD_NAME ": column %s of table %s holds no %s", md->name, schema->name,
                md_table_name(table), kind == MD_KIND_STRING ? "string" : "blob");
        return false;
    }
    *offset = md_raw(&md->tables[table], row, column);
    return true;
}

const char *md_column_string(const struct md_image *md, enum md_table table, uint32_t row,
                             unsigned column, struct md_error *error)
{
    uint32_t offset;
    if (!heap_offset(md, table, row, column, MD_KIND_STRING, &offset, error)) {
        return "";
    }
    if (offset == 0) {
        return "";
    }
    const char *column_name = md_table_schemas[table].columns[column].name;
    if (offset >= md->strings.size) {
        md_fail(error, MD_NAME ": %s row %u, column %s: offset 0x%x lies outside of heap #Strings "
                "(%u bytes)", md->name, md_table_name(table), row, column_name, offset,
                md->strings.size);
        return "";
    }
    const uint8_t *text = md->strings.bytes + offset;
    for (unsigned i = 0; text[i] != 0;) {
        unsigned length = i < NAME_MAX_BYTES ? utf8_sequence(text + i) : 0;
        if (length == 0) {
            md_fail(error, MD_NAME ": %s row %u, column %s: the string at #Strings offset 0x%x is "
                    "%s", md->name, md_table_name(table), row, column_name, offset,
                    i < NAME_MAX_BYTES ? "not UTF-8" : "longer than 1023 bytes");
            return "";
        }
        i += length;
    }
    return (const char *)text;
}

struct md_blob md_column_blob(const struct md_image *md, enum md_table table, uint32_t row,
                              unsigned column, struct md_error *error)
{
    struct md_blob blob = {empty, 0};
    uint32_t offset;
    if (!heap_offset(md, table, row, column, MD_KIND_BLOB, &offset, error)) {
        return blob;
    }
    if (!md_heap_blob(&md->blobs, offset, &blob)) {
        md_fail(error, MD_NAME ": %s row %u, column %s: the blob at #Blob offset 0x%x does not lie "
                "inside the heap (%u bytes)", md->name, md_table_name(table), row,
                md_table_schemas[table].columns[column].name, offset, md->blobs.size);
    }
    return blob;
}

const uint8_t *md_user_string(const struct md_image *md, uint32_t offset, uint32_t *count,
                              struct md_error *error)
{
    struct md_blob blob;
    *count = 0;
    if (!md_heap_blob(&md->user_strings, offset, &blob)) {
        md_fail(error, MD_NAME ": the string at #US offset 0x%x does not lie inside the heap (%u "
                "bytes)", md->name, offset, md->user_strings.size);
        return empty;
    }
    /* UTF-16 and one flag byte; the very first entry (and only that) may be without it. */
    if (blob.size != 0 && blob.size % 2 == 0) {
        md_fail(error, MD_NAME ": the string at #US offset 0x%x has %u bytes, an even number",
                md->name, offset, blob.size);
        return empty;
    }
    *count = blob.size / 2;
    return blob.bytes;
}

const uint8_t *md_guid(const struct md_image *md, uint32_t index)
{
    if (index == 0 || index > md->guids.size / 16) {
        return NULL;
    }
    return md->guids.bytes + (size_t)(index - 1) * 16;
}
