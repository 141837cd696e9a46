/* Physical pages (frames.c), page tables (paging.c) and the address ranges built on them. */
#ifndef CLR_MEMORY_H
#define CLR_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../boot/layout.h"

#define BOOT_MAPPED_BYTES 0x40000000ull     /* boot.S maps the first GiB */
#define DIRECT_MAP_BYTES ((uint64_t)DIRECT_MAP_SIZE)

#define NO_FRAME 0ull                       /* physical page 0 is never handed out */

/* Where physical memory is seen: at 0 on the boot tables, in the direct map afterwards. */
extern uint64_t g_physical_window;
static inline void *physical_to_virtual(uint64_t physical)
{
    return (void *)(g_physical_window + physical);
}
static inline uint64_t direct_to_physical(const void *address)
{
    return (uint64_t)address - g_physical_window;
}

void frames_init(uint64_t first_free);
/* `count` consecutive physical pages, contents undefined; NO_FRAME when there are none. */
uint64_t frames_allocate(size_t count);
void frames_free(uint64_t physical, size_t count);
uint64_t frames_total(void);
uint64_t frames_available(void);

enum page_flags {
    PAGE_PRESENT = 1,
    PAGE_WRITE = 2,
    PAGE_WRITE_THROUGH = 8,
    PAGE_CACHE_DISABLE = 16,
    PAGE_LARGE = 128,
    PAGE_GLOBAL = 256,
};
#define PAGE_NO_EXECUTE (1ull << 63)
#define PAGE_DATA (PAGE_PRESENT | PAGE_WRITE | PAGE_GLOBAL | PAGE_NO_EXECUTE)
#define PAGE_CONSTANT (PAGE_PRESENT | PAGE_GLOBAL | PAGE_NO_EXECUTE)
#define PAGE_CODE (PAGE_PRESENT | PAGE_GLOBAL)
#define PAGE_DEVICE (PAGE_DATA | PAGE_CACHE_DISABLE | PAGE_WRITE_THROUGH)

/* Builds the kernel's own tables and switches to them: the lower half is gone afterwards. */
void paging_init(void);
/* Maps one page; false when there is no memory for a table. */
bool paging_map(uint64_t address, uint64_t physical, uint64_t flags);
/* The physical address behind a mapped one; false when it is not mapped. */
bool paging_translate(uint64_t address, uint64_t *physical);
/* Backs [from, from+size) with zeroed pages wherever it is not mapped yet. */
bool paging_back(uint64_t from, uint64_t size, uint64_t flags);

/* The kernel stack grows page by page down to its end: true when the fault lay in it and is mended. */
bool stack_fault(uint64_t address);
bool code_region_contains(uint64_t address);
void *mmio_map(uint64_t physical, uint64_t size);

#endif
