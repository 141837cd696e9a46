/* The managed heap: a bump allocator over one range, block behind block, so that a debugger can
 * walk it. Every block: 8 bytes of header, then BaseSize + ComponentSize * length rounded up to
 * 8. */
#include "exec.h"

#define COMMIT_STEP (256 * 1024)
#define LEFT_FOR_EXCEPTIONS 4096        /* at the end of what is committed */

struct heap_segment *g_heap_segments;
struct handle_block *g_handle_roots;
struct method_table *g_free_object_mt;

static struct heap_segment s_segment;

void rt_heap_init(void)
{
    struct plat_range range = plat_heap_reserve();
    s_segment = (struct heap_segment){
        .start = range.base, .allocated = range.base, .committed = range.base,
        .reserved = range.base + range.size,
    };
    g_heap_segments = &s_segment;

    /* What a free block will look like: an array of bytes that no type owns. */
    struct method_table *mt = rt_keep(sizeof *mt + sizeof(void *));
    mt->component_size = 1;
    mt->flags = MT_KIND_FREE | MT_HAS_COMPONENT_SIZE;
    mt->base_size = 16;
    g_free_object_mt = mt;
}

void rt_heap_reset(void)
{
    g_heap_segments = NULL;
    g_handle_roots = NULL;
    g_free_object_mt = NULL;
    memset(&s_segment, 0, sizeof s_segment);
}

uint64_t rt_heap_used(void)
{
    return (uint64_t)(s_segment.allocated - s_segment.start);
}

static bool commit_to(uint8_t *end)
{
    if (end <= s_segment.committed)
        return true;
    uint8_t *to = s_segment.start + align_up((uint64_t)(end - s_segment.start), COMMIT_STEP);
    if (to > s_segment.reserved)
        to = s_segment.reserved;
    if (!plat_heap_commit(s_segment.committed, (size_t)(to - s_segment.committed)))
        return false;
    s_segment.committed = to;
    return true;
}

static bool make_room(uint8_t *at, uint64_t block)
{
    uint64_t needed = block + (rt_is_throwing() ? 0 : LEFT_FOR_EXCEPTIONS);
    return needed <= (uint64_t)(s_segment.reserved - at) && commit_to(at + needed);
}

struct rt_object *rt_alloc(struct method_table *mt, uint32_t length)
{
    uint64_t size = mt->base_size + (uint64_t)length * mt->component_size;
    uint64_t block = 8 + align_up(size, 8);
    uint8_t *at = s_segment.allocated;
    if (block + LEFT_FOR_EXCEPTIONS > (uint64_t)(s_segment.committed - at) && !make_room(at, block))
        rt_throw_system("OutOfMemoryException");
    struct rt_object *object = (struct rt_object *)(at + sizeof(struct object_header));
    object->mt = mt;
    if (length)
        ((struct rt_array *)object)->length = length;
    __atomic_store_n(&s_segment.allocated, at + block, __ATOMIC_RELEASE);
    return object;
}

struct rt_object *rt_new(struct method_table *mt)
{
    return rt_alloc(mt, 0);
}

struct rt_array *rt_new_array(struct method_table *mt, int64_t length)
{
    if (length < 0)
        rt_throw_system("OverflowException");
    if (length > MAX_ARRAY_LENGTH)
        rt_throw_system("OutOfMemoryException");
    return (struct rt_array *)rt_alloc(mt, (uint32_t)length);
}

uint64_t rt_object_size(const struct rt_object *object)
{
    const struct method_table *mt = object->mt;
    if (!(mt->flags & MT_HAS_COMPONENT_SIZE))
        return mt->base_size;
    return mt->base_size + (uint64_t)((const struct rt_array *)object)->length * mt->component_size;
}

struct rt_object **rt_handle(struct rt_object *object)
{
    struct handle_block *block = g_handle_roots;
    if (!block || block->count == block->capacity) {
        block = rt_keep(sizeof *block);
        block->capacity = HANDLE_BLOCK_CAPACITY;
        block->next = g_handle_roots;
        __atomic_store_n(&g_handle_roots, block, __ATOMIC_RELEASE);
    }
    struct rt_object **cell = &block->cells[block->count];
    *cell = object;
    __atomic_store_n(&block->count, block->count + 1, __ATOMIC_RELEASE);
    return cell;
}
