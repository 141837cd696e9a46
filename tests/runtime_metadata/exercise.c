#include "exercise.h"

#include <stdlib.h>
#include <string.h>

#include "md_internal.h"

struct run {
    const struct md_image *md;
    FILE *out;
    bool quiet;
    unsigned problems;
};

#define SAY(run, ...) \
    do { \
        if ((run)->out != NULL && !(run)->quiet) { \
            fprintf((run)->out, __VA_ARGS__); \
        } \
    } while (0)

static bool failed(struct run *run, const struct md_error *error)
{
    if (error->set) {
        run->problems++;
        if (run->out != NULL) {
            fprintf(run->out, "problem %s\n", error->text);
        }
    }
    return error->set;
}

/* What every accessor promises, checked independently of it: a sanitizer alone sees only reads that
 * leave the file, not those that leave a heap for its neighbour. */
#define PROMISE(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "ERROR: broken promise, line %d: %s\n", __LINE__, #condition); \
            abort(); \
        } \
    } while (0)

static bool inside(const void *bytes, size_t size, const void *base, size_t limit)
{
    uintptr_t at = (uintptr_t)bytes, from = (uintptr_t)base;
    return size == 0 || (at >= from && at - from <= limit && size <= limit - (at - from));
}

static bool is_row(const struct md_image *md, md_token token)
{
    return MD_TOKEN_TABLE(token) < MD_TABLE_COUNT && MD_TOKEN_ROW(token) != 0
        && MD_TOKEN_ROW(token) <= md->tables[MD_TOKEN_TABLE(token)].rows;
}

/* FNV-1a. It also touches every byte, for the sanitizer. */
static uint32_t hash(const uint8_t *bytes, size_t size)
{
    uint32_t h = 0x811C9DC5u;
    for (size_t i = 0; i < size; i++) {
        h = (h ^ bytes[i]) * 0x01000193u;
    }
    return h;
}

/* What is said about bytes. With no output two bytes are touched: enough for the sanitizer, and a
 * fuzzer's time goes into paths instead of sums. */
static uint32_t digest(const struct run *run, const uint8_t *bytes, size_t size)
{
    if (run->out != NULL) {
        return hash(bytes, size);
    }
    volatile uint8_t touched = 0;
    if (size != 0) {
        touched = bytes[0];
        touched = bytes[size - 1];
    }
    return touched;
}

/* Searching is linear in unsorted tables: asked of this many rows, or a fuzzer's table of thousands
 * of rows would take the square of it. */
enum { SEARCHED_ROWS = 64 };

static void cell(struct run *run, enum md_table table, uint32_t row, unsigned column)
{
    unsigned kind = md_table_schemas[table].columns[column].kind;
    struct md_error error = {0};
    if (kind >= MD_KIND_LIST) {
        uint32_t first, end;
        if (md_column_list(run->md, table, row, column, &first, &end, &error)) {
            PROMISE(first >= 1 && first <= end
                    && end - 1 <= md_rows(run->md, (enum md_table)(kind - MD_KIND_LIST)));
            SAY(run, "list %u %u %u %u %u\n", table, row, column, first, end);
            if (first < end && md_list_owner(run->md, table, column, first, &error) != row) {
                /* Only lists that overlap, as in a broken image, have a second owner. */
                run->problems++;
            }
        }
    } else if (kind == MD_KIND_STRING) {
        const char *text = md_column_string(run->md, table, row, column, &error);
        PROMISE(*text == 0 || inside(text, strlen(text) + 1, run->md->strings.bytes,
                                     run->md->strings.size));
        SAY(run, "string %u %u %u ", table, row, column);
        for (; *text != 0; text++) {
            SAY(run, "%02x", (uint8_t)*text);
        }
        SAY(run, "\n");
    } else if (kind == MD_KIND_BLOB) {
        struct md_blob blob = md_column_blob(run->md, table, row, column, &error);
        PROMISE(inside(blob.bytes, blob.size, run->md->blobs.bytes, run->md->blobs.size));
        uint32_t sum = digest(run, blob.bytes, blob.size);
        SAY(run, "blob %u %u %u %u %u\n", table, row, column, blob.size, sum);
    } else if (kind == MD_KIND_GUID) {
        const uint8_t *guid = md_guid(run->md, md_column(run->md, table, row, column, &error));
        if (guid != NULL) {
            PROMISE(inside(guid, 16, run->md->guids.bytes, run->md->guids.size));
            digest(run, guid, 16);
        }
    } else if (kind < MD_KIND_U8) {
        md_token token = md_column_token(run->md, table, row, column, &error);
        PROMISE(token == 0 || is_row(run->md, token));
        SAY(run, "token %u %u %u %08x\n", table, row, column, token);
        if (token != 0 && row <= SEARCHED_ROWS) {
            uint32_t found = md_find_token(run->md, table, column, token);
            PROMISE(found != 0 && found <= row);
        }
    }
    failed(run, &error);
}

