/* The kernel's page tables (Intel SDM volume 3, section 4.5). Four-level, 4 KiB pages wherever
 * rights differ, 2 MiB pages for the bulk of the direct map. */
#include "memory.h"
#include "nucleus.h"
#include "traps.h"
#include "x86.h"

#define ENTRY_ADDRESS 0x000FFFFFFFFFF000ull
#define LARGE_PAGE 0x200000ull

extern uint8_t __image_start[], __image_end[];
extern uint8_t __text_start[], __text_end[], __rodata_start[], __rodata_end[];

uint64_t g_physical_window;
static uint64_t root;

static uint64_t new_table(void)
{
    uint64_t frame = frames_allocate(1);
    if (frame != NO_FRAME)
        memset(physical_to_virtual(frame), 0, PAGE_SIZE);
    return frame;
}

/* The entry for `address` at `level` (1: page, 2: 2 MiB page); missing tables are made when `make`
 * is set. NULL: no table there, or no memory for one. */
static uint64_t *walk(uint64_t address, int level, bool make)
{
    uint64_t table = root;
    for (int at = 4;; at--) {
        uint64_t *entry = (uint64_t *)physical_to_virtual(table)
                          + (address >> (12 + 9 * (at - 1)) & 511);
        if (at == level)
            return entry;
        if (*entry & PAGE_PRESENT && *entry & PAGE_LARGE && at <= 3)
            return NULL;
        if (!(*entry & PAGE_PRESENT)) {
            uint64_t made = make ? new_table() : NO_FRAME;
            if (made == NO_FRAME)
                return NULL;
            *entry = made | PAGE_PRESENT | PAGE_WRITE;
        }
        table = *entry & ENTRY_ADDRESS;
    }
}

bool paging_map(uint64_t address, uint64_t physical, uint64_t flags)
{
    uint64_t *entry = walk(address, 1, true);
    if (!entry)
        return false;
    bool replaced = *entry & PAGE_PRESENT;
    *entry = physical | flags;
    if (replaced)
        invlpg(address);
    return true;
}

bool paging_translate(uint64_t address, uint64_t *physical)
{
    uint64_t *large = walk(address, 2, false);
    if (large && *large & PAGE_PRESENT && *large & PAGE_LARGE) {
        *physical = (*large & ENTRY_ADDRESS) + (address & (LARGE_PAGE - 1));
        return true;
    }
    uint64_t *entry = walk(address, 1, false);
    if (!entry || !(*entry & PAGE_PRESENT))
        return false;
    *physical = (*entry & ENTRY_ADDRESS) + (address & (PAGE_SIZE - 1));
    return true;
}

bool paging_back(uint64_t from, uint64_t size, uint64_t flags)
{
    for (uint64_t at = page_down(from); at < page_up(from + size); at += PAGE_SIZE) {
        uint64_t *entry = walk(at, 1, true);
        if (!entry)
            return false;
        if (*entry & PAGE_PRESENT)
            continue;
        uint64_t frame = new_table();       /* a zeroed page */
        if (frame == NO_FRAME)
            return false;
        *entry = frame | flags;
    }
    return true;
}

static void must_map(uint64_t address, uint64_t physical, uint64_t flags)
{
    if (!paging_map(address, physical, flags))
        plat_panic("no memory for the kernel's page tables: give the machine more memory");
}

static bool in_kernel_image(uint64_t physical)
{
    return physical >= KERNEL_LOAD && physical < page_up((uint64_t)__image_end - KERNEL_BASE);
}

static void map_kernel_image(void)
{
    for (uint64_t at = (uint64_t)__image_start; at < (uint64_t)__image_end; at += PAGE_SIZE) {
        uint64_t flags = PAGE_DATA;
        if (at >= (uint64_t)__text_start && at < (uint64_t)__text_end)
            flags = PAGE_CODE;
        else if (at >= (uint64_t)__rodata_start && at < (uint64_t)__rodata_end)
            flags = PAGE_CONSTANT;
        else if (trap_stack_guard(at))
            continue;
        must_map(at, at - KERNEL_BASE, flags);
    }
}

static bool needs_small_pages(uint64_t start)
{
    uint64_t end = start + LARGE_PAGE;
    uint64_t image_end = page_up((uint64_t)__image_end - KERNEL_BASE);
    if (start < image_end || start < multiboot_modules_end())
        return true;
    for (size_t i = 0; i < memory_region_count(); i++)
        if (memory_region(i)->start <= start && end <= memory_region(i)->end)
            return false;
    return true;
}

/* The kernel's text must not be writable through a second mapping, and assemblies stay as they were
 * handed over. */
static void map_direct(void)
{
    for (size_t i = 0; i < memory_region_count(); i++) {
        uint64_t at = memory_region(i)->start;
        while (at < memory_region(i)->end) {
            if (at % LARGE_PAGE == 0 && !needs_small_pages(at)) {
                uint64_t *entry = walk(DIRECT_MAP_BASE + at, 2, true);
                if (!entry)
                    plat_panic("no memory for the direct map: give the machine more memory");
                *entry = at | PAGE_DATA | PAGE_LARGE;
                at += LARGE_PAGE;
                continue;
            }
            if (!in_kernel_image(at))
                must_map(DIRECT_MAP_BASE + at, at,
                         multiboot_is_module(at) ? PAGE_CONSTANT : PAGE_DATA);
            at += PAGE_SIZE;
        }
    }
}

void paging_init(void)
{
    root = new_table();
    if (root == NO_FRAME)
        plat_panic("no memory for the kernel's page tables");
    map_kernel_image();
    map_direct();
    write_cr3(root);
    g_physical_window = DIRECT_MAP_BASE;
}
