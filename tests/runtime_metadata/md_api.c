/* md_api SHAPES.EXE: what the dump does not reach: integers of II.23.2 at their edges, searching,
 * and the answers to questions that make no sense. Prints each failed check; the status is then 1.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "md.h"

static int failures;

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            printf("line %d: %s\n", __LINE__, #condition); \
            failures++; \
        } \
    } while (0)

/* An accessor's refusal: nothing returned, an error set that names the file. */
#define REFUSED(call, part) \
    do { \
        struct md_error error = {0}; \
        (void)(call); \
        CHECK(error.set && strstr(error.text, "shapes.exe") != NULL \
              && strstr(error.text, part) != NULL); \
        if (!error.set || strstr(error.text, part) == NULL) { \
            printf("  \"%s\"\n", error.text); \
        } \
    } while (0)

/* The examples that ECMA-335 II.23.2 gives. */
static void integers(const struct md_image *md)
{
    static const struct { uint8_t bytes[4]; uint32_t size, value; } plain[] = {
        {{0x03}, 1, 0x03}, {{0x7F}, 1, 0x7F}, {{0x80, 0x80}, 2, 0x80}, {{0xAE, 0x57}, 2, 0x2E57},
        {{0xBF, 0xFF}, 2, 0x3FFF}, {{0xC0, 0x00, 0x40, 0x00}, 4, 0x4000},
        {{0xDF, 0xFF, 0xFF, 0xFF}, 4, 0x1FFFFFFF},
    };
    static const struct { uint8_t bytes[4]; uint32_t size; int32_t value; } with_sign[] = {
        {{0x06}, 1, 3}, {{0x7B}, 1, -3}, {{0x80, 0x80}, 2, 64}, {{0x01}, 1, -64},
        {{0xC0, 0x00, 0x40, 0x00}, 4, 8192}, {{0x80, 0x01}, 2, -8192},
        {{0xDF, 0xFF, 0xFF, 0xFE}, 4, 268435455}, {{0xC0, 0x00, 0x00, 0x01}, 4, -268435456},
    };
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        struct md_error error = {0};
        struct md_sig sig = md_sig_open(md, (struct md_blob){plain[i].bytes, plain[i].size});
        CHECK(md_sig_unsigned(&sig, &error) == plain[i].value && !error.set && sig.at == sig.end);
        sig = md_sig_open(md, (struct md_blob){plain[i].bytes, plain[i].size - 1});
        CHECK(md_sig_unsigned(&sig, &error) == 0 && error.set);
    }
    for (size_t i = 0; i < sizeof with_sign / sizeof with_sign[0]; i++) {
        struct md_error error = {0};
        struct md_blob blob = {with_sign[i].bytes, with_sign[i].size};
        struct md_sig sig = md_sig_open(md, blob);
        CHECK(md_sig_signed(&sig, &error) == with_sign[i].value && !error.set);
    }
}

static void searching(const struct md_image *md)
{
    struct md_error error = {0};
    uint32_t program = 0;
    for (uint32_t row = 1; row <= md_rows(md, MD_TYPEDEF); row++) {
        if (strcmp(md_column_string(md, MD_TYPEDEF, row, 1, &error), "Program") == 0) {
            program = row;
        }
    }
    CHECK(program != 0);
    uint32_t main_row = MD_TOKEN_ROW(md->entry_point);
    CHECK(MD_TOKEN_TABLE(md->entry_point) == MD_METHODDEF);
    CHECK(md_list_owner(md, MD_TYPEDEF, 5, main_row, &error) == program && !error.set);
    /* Every method and field has exactly the owner whose list holds it. */
    for (uint32_t row = 1; row <= md_rows(md, MD_TYPEDEF); row++) {
        for (unsigned column = 4; column <= 5; column++) {
            uint32_t first, end;
            CHECK(md_column_list(md, MD_TYPEDEF, row, column, &first, &end, &error));
            for (; first < end; first++) {
                CHECK(md_list_owner(md, MD_TYPEDEF, column, first, &error) == row);
            }
        }
    }
    /* Binary and linear search agree on each sorted table. */
    for (unsigned t = 0; t < MD_TABLE_COUNT; t++) {
        enum md_table table = (enum md_table)t;
        for (unsigned column = 0; column < md->tables[t].column_count; column++) {
            for (uint32_t row = 1; row <= md_rows(md, table); row++) {
                uint32_t value = md_column(md, table, row, column, &error), first = 1;
                while (md_column(md, table, first, column, &error) != value) {
                    first++;
                }
                CHECK(md_find(md, table, column, value) == first);
            }
        }
    }
    CHECK(md_find(md, MD_NESTEDCLASS, 0, 0xFFFF) == 0 && md_find(md, MD_NESTEDCLASS, 0, 0) == 0);
    CHECK(md_find(md, MD_NESTEDCLASS, 9, 1) == 0 && md_find(md, MD_TABLE_COUNT, 0, 1) == 0);
    CHECK(md_find(md, MD_FILE, 0, 1) == 0);
    CHECK(md_find_token(md, MD_NESTEDCLASS, 0, MD_TOKEN(MD_FIELD, 1)) == 0);
    CHECK(md_find_token(md, MD_CONSTANT, 1, MD_TOKEN(MD_METHODDEF, 1)) == 0);
    CHECK(md_find_token(md, MD_CONSTANT, 2, MD_TOKEN(MD_FIELD, 1)) == 0);
    CHECK(md_find_token(md, MD_TYPEDEF, 5, MD_TOKEN(MD_METHODDEF, 1)) == 1);
    CHECK(md_find_token(md, MD_CUSTOMATTRIBUTE, 1, MD_TOKEN(0xFF, 0)) == 0);
    CHECK(md_find_token(md, MD_TABLE_COUNT, 0, 0) == 0);
    CHECK(!error.set);
}

