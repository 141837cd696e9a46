/* ECMA-335 metadata reader (partition II.22-25): a PE image in memory to checked tables.
 *
 * Every accessor is bounded: an image that lies about sizes gives an error, never a read outside
 * [image, image+size). Opening validates headers, streams, table row counts and that all tables fit;
 * column values (heap offsets, row numbers, coded indices) are validated when they are used.
 * No allocation: `struct md_image` holds everything. Freestanding C, no libc. */
#ifndef CLR_MD_H
#define CLR_MD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum md_table {
    MD_MODULE = 0x00, MD_TYPEREF = 0x01, MD_TYPEDEF = 0x02, MD_FIELDPTR = 0x03, MD_FIELD = 0x04,
    MD_METHODPTR = 0x05, MD_METHODDEF = 0x06, MD_PARAMPTR = 0x07, MD_PARAM = 0x08,
    MD_INTERFACEIMPL = 0x09, MD_MEMBERREF = 0x0A, MD_CONSTANT = 0x0B, MD_CUSTOMATTRIBUTE = 0x0C,
    MD_FIELDMARSHAL = 0x0D, MD_DECLSECURITY = 0x0E, MD_CLASSLAYOUT = 0x0F, MD_FIELDLAYOUT = 0x10,
    MD_STANDALONESIG = 0x11, MD_EVENTMAP = 0x12, MD_EVENTPTR = 0x13, MD_EVENT = 0x14,
    MD_PROPERTYMAP = 0x15, MD_PROPERTYPTR = 0x16, MD_PROPERTY = 0x17, MD_METHODSEMANTICS = 0x18,
    MD_METHODIMPL = 0x19, MD_MODULEREF = 0x1A, MD_TYPESPEC = 0x1B, MD_IMPLMAP = 0x1C,
    MD_FIELDRVA = 0x1D, MD_ENCLOG = 0x1E, MD_ENCMAP = 0x1F, MD_ASSEMBLY = 0x20,
    MD_ASSEMBLYPROCESSOR = 0x21, MD_ASSEMBLYOS = 0x22, MD_ASSEMBLYREF = 0x23,
    MD_ASSEMBLYREFPROCESSOR = 0x24, MD_ASSEMBLYREFOS = 0x25, MD_FILE = 0x26,
    MD_EXPORTEDTYPE = 0x27, MD_MANIFESTRESOURCE = 0x28, MD_NESTEDCLASS = 0x29,
    MD_GENERICPARAM = 0x2A, MD_METHODSPEC = 0x2B, MD_GENERICPARAMCONSTRAINT = 0x2C,
    MD_TABLE_COUNT = 0x2D,
};

/* A metadata token: table in the top byte, row (from 1; 0 is null) in the low 24 bits. */
typedef uint32_t md_token;
#define MD_TOKEN(table, row) (((uint32_t)(table) << 24) | (uint32_t)(row))
#define MD_TOKEN_TABLE(t) ((t) >> 24)
#define MD_TOKEN_ROW(t) ((t) & 0xFFFFFFu)

/* One error: the first that happened sticks. Text names file, table, row or offset. */
struct md_error {
    bool set;
    char text[224];
};

struct md_blob {
    const uint8_t *bytes;
    uint32_t size;
};

#define MD_MAX_COLUMNS 9
struct md_table_info {
    uint32_t rows;
    const uint8_t *base;
    uint16_t row_size;
    uint8_t column_count;
    uint8_t column_offset[MD_MAX_COLUMNS];
    uint8_t column_width[MD_MAX_COLUMNS];   /* 2 or 4 bytes (1 for none) */
    bool sorted;
};

struct md_image {
    const char *name;           /* file name, for messages; not owned */
    const uint8_t *image;       /* the raw file, not mapped by sections */
    size_t size;
    /* PE */
    uint16_t section_count;
    const uint8_t *sections;
    uint32_t cli_flags;
    md_token entry_point;       /* 0 when there is none */
    /* metadata root */
    const uint8_t *metadata;
    uint32_t metadata_size;
    struct md_blob strings, blobs, guids, user_strings;
    struct md_table_info tables[MD_TABLE_COUNT];
};

/* Parses and checks. False with `error` filled when the image is not a usable assembly. */
bool md_open(struct md_image *md, const char *name, const uint8_t *image, size_t size,
             struct md_error *error);

/* 0 also for a number that is no table: tokens in IL and blobs are not to be trusted. */
static inline uint32_t md_rows(const struct md_image *md, enum md_table table)
{
    return (unsigned)table < MD_TABLE_COUNT ? md->tables[table].rows : 0;
}

