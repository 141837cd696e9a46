/* Shared inside the metadata reader only. */
#ifndef CLR_MD_INTERNAL_H
#define CLR_MD_INTERNAL_H

#include "md.h"

/* Metadata is little-endian and not necessarily aligned in memory: read it byte by byte (compilers
 * merge this into one load). */
static inline uint16_t md_u16(const uint8_t *at)
{
    return (uint16_t)(at[0] | (uint32_t)at[1] << 8);
}

static inline uint32_t md_u32(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static inline uint64_t md_u64(const uint8_t *at)
{
    return md_u32(at) | (uint64_t)md_u32(at + 4) << 32;
}

/* [offset, offset+need) inside [0, size), with no sum that could wrap. */
static inline bool md_fits(uint64_t offset, uint64_t need, uint64_t size)
{
    return offset <= size && need <= size - offset;
}

/* What a column holds. Below 0x40: a row of that table (enum md_table). */
enum md_kind {
    MD_KIND_CODED = 0x40,       /* + enum md_coded */
    MD_KIND_U8 = 0x60,          /* one byte and one of padding: Constant.Type only */
    MD_KIND_U16,
    MD_KIND_U32,
    MD_KIND_STRING,
    MD_KIND_BLOB,
    MD_KIND_GUID,
    MD_KIND_LIST = 0x80,        /* + enum md_table: first row of a run, may be rows+1 */
};

/* Coded indices, ECMA-335 II.24.2.6. */
enum md_coded {
    MD_CODED_TYPEDEFORREF, MD_CODED_HASCONSTANT, MD_CODED_HASCUSTOMATTRIBUTE,
    MD_CODED_HASFIELDMARSHAL, MD_CODED_HASDECLSECURITY, MD_CODED_MEMBERREFPARENT,
    MD_CODED_HASSEMANTICS, MD_CODED_METHODDEFORREF, MD_CODED_MEMBERFORWARDED,
    MD_CODED_IMPLEMENTATION, MD_CODED_CUSTOMATTRIBUTETYPE, MD_CODED_RESOLUTIONSCOPE,
    MD_CODED_TYPEORMETHODDEF, MD_CODED_COUNT,
};

#define MD_CODED_MAX_TAGS 22
#define MD_TAG_UNUSED 0xFF      /* a tag value that the standard leaves free */

struct md_coded_schema {
    const char *name;
    uint8_t bits;
    uint8_t tag_count;
    uint8_t tables[MD_CODED_MAX_TAGS];
};

struct md_column_schema {
    const char *name;
    uint8_t kind;
};

#define MD_NO_KEY 0xFF

struct md_table_schema {
    const char *name;
    uint8_t key;                /* column that the table is sorted by (II.22), or MD_NO_KEY */
    uint8_t column_count;
    struct md_column_schema columns[MD_MAX_COLUMNS];
};

extern const struct md_table_schema md_table_schemas[MD_TABLE_COUNT];
extern const struct md_coded_schema md_coded_schemas[MD_CODED_COUNT];

/* The table that a list column really counts in: its ...Ptr table when the image has one. */
enum md_table md_list_target(const struct md_image *md, enum md_table table);

/* Parts of md_open, in this order. */
bool md_open_pe(struct md_image *md, struct md_error *error);
bool md_open_root(struct md_image *md, struct md_blob *tables, struct md_error *error);
bool md_open_tables(struct md_image *md, struct md_blob stream, struct md_error *error);
bool md_check_heaps(const struct md_image *md, struct md_error *error);

/* Compressed unsigned integer, II.23.2: bytes used (1, 2, 4), 0 when malformed or cut off. */
unsigned md_compressed(const uint8_t *at, size_t size, uint32_t *value);

/* Length-prefixed entry of a blob-like heap; false when it does not lie inside the heap. */
bool md_heap_blob(const struct md_blob *heap, uint32_t offset, struct md_blob *out);

/* Whether table, row (from 1) and column exist. */
bool md_check_cell(const struct md_image *md, enum md_table table, uint32_t row, unsigned column,
                   struct md_error *error);

/* md_column without the checks: the caller has checked table, row and column. */
uint32_t md_raw(const struct md_table_info *info, uint32_t row, unsigned column);

/* File names can be long paths: messages keep room for the facts that follow. */
#define MD_NAME "%.96s"

#endif