static void refusals(const struct md_image *md)
{
    uint32_t first, end, count;
    struct md_body body;
    REFUSED(md_column(md, MD_TYPEDEF, 0, 0, &error), "TypeDef");
    REFUSED(md_column(md, MD_TYPEDEF, 100000, 0, &error), "no row 100000");
    REFUSED(md_column(md, MD_TYPEDEF, 1, 6, &error), "no column 6");
    REFUSED(md_column(md, (enum md_table)0x70, 1, 0, &error), "no table 0x70");
    REFUSED(md_column_token(md, MD_TYPEDEF, 1, 0, &error), "Flags");
    REFUSED(md_column_token(md, MD_TYPEDEF, 0, 3, &error), "no row 0");
    REFUSED(md_column_string(md, MD_TYPEDEF, 1, 3, &error), "holds no string");
    REFUSED(md_column_string(md, MD_TYPEDEF, 0, 1, &error), "no row 0");
    REFUSED(md_column_blob(md, MD_FIELD, 1, 1, &error), "holds no blob");
    REFUSED(md_column_blob(md, MD_FIELD, 0, 2, &error), "no row 0");
    REFUSED(md_column_list(md, MD_TYPEDEF, 1, 0, &first, &end, &error), "is no list");
    REFUSED(md_column_list(md, MD_TYPEDEF, 0, 4, &first, &end, &error), "no row 0");
    REFUSED(md_list_owner(md, MD_TYPEDEF, 5, 100000, &error), "owns row 100000");
    REFUSED(md_list_owner(md, MD_TYPEDEF, 5, 0, &error), "owns row 0");
    REFUSED(md_list_owner(md, MD_TYPEDEF, 9, 1, &error), "no column 9");
    REFUSED(md_list_owner(md, MD_TYPEDEF, 0, 1, &error), "no list");
    REFUSED(md_list_owner(md, MD_FILE, 0, 1, &error), "File has 0 rows");
    REFUSED(md_list_owner(md, (enum md_table)0x70, 0, 1, &error), "no table 0x70");
    REFUSED(md_user_string(md, 0xFFFFFF, &count, &error), "#US offset 0xffffff");
    REFUSED(md_rva(md, 0xFFFFFFFF, 1, NULL, &error), "0xffffffff");
    REFUSED(md_body(md, 0, &body, &error), "no row 0");
    uint32_t row = 1;       /* the DllImport has no body */
    while (row < md_rows(md, MD_METHODDEF) && md_column(md, MD_METHODDEF, row, 0, NULL) != 0) {
        row++;
    }
    REFUSED(md_body(md, row, &body, &error), "has no body");
    CHECK(md_rows(md, (enum md_table)0x70) == 0);
    CHECK(md_guid(md, 0) == NULL && md_guid(md, 1) != NULL && md_guid(md, 1000) == NULL);
    CHECK(strcmp(md_table_name(MD_METHODDEF), "MethodDef") == 0);
    CHECK(strcmp(md_table_name((enum md_table)0x70), "unknown table") == 0);
}

static void first_error_stays(void)
{
    struct md_error error = {0};
    md_fail(&error, "one %d", 1);
    md_fail(&error, "two");
    CHECK(strcmp(error.text, "one 1") == 0);
    md_fail(NULL, "nobody listens");
}

int main(int argc, char **argv)
{
    static uint8_t bytes[1 << 20];
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (file == NULL) {
        fprintf(stderr, "usage: md_api SHAPES.EXE\n");
        return 2;
    }
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    struct md_image md;
    struct md_error error = {0};
    CHECK(md_open(&md, "shapes.exe", bytes, size, &error));
    if (!error.set) {
        integers(&md);
        searching(&md);
        refusals(&md);
        first_error_stays();
    }
    return failures != 0;
}