/* Raw column value (index in the order of ECMA-335 II.22; coded indices not decoded).
 * row from 1. Out of range sets the error and returns 0. */
uint32_t md_column(const struct md_image *md, enum md_table table, uint32_t row, unsigned column,
                   struct md_error *error);
/* The column as a token: decodes coded indices and simple indices, checks the row's range. 0 is null. */
md_token md_column_token(const struct md_image *md, enum md_table table, uint32_t row,
                         unsigned column, struct md_error *error);
/* The column as a zero-terminated UTF-8 string inside the #Strings heap; "" on error. */
const char *md_column_string(const struct md_image *md, enum md_table table, uint32_t row,
                             unsigned column, struct md_error *error);
struct md_blob md_column_blob(const struct md_image *md, enum md_table table, uint32_t row,
                              unsigned column, struct md_error *error);
/* List columns (FieldList, MethodList, ParamList ...): rows [*first, *end) owned by `row`. */
bool md_column_list(const struct md_image *md, enum md_table table, uint32_t row, unsigned column,
                    uint32_t *first, uint32_t *end, struct md_error *error);

/* The row of `table` whose list `column` contains row `item` (the TypeDef that owns a Field or
 * MethodDef, ...). 0 and error when there is none. */
uint32_t md_list_owner(const struct md_image *md, enum md_table table, unsigned column,
                       uint32_t item, struct md_error *error);

/* First row of `table` whose `column` (raw value) equals `value`, 0 when none. Binary search when the
 * table is sorted by it, linear otherwise. md_find_token takes a token for coded/simple index columns. */
uint32_t md_find(const struct md_image *md, enum md_table table, unsigned column, uint32_t value);
uint32_t md_find_token(const struct md_image *md, enum md_table table, unsigned column,
                       md_token token);

/* #US entry: UTF-16LE code units (count, without the trailing flag byte). */
const uint8_t *md_user_string(const struct md_image *md, uint32_t offset, uint32_t *count,
                              struct md_error *error);
/* #GUID heap, index from 1: 16 bytes, NULL when 0 or out of range. */
const uint8_t *md_guid(const struct md_image *md, uint32_t index);

/* RVA -> bytes inside the file; NULL and error when not `need` bytes are there. `have` may be NULL. */
const uint8_t *md_rva(const struct md_image *md, uint32_t rva, uint32_t need, uint32_t *have,
                      struct md_error *error);

/* ---- method bodies, II.25.4 ---- */
enum { MD_EH_CATCH = 0, MD_EH_FILTER = 1, MD_EH_FINALLY = 2, MD_EH_FAULT = 4 };
struct md_eh_clause {
    uint32_t flags, try_offset, try_length, handler_offset, handler_length, class_or_filter;
};
struct md_body {
    const uint8_t *il;
    uint32_t il_size;
    uint16_t max_stack;
    bool init_locals;
    md_token local_sig;         /* StandAloneSig token or 0 */
    const uint8_t *eh;          /* raw section, read with md_body_clause */
    uint32_t eh_count;
    bool eh_fat;
};
bool md_body(const struct md_image *md, uint32_t method_row, struct md_body *body,
             struct md_error *error);
bool md_body_clause(const struct md_body *body, uint32_t index, struct md_eh_clause *clause);

/* ---- signature cursor, II.23.2 ---- */
struct md_sig {
    const struct md_image *md;
    const uint8_t *at, *end;
};
struct md_sig md_sig_open(const struct md_image *md, struct md_blob blob);
/* All return false/0 and set the error at the end of the blob or on a malformed encoding. */
uint8_t md_sig_byte(struct md_sig *sig, struct md_error *error);
uint8_t md_sig_peek(const struct md_sig *sig, struct md_error *error);
uint32_t md_sig_unsigned(struct md_sig *sig, struct md_error *error);   /* compressed, II.23.2 */
int32_t md_sig_signed(struct md_sig *sig, struct md_error *error);
md_token md_sig_typedef_or_ref(struct md_sig *sig, struct md_error *error);
/* Skips one Type (with custom modifiers, nested to at most 64 levels). */
bool md_sig_skip_type(struct md_sig *sig, struct md_error *error);

/* Records the first error; `where` is a printf format. Used by runtime code too. */
void md_fail(struct md_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* "TypeDef", "MethodDef", ... for messages. */
const char *md_table_name(enum md_table table);

#endif
