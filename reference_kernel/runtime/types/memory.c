/* Two bump allocators over whole pages: what lives for ever, and one compile's scratch. */
#include "types.h"

#ifdef __has_feature                    /* clang's way to say it */
#if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define HIDE(p, n) __asan_poison_memory_region(p, n)
#define SHOW(p, n) __asan_unpoison_memory_region(p, n)
#define GAP 16                          /* a poisoned gap behind each block finds overruns */
#else
#define HIDE(p, n) ((void)(p), (void)(n))
#define SHOW(p, n) ((void)(p), (void)(n))
#define GAP 0
#endif

struct chunk {
    struct chunk *previous;
    size_t size;                        /* all of it, this header too */
};

struct bump {
    struct chunk *chunk;                /* newest */
    size_t used;
};

static struct bump s_keep, s_arena;

static void *bump(struct bump *b, size_t size, size_t chunk_size)
{
    if (size > (size_t)1 << 40)
        plat_panic("a request for %zu bytes of runtime memory is not sane", size);
    size_t need = align_up(size ? size : 1, 16) + GAP;
    if (!b->chunk || b->used + need > b->chunk->size) {
        size_t whole = align_up(need + 16, chunk_size);
        struct chunk *chunk = plat_pages(whole);
        if (!chunk)
            plat_panic("out of memory: the runtime needs %zu more bytes; give the machine more",
                       size);
        chunk->previous = b->chunk;
        chunk->size = whole;
        HIDE((uint8_t *)chunk + 16, whole - 16);
        b->chunk = chunk;
        b->used = 16;
    }
    void *at = (uint8_t *)b->chunk + b->used;
    b->used += need;
    SHOW(at, size);
    return at;
}

void *rt_keep(size_t size)
{
    return bump(&s_keep, size, 256 * 1024);
}

const char *rt_keep_text(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = rt_keep(size);
    memcpy(copy, text, size);
    return copy;
}

/* Arena memory is reused, so it is zeroed here and not by the platform. */
void *rt_arena(size_t size)
{
    void *at = bump(&s_arena, size, 256 * 1024);
    memset(at, 0, size);
    return at;
}

struct arena_mark rt_arena_mark(void)
{
    return (struct arena_mark){ s_arena.chunk, s_arena.used };
}

static void drop(struct bump *b)
{
    struct chunk *chunk = b->chunk;
    b->chunk = chunk->previous;
    size_t size = chunk->size;
    SHOW(chunk, size);
    plat_pages_free(chunk, size);
}

/* The first chunk stays for the next compile. */
void rt_arena_release(struct arena_mark mark)
{
    while (s_arena.chunk && s_arena.chunk != mark.chunk && s_arena.chunk->previous)
        drop(&s_arena);
    if (s_arena.chunk) {
        s_arena.used = s_arena.chunk == mark.chunk ? mark.used : 16;
        HIDE((uint8_t *)s_arena.chunk + s_arena.used, s_arena.chunk->size - s_arena.used);
    }
}

void rt_memory_reset(void)
{
    while (s_keep.chunk)
        drop(&s_keep);
    while (s_arena.chunk)
        drop(&s_arena);
    s_keep.used = s_arena.used = 0;
}