/* Parses a signature to its end as what its column says it is. */
static void signature(struct run *run, enum md_table table, uint32_t row, unsigned column)
{
    struct md_error error = {0};
    struct md_blob blob = md_column_blob(run->md, table, row, column, &error);
    struct md_sig sig = md_sig_open(run->md, blob);
    if (error.set) {
        return;         /* already reported by the cell */
    }
    uint32_t params = 1, generic = 0;
    unsigned kind = 0;
    if (table != MD_TYPESPEC) {
        kind = md_sig_byte(&sig, &error);
        unsigned convention = kind & 0x0F;
        if (convention == 0x0A) {               /* GENERICINST of a MethodSpec */
            params = md_sig_unsigned(&sig, &error);
        } else if (convention == 0x07) {        /* LOCAL_SIG */
            params = md_sig_unsigned(&sig, &error);
        } else if (convention != 0x06) {        /* all but FIELD: a method or property */
            if (kind & 0x10) {
                generic = md_sig_unsigned(&sig, &error);
            }
            params = md_sig_unsigned(&sig, &error) + 1;
        }
    }
    for (uint32_t i = 0; i < params && !error.set; i++) {
        if (md_sig_peek(&sig, &error) == 0x41) {    /* SENTINEL */
            md_sig_byte(&sig, &error);
        }
        struct md_sig type = sig;
        uint8_t element = md_sig_byte(&type, NULL);
        if (element == 0x11 || element == 0x12) {   /* VALUETYPE, CLASS */
            md_token token = md_sig_typedef_or_ref(&type, NULL);
            PROMISE(token == 0 || is_row(run->md, token));
        }
        md_sig_skip_type(&sig, &error);
        PROMISE(sig.at <= sig.end);
    }
    if (!failed(run, &error)) {
        SAY(run, "sig %u %u %u %u %u%s\n", table, row, kind, params, generic,
            sig.at == sig.end ? "" : " REST");
    }
}

static void body(struct run *run, uint32_t row)
{
    struct md_error error = {0};
    if (md_column(run->md, MD_METHODDEF, row, 0, &error) == 0) {
        return;
    }
    struct md_body b;
    if (md_body(run->md, row, &b, &error)) {
        PROMISE(b.il_size != 0 && inside(b.il, b.il_size, run->md->image, run->md->size));
        PROMISE(b.local_sig == 0 || is_row(run->md, b.local_sig));
        PROMISE(inside(b.eh, (size_t)b.eh_count * (b.eh_fat ? 24 : 12), run->md->image,
                       run->md->size));
        uint32_t h = digest(run, b.il, b.il_size);
        SAY(run, "body %u %u %u %u %08x %u\n", row, b.il_size, b.max_stack, b.init_locals,
            b.local_sig, h);
        struct md_eh_clause c;
        for (uint32_t i = 0; md_body_clause(&b, i, &c); i++) {
            PROMISE((uint64_t)c.try_offset + c.try_length <= b.il_size
                    && (uint64_t)c.handler_offset + c.handler_length <= b.il_size);
            PROMISE(c.flags != MD_EH_CATCH || is_row(run->md, c.class_or_filter));
            SAY(run, "clause %u %u %u %u %u %u %u %08x\n", row, i, c.flags, c.try_offset,
                c.try_length, c.handler_offset, c.handler_length, c.class_or_filter);
        }
    }
    failed(run, &error);
}

static void user_strings(struct run *run)
{
    uint32_t offset = 1, size = run->md->user_strings.size;
    while (offset < size) {
        struct md_error error = {0};
        uint32_t count;
        const uint8_t *text = md_user_string(run->md, offset, &count, &error);
        if (failed(run, &error)) {
            return;
        }
        PROMISE(inside(text, (size_t)count * 2, run->md->user_strings.bytes, size));
        uint32_t sum = digest(run, text, (size_t)count * 2);
        SAY(run, "us %u %u %u\n", offset, count, sum);
        struct md_blob blob;
        md_heap_blob(&run->md->user_strings, offset, &blob);
        offset = (uint32_t)(blob.bytes - run->md->user_strings.bytes) + blob.size;
    }
}

unsigned exercise(const struct md_image *md, FILE *out, bool quiet)
{
    struct run run = {md, out, quiet, 0};
    for (unsigned t = 0; t < MD_TABLE_COUNT; t++) {
        enum md_table table = (enum md_table)t;
        const struct md_table_info *info = &md->tables[t];
        if (info->rows == 0) {
            continue;
        }
        SAY(&run, "table %u %s %u %u\n", t, md_table_name(table), info->rows, info->sorted);
        for (uint32_t row = 1; row <= info->rows; row++) {
            SAY(&run, "row %u %u", t, row);
            for (unsigned column = 0; column < info->column_count; column++) {
                SAY(&run, " %u", md_column(md, table, row, column, NULL));
            }
            SAY(&run, "\n");
            for (unsigned column = 0; column < info->column_count; column++) {
                cell(&run, table, row, column);
            }
        }
    }
    static const struct { enum md_table table; unsigned column; } signatures[] = {
        {MD_FIELD, 2}, {MD_METHODDEF, 4}, {MD_MEMBERREF, 2}, {MD_STANDALONESIG, 0},
        {MD_PROPERTY, 2}, {MD_TYPESPEC, 0}, {MD_METHODSPEC, 1},
    };
    for (size_t i = 0; i < sizeof signatures / sizeof signatures[0]; i++) {
        for (uint32_t row = 1; row <= md_rows(md, signatures[i].table); row++) {
            signature(&run, signatures[i].table, row, signatures[i].column);
        }
    }
    for (uint32_t row = 1; row <= md_rows(md, MD_METHODDEF); row++) {
        body(&run, row);
    }
    user_strings(&run);
    return run.problems;
}
