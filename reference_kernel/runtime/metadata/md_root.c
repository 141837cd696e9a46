/* The metadata root and its streams, ECMA-335 II.24.2.1-II.24.2.2, and md_open. */
#include "md_internal.h"

enum { ROOT_FIXED_SIZE = 16, ROOT_SIGNATURE = 0x424A5342, STREAM_NAME_MAX = 32 };

static bool same(const uint8_t *name, const char *text)
{
    size_t i = 0;
    while (name[i] == (uint8_t)text[i]) {
        if (name[i++] == 0) {
            return true;
        }
    }
    return false;
}

/* Length of the zero-terminated name at `at` inside the root, -1 when it does not end in time. */
static int name_length(const struct md_image *md, uint32_t at)
{
    for (int i = 0; i < STREAM_NAME_MAX && at + (uint32_t)i < md->metadata_size; i++) {
        if (md->metadata[at + (uint32_t)i] == 0) {
            return i;
        }
    }
    return -1;
}

/* Where to store a stream with this name; NULL for one that nothing here reads. */
static struct md_blob *stream_slot(struct md_image *md, const uint8_t *name, struct md_blob *tables)
{
    if (same(name, "#~") || same(name, "#-")) {
        return tables;
    }
    return same(name, "#Strings") ? &md->strings
         : same(name, "#Blob") ? &md->blobs
         : same(name, "#GUID") ? &md->guids
         : same(name, "#US") ? &md->user_strings : NULL;
}

/* Reads one stream header at *at and moves past it. */
static bool open_stream(struct md_image *md, uint32_t *at, struct md_blob *tables,
                        struct md_error *error)
{
    if (!md_fits(*at, 8, md->metadata_size)) {
        md_fail(error, MD_NAME ": metadata root ends inside the stream header at metadata offset "
                "0x%x", md->name, *at);
        return false;
    }
    uint32_t offset = md_u32(md->metadata + *at);
    uint32_t size = md_u32(md->metadata + *at + 4);
    int length = name_length(md, *at + 8);
    if (length < 0) {
        md_fail(error, MD_NAME ": stream name at metadata offset 0x%x does not end within %u bytes",
                md->name, *at + 8, STREAM_NAME_MAX);
        return false;
    }
    const uint8_t *name = md->metadata + *at + 8;
    *at += 8 + ((uint32_t)length + 4) / 4 * 4;
    if (!md_fits(offset, size, md->metadata_size)) {
        md_fail(error, MD_NAME ": stream %s (metadata offset 0x%x, %u bytes) lies outside of the "
                "metadata (%u bytes)", md->name, (const char *)name, offset, size,
                md->metadata_size);
        return false;
    }
    if (same(name, "#JTD")) {
        md_fail(error, MD_NAME ": stream #JTD: this is an edit-and-continue delta, not an assembly",
                md->name);
        return false;
    }
    struct md_blob *slot = stream_slot(md, name, tables);
    if (slot != NULL) {
        if (slot->bytes != NULL) {
            md_fail(error, MD_NAME ": stream %s appears twice", md->name, (const char *)name);
            return false;
        }
        *slot = (struct md_blob){md->metadata + offset, size};
    }
    return true;
}

bool md_open_root(struct md_image *md, struct md_blob *tables, struct md_error *error)
{
    if (md->metadata_size < ROOT_FIXED_SIZE || md_u32(md->metadata) != ROOT_SIGNATURE) {
        md_fail(error, MD_NAME ": no metadata root (signature BSJB) at file offset 0x%llx",
                md->name, (unsigned long long)(md->metadata - md->image));
        return false;
    }
    uint32_t version_length = md_u32(md->metadata + 12);
    if (!md_fits(ROOT_FIXED_SIZE, (uint64_t)version_length + 4, md->metadata_size)) {
        md_fail(error, MD_NAME ": metadata version text of %u bytes does not fit in the metadata "
                "(%u bytes)", md->name, version_length, md->metadata_size);
        return false;
    }
    uint32_t at = ROOT_FIXED_SIZE + version_length;
    unsigned count = md_u16(md->metadata + at + 2);
    at += 4;
    for (unsigned i = 0; i < count; i++) {
        if (!open_stream(md, &at, tables, error)) {
            return false;
        }
    }
    if (tables->bytes == NULL) {
        md_fail(error, MD_NAME ": no metadata tables (neither a #~ nor a #- stream)", md->name);
        return false;
    }
    return true;
}

/* What the standard asks of every assembly and the rest of the runtime takes for granted. */
static bool check_assembly(const struct md_image *md, struct md_error *error)
{
    if (md_rows(md, MD_MODULE) != 1 || md_rows(md, MD_TYPEDEF) == 0) {
        md_fail(error, MD_NAME ": table Module has %u rows and TypeDef %u; expected one module and "
                "at least the type <Module>", md->name, md_rows(md, MD_MODULE),
                md_rows(md, MD_TYPEDEF));
        return false;
    }
    if (md_rows(md, MD_ASSEMBLY) != 1) {
        md_fail(error, MD_NAME ": table Assembly has %u rows, not 1; a .netmodule cannot be loaded "
                "by itself", md->name, md_rows(md, MD_ASSEMBLY));
        return false;
    }
    uint32_t table = MD_TOKEN_TABLE(md->entry_point), row = MD_TOKEN_ROW(md->entry_point);
    if (md->entry_point != 0
        && ((table != MD_METHODDEF && table != MD_FILE) || row == 0
            || row > md_rows(md, (enum md_table)table))) {
        md_fail(error, MD_NAME ": entry point token 0x%08x in the CLI header names no MethodDef or "
                "File row", md->name, md->entry_point);
        return false;
    }
    return true;
}

bool md_open(struct md_image *md, const char *name, const uint8_t *image, size_t size,
             struct md_error *error)
{
    *md = (struct md_image){.name = name, .image = image, .size = size};
    struct md_blob tables = {NULL, 0};
    return md_open_pe(md, error) && md_open_root(md, &tables, error)
        && md_check_heaps(md, error) && md_open_tables(md, tables, error)
        && check_assembly(md, error);
}
