/* PE/COFF headers up to the CLI header, ECMA-335 II.25, and RVAs into the raw file. */
#include "md_internal.h"

enum {
    DOS_HEADER_SIZE = 64, DOS_LFANEW = 0x3C,
    COFF_SIZE = 24,             /* signature and file header */
    SECTION_SIZE = 40,
    MAGIC_PE32 = 0x10B, MAGIC_PE32_PLUS = 0x20B,
    DIRECTORY_CLI = 14,
    CLI_HEADER_SIZE = 72,
    CLI_FLAG_NATIVE_ENTRY = 0x10,
};

/* Finds the section table and the RVA and size of the CLI header. */
static bool open_headers(struct md_image *md, uint32_t *cli_rva, uint32_t *cli_size,
                         struct md_error *error)
{
    const uint8_t *image = md->image;
    if (md->size < DOS_HEADER_SIZE || image[0] != 'M' || image[1] != 'Z') {
        md_fail(error, MD_NAME ": not a PE file (no MZ header at offset 0, file has %zu bytes)",
                md->name, md->size);
        return false;
    }
    uint32_t pe = md_u32(image + DOS_LFANEW);
    if (!md_fits(pe, COFF_SIZE, md->size) || md_u32(image + pe) != 0x00004550) {
        md_fail(error, MD_NAME ": no PE signature at offset 0x%x", md->name, pe);
        return false;
    }
    md->section_count = md_u16(image + pe + 6);
    uint16_t optional_size = md_u16(image + pe + 20);
    uint64_t optional = (uint64_t)pe + COFF_SIZE;
    uint64_t sections = optional + optional_size;
    if (optional_size < 2 || !md_fits(sections, (uint64_t)md->section_count * SECTION_SIZE,
                                      md->size)) {
        md_fail(error, MD_NAME ": PE headers at offset 0x%x (%u sections) do not fit in %zu bytes",
                md->name, pe, md->section_count, md->size);
        return false;
    }
    md->sections = image + sections;

    uint16_t magic = md_u16(image + optional);
    if (magic != MAGIC_PE32 && magic != MAGIC_PE32_PLUS) {
        md_fail(error, MD_NAME ": optional header at offset 0x%x has magic 0x%x, not PE32 or PE32+",
                md->name, (unsigned)optional, magic);
        return false;
    }
    unsigned directories = magic == MAGIC_PE32 ? 96 : 112;
    unsigned cli = directories + DIRECTORY_CLI * 8;
    if (optional_size < cli + 8 || md_u32(image + optional + directories - 4) <= DIRECTORY_CLI) {
        md_fail(error, MD_NAME ": not a .NET assembly (the PE header has no CLI directory)",
                md->name);
        return false;
    }
    *cli_rva = md_u32(image + optional + cli);
    *cli_size = md_u32(image + optional + cli + 4);
    if (*cli_rva == 0 || *cli_size < CLI_HEADER_SIZE) {
        md_fail(error, MD_NAME ": not a .NET assembly (CLI directory at rva 0x%x has %u bytes)",
                md->name, *cli_rva, *cli_size);
        return false;
    }
    return true;
}

bool md_open_pe(struct md_image *md, struct md_error *error)
{
    uint32_t cli_rva, cli_size;
    if (!open_headers(md, &cli_rva, &cli_size, error)) {
        return false;
    }
    const uint8_t *cli = md_rva(md, cli_rva, CLI_HEADER_SIZE, NULL, error);
    if (cli == NULL) {
        return false;
    }
    if (md_u32(cli) < CLI_HEADER_SIZE) {
        md_fail(error, MD_NAME ": CLI header at rva 0x%x says that it has %u bytes, not %u",
                md->name, cli_rva, md_u32(cli), CLI_HEADER_SIZE);
        return false;
    }
    uint32_t metadata_rva = md_u32(cli + 8);
    md->metadata_size = md_u32(cli + 12);
    md->metadata = md_rva(md, metadata_rva, md->metadata_size, NULL, error);
    md->cli_flags = md_u32(cli + 16);
    /* With a native entry point the field is an RVA, no token. */
    md->entry_point = md->cli_flags & CLI_FLAG_NATIVE_ENTRY ? 0 : md_u32(cli + 20);
    return md->metadata != NULL;
}

const uint8_t *md_rva(const struct md_image *md, uint32_t rva, uint32_t need, uint32_t *have,
                      struct md_error *error)
{
    for (unsigned i = 0; i < md->section_count; i++) {
        const uint8_t *section = md->sections + (size_t)i * SECTION_SIZE;
        uint32_t address = md_u32(section + 12);
        uint32_t raw_size = md_u32(section + 16);
        uint32_t raw = md_u32(section + 20);
        if (rva < address || rva - address >= raw_size) {
            continue;
        }
        uint64_t offset = (uint64_t)raw + (rva - address);
        uint32_t left = raw_size - (rva - address);
        if (offset >= md->size) {
            break;
        }
        if (left > md->size - offset) {
            left = (uint32_t)(md->size - offset);
        }
        if (need > left) {
            md_fail(error, MD_NAME ": %u bytes wanted at rva 0x%x (offset 0x%llx), only %u are "
                    "there", md->name, need, rva, (unsigned long long)offset, left);
            return NULL;
        }
        if (have != NULL) {
            *have = left;
        }
        return md->image + offset;
    }
    md_fail(error, MD_NAME ": rva 0x%x (%u bytes) lies in no section's file data", md->name, rva,
            need);
    return NULL;
}
