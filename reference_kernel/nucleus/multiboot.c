/* What a multiboot1 loader hands over: memory map, modules, command line (Multiboot Specification
 * 0.6.96, section 3.3). Runs on the boot page tables, where the first GiB is mapped at 0: physical
 * addresses are read as they are. */
#include "memory.h"
#include "nucleus.h"

#define INFO_HAS_COMMAND_LINE (1u << 2)
#define INFO_HAS_MODULES (1u << 3)
#define INFO_HAS_MEMORY_MAP (1u << 6)
#define MAP_TYPE_RAM 1

struct info {
    uint32_t flags;
    uint32_t mem_lower, mem_upper;
    uint32_t boot_device;
    uint32_t command_line;
    uint32_t module_count;
    uint32_t modules;
    uint32_t symbols[4];
    uint32_t map_length;
    uint32_t map;
};

struct module_entry {
    uint32_t start, end, text, reserved;
};

struct map_entry {
    uint32_t size;              /* of the rest */
    uint64_t base, length;
    uint32_t type;
} __attribute__((packed));

#define MAX_REGIONS 32
#define MAX_MODULES 512
#define MAX_NAME_BYTES 32768

static struct memory_region regions[MAX_REGIONS];
static size_t region_count;
static struct plat_module modules[MAX_MODULES];
static size_t module_count;
static uint64_t modules_start = UINT64_MAX, modules_end;
static char names[MAX_NAME_BYTES];
static size_t names_used;

/* The module's text is "path name": the last word names it, a text without spaces does so whole. */
static const char *copy_name(const char *text)
{
    size_t n = strlen(text);
    while (n && text[n - 1] == ' ')
        n--;
    size_t start = n;
    while (start && text[start - 1] != ' ')
        start--;
    if (names_used + (n - start) + 1 > sizeof names)
        plat_panic("the names of the boot modules need more than %d bytes", MAX_NAME_BYTES);
    char *name = names + names_used;
    memcpy(name, text + start, n - start);
    name[n - start] = 0;
    names_used += n - start + 1;
    return name;
}

static void parse_modules(const struct info *info)
{
    if (info->module_count > MAX_MODULES)
        plat_panic("%u boot modules were given, at most %d are possible", info->module_count,
                   MAX_MODULES);
    const struct module_entry *entry = (const void *)(uintptr_t)info->modules;
    for (uint32_t i = 0; i < info->module_count; i++, entry++) {
        if (entry->end > BOOT_MAPPED_BYTES)
            plat_panic("boot module %u ends at 0x%x, above the first GiB", i, entry->end);
        modules[module_count++] = (struct plat_module){
            .name = copy_name((const char *)(uintptr_t)entry->text),
            .bytes = (const uint8_t *)(uintptr_t)entry->start,
            .size = entry->end - entry->start,
        };
        if (entry->start < modules_start)
            modules_start = page_down(entry->start);
        if (entry->end > modules_end)
            modules_end = page_up(entry->end);
    }
}

static void parse_memory_map(const struct info *info)
{
    uint32_t at = info->map, end = info->map + info->map_length;
    while (at < end) {
        const struct map_entry *entry = (const void *)(uintptr_t)at;
        at += entry->size + 4;
        uint64_t start = page_up(entry->base), stop = page_down(entry->base + entry->length);
        if (stop > DIRECT_MAP_BYTES)
            stop = DIRECT_MAP_BYTES;
        if (entry->type != MAP_TYPE_RAM || start >= stop)
            continue;
        if (region_count == MAX_REGIONS)
            plat_panic("the memory map has more than %d regions of RAM", MAX_REGIONS);
        regions[region_count++] = (struct memory_region){start, stop};
    }
}

void multiboot_parse(uint64_t information)
{
    const struct info *info = (const void *)information;
    if (info->flags & INFO_HAS_COMMAND_LINE)
        cmdline_parse((const char *)(uintptr_t)info->command_line);
    if (!(info->flags & INFO_HAS_MEMORY_MAP))
        plat_panic("the boot loader gave no memory map (multiboot flags 0x%x)", info->flags);
    parse_memory_map(info);
    if (info->flags & INFO_HAS_MODULES)
        parse_modules(info);
}

void multiboot_map_modules(void)
{
    for (size_t i = 0; i < module_count; i++)
        modules[i].bytes = physical_to_virtual((uint64_t)modules[i].bytes);
}

size_t memory_region_count(void) { return region_count; }
const struct memory_region *memory_region(size_t index) { return &regions[index]; }
uint64_t multiboot_modules_end(void) { return modules_end; }

bool multiboot_is_module(uint64_t physical)
{
    return physical >= modules_start && physical < modules_end;
}

size_t plat_module_count(void) { return module_count; }

const struct plat_module *plat_module(size_t index)
{
    return index < module_count ? &modules[index] : NULL;
}
