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
#define LEFT_BY_HEAP (1ul << 20)        /* for code, stacks and records */

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
    if (frames_available() < size + LEFT_BY_HEAP)
        return false;
    return paging_back(start, size, PAGE_DATA);
}

/* ---- code ---- */

struct plat_code_region plat_code_region(void)
{
    return (struct plat_code_region){(uint8_t *)CODE_RX_BASE, (uint8_t *)CODE_RW_BASE, CODE_SIZE};
}

bool code_region_contains(uint64_t address)
{
    return address - CODE_RX_BASE < CODE_SIZE;
}

/* Filled with int3, so that a jump into nowhere stops at once. The writable mapping comes first: a
 * page that the second one lacks is found there when it is asked for again. */
static bool back_code(uint64_t offset)
{
    uint64_t frame;
    if (paging_translate(CODE_RX_BASE + offset, &frame))
        return true;
    if (!paging_translate(CODE_RW_BASE + offset, &frame)) {
        frame = frames_allocate(1);
        if (frame == NO_FRAME)
            return false;
        memset(physical_to_virtual(frame), 0xCC, PAGE_SIZE);
        if (!paging_map(CODE_RW_BASE + offset, frame, PAGE_DATA)) {
            frames_free(frame, 1);
            return false;
        }
    }
    return paging_map(CODE_RX_BASE + offset, frame, PAGE_CODE);
}

bool plat_code_commit(uint8_t *rw, size_t size)
{
    uint64_t start = (uint64_t)rw - CODE_RW_BASE;
    if (start >= CODE_SIZE || size > CODE_SIZE - start)
        plat_panic("code commit of %zu bytes at %p lies outside the region", size, (void *)rw);
    for (uint64_t at = page_down(start); at < start + size; at += PAGE_SIZE)
        if (!back_code(at))
            return false;
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
        plat_panic("no memory left for the stack, which is %lu bytes deep: give the machine more "
                   "memory", low + STACK_BYTES - address);
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
