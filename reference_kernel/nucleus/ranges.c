/* The memory that platform.h promises: whole pages, the managed heap, the twice-mapped code region,
 * the stack, device registers. */
#include "memory.h"
#include "nucleus.h"

/* ---- pages: straight out of the direct map ---- */

void *plat_pages(size_t size)
{
    if (!size || size > frames_total())
        return NULL;
    uint64_t frame = frames_allocate(page_up(size) / PAGE_SIZE);
    if (frame == NO_FRAME)
        return NULL;
    return memset(physical_to_virtual(frame), 0, page_up(size));
}

void plat_pages_free(void *base, size_t size)
{
    frames_free(direct_to_physical(base), page_up(size) / PAGE_SIZE);
}

/* ---- managed heap ---- */

struct plat_range plat_heap_reserve(void)
{
    return (struct plat_range){(uint8_t *)HEAP_BASE, frames_total()};
}

bool plat_heap_commit(uint8_t *from, size_t size)
{
    uint64_t start = (uint64_t)from;
    if (start < HEAP_BASE || size > frames_total() || start + size > HEAP_BASE + frames_total())
        plat_panic("heap commit of %zu bytes at %p lies outside the reserved range", size,
                   (void *)from);
    return paging_back(start, size, PAGE_DATA);
}

/* ---- code ----
 * Backed piece by piece at the first write through the alias: a boot that compiles little pays little.
 * Fresh pages are filled with int3, so that a jump into nowhere stops at once. */
#define CODE_PIECE 0x10000ull

struct plat_code_region plat_code_region(void)
{
    return (struct plat_code_region){(uint8_t *)CODE_RX_BASE, (uint8_t *)CODE_RW_BASE, CODE_SIZE};
}

bool code_region_contains(uint64_t address)
{
    return address - CODE_RX_BASE < CODE_SIZE;
}

bool code_region_fault(uint64_t address)
{
    if (address - CODE_RW_BASE >= CODE_SIZE)
        return false;
    uint64_t offset = (address - CODE_RW_BASE) & ~(CODE_PIECE - 1);
    for (uint64_t end = offset + CODE_PIECE; offset < end; offset += PAGE_SIZE) {
        uint64_t frame = frames_allocate(1);
        if (frame == NO_FRAME)
            plat_panic("no memory left for generated code");
        memset(physical_to_virtual(frame), 0xCC, PAGE_SIZE);
        if (!paging_map(CODE_RX_BASE + offset, frame, PAGE_CODE)
            || !paging_map(CODE_RW_BASE + offset, frame, PAGE_DATA))
            plat_panic("no memory left for the page tables of generated code");
    }
    return true;
}

/* ---- stack ---- */

#define STACK_BYTES (8ul << 20)     /* as much as a Linux process has: deep recursion works alike */
#define STACK_PIECE 0x10000ul

struct plat_range plat_current_stack(void)
{
    /* The first page of the range is never mapped; above the stack nothing is either. */
    return (struct plat_range){(uint8_t *)(STACKS_BASE + PAGE_SIZE), STACK_BYTES};
}

bool stack_fault(uint64_t address)
{
    uint64_t low = STACKS_BASE + PAGE_SIZE;
    if (address - low >= STACK_BYTES)
        return false;
    uint64_t piece = low + ((address - low) & ~(STACK_PIECE - 1));
    if (!paging_back(piece, STACK_PIECE, PAGE_DATA))
        plat_panic("no memory left for the stack, which is %lu bytes deep",
                   low + STACK_BYTES - address);
    return true;
}

/* ---- device registers ---- */

static uint64_t mmio_used;

void *mmio_map(uint64_t physical, uint64_t size)
{
    uint64_t start = page_down(physical), end = page_up(physical + size);
    if (!size || end <= start || mmio_used + (end - start) > MMIO_SIZE)
        return NULL;
    uint64_t base = MMIO_BASE + mmio_used;
    for (uint64_t at = start; at < end; at += PAGE_SIZE)
        if (!paging_map(base + (at - start), at, PAGE_DEVICE))
            return NULL;
    mmio_used += end - start + PAGE_SIZE;   /* an unmapped page behind each */
    return (void *)(base + (physical - start));
}
