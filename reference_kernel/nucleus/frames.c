/* Physical pages: a bitmap, one bit a page, set when it is taken. Search starts behind the last
 * success, so that the usual allocation is found at once. */
#include "memory.h"
#include "nucleus.h"

static uint64_t bitmap_physical;
static uint64_t page_count;         /* covered by the bitmap, holes included */
static uint64_t next;
static uint64_t available, total;

static uint64_t *bitmap(void)
{
    return physical_to_virtual(bitmap_physical);
}

static bool taken(uint64_t page)
{
    return bitmap()[page / 64] >> (page % 64) & 1;
}

static void set_taken(uint64_t page, size_t count, bool value)
{
    uint64_t *bits = bitmap();
    for (; count; page++, count--) {
        if (value)
            bits[page / 64] |= 1ull << (page % 64);
        else
            bits[page / 64] &= ~(1ull << (page % 64));
    }
}

/* Everything below first_free (BIOS, kernel, modules) is never handed out. The bitmap itself lies
 * there, in the first region that has room. */
void frames_init(uint64_t first_free)
{
    for (size_t i = 0; i < memory_region_count(); i++)
        if (memory_region(i)->end / PAGE_SIZE > page_count)
            page_count = memory_region(i)->end / PAGE_SIZE;
    uint64_t size = page_up((page_count + 63) / 64 * 8);

    for (size_t i = 0; i < memory_region_count() && !bitmap_physical; i++) {
        const struct memory_region *r = memory_region(i);
        uint64_t start = r->start > first_free ? r->start : first_free;
        if (start + size <= r->end && start + size <= BOOT_MAPPED_BYTES)
            bitmap_physical = start;
    }
    if (!bitmap_physical)
        plat_panic("no room for the page bitmap of %lu bytes behind physical 0x%lx: give the "
                   "machine more memory", size, first_free);
    memset(bitmap(), 0xFF, size);
    for (size_t i = 0; i < memory_region_count(); i++) {
        const struct memory_region *r = memory_region(i);
        uint64_t start = r->start > first_free ? r->start : first_free;
        if (start == bitmap_physical)
            start += size;
        if (start >= r->end)
            continue;
        uint64_t page = start / PAGE_SIZE, end = r->end / PAGE_SIZE;
        available += end - page;
        for (; page < end && page % 64; page++)
            set_taken(page, 1, false);
        for (; page + 64 <= end; page += 64)
            bitmap()[page / 64] = 0;
        set_taken(page, end - page, false);
    }
    total = available;
    next = first_free / PAGE_SIZE;
}

static uint64_t search(uint64_t from, uint64_t to, size_t count)
{
    size_t run = 0;
    for (uint64_t page = from; page < to; page++) {
        if (page % 64 == 0 && bitmap()[page / 64] == UINT64_MAX) {
            page += 63;
            run = 0;
            continue;
        }
        run = taken(page) ? 0 : run + 1;
        if (run == count)
            return page + 1 - count;
    }
    return 0;
}

uint64_t frames_allocate(size_t count)
{
    if (!count || count > available)
        return NO_FRAME;
    uint64_t page = search(next, page_count, count);
    if (!page)
        page = search(0, page_count, count);
    if (!page)
        return NO_FRAME;
    set_taken(page, count, true);
    next = page + count;
    available -= count;
    return page * PAGE_SIZE;
}

void frames_free(uint64_t physical, size_t count)
{
    uint64_t page = physical / PAGE_SIZE;
    for (size_t i = 0; i < count; i++)
        if (page + i >= page_count || !taken(page + i))
            plat_panic("physical page 0x%lx is freed but not allocated", (page + i) * PAGE_SIZE);
    set_taken(page, count, false);
    available += count;
    if (page < next)
        next = page;
}

uint64_t frames_total(void) { return total * PAGE_SIZE; }
uint64_t frames_available(void) { return available * PAGE_SIZE; }
