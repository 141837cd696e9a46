/* Two bump allocators over whole pages: what lives for ever, and one compile's scratch.
 *
 * Sizes come out of assemblies, so requests can fail, and loading or compiling then ends with an
 * error. A few small records cannot fail (the failure's own text is one): a reserve that nothing
 * else may use is kept for them. */
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

#define CHUNK ((size_t)256 * 1024)
#define LARGE_CHUNK ((size_t)2 << 20)   /* a huge page where the platform has them */
#define SMALL_CHUNKS 4                  /* before what lives for ever takes large ones */

static struct bump s_keep, s_arena;
static struct chunk *s_reserve;         /* one chunk of CHUNK bytes */
static bool s_exhausted;                /* the reserve is in use */
static unsigned s_kept_chunks;

static struct chunk *new_chunk(size_t size)
{
    struct chunk *chunk = plat_pages(size);
    if (chunk) {
        chunk->size = size;
        HIDE((uint8_t *)chunk + 16, size - 16);
    }
    return chunk;
}

static void push_chunk(struct bump *b, struct chunk *chunk)
{
    chunk->previous = b->chunk;
    b->chunk = chunk;
    b->used = 16;
}

/* NULL: out of memory. */
static void *bump(struct bump *b, size_t size)
{
    if (size > (size_t)1 << 40)
        return NULL;
    size_t need = align_up(size ? size : 1, 16) + GAP;
    if (!b->chunk || b->used + need > b->chunk->size) {
        struct chunk *chunk = NULL;
        if (b == &s_keep && s_kept_chunks++ >= SMALL_CHUNKS)
            chunk = new_chunk(align_up(need + 16, LARGE_CHUNK));
        if (!chunk)
            chunk = new_chunk(align_up(need + 16, CHUNK));
        if (!chunk)
            return NULL;
        push_chunk(b, chunk);
    }
    void *at = (uint8_t *)b->chunk + b->used;
    b->used += need;
    SHOW(at, size);
    return at;
}

static void out_of_memory(size_t size, const char *where, struct md_error *error)
{
    md_fail(error, "%s: out of memory: the runtime needs %zu more bytes", where, size);
}

void *rt_try_keep(size_t size, const char *where, struct md_error *error)
{
    void *at = s_exhausted ? NULL : bump(&s_keep, size);
    if (!at)
        out_of_memory(size, where, error);
    return at;
}

void *rt_keep(size_t size)
{
    if (!s_reserve && !s_exhausted)
        s_reserve = new_chunk(CHUNK);
    void *at = bump(&s_keep, size);
    if (!at && s_reserve) {
        push_chunk(&s_keep, s_reserve);
        s_reserve = NULL;
        s_exhausted = true;
        at = bump(&s_keep, size);
    }
    if (!at)
        rt_out_of_memory(size, "records of the runtime");
    return at;
}

const char *rt_keep_text(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = rt_keep(size);
    memcpy(copy, text, size);
    return copy;
}

void *rt_arena_raw(size_t size)
{
    return bump(&s_arena, size);
}

/* Arena memory is reused, so it is zeroed here and not by the platform. */
void *rt_arena(size_t size)
{
    void *at = rt_arena_raw(size);
    return at ? memset(at, 0, size) : NULL;
}

void *rt_try_arena(size_t size, const char *where, struct md_error *error)
{
    void *at = rt_arena(size);
    if (!at)
        out_of_memory(size, where, error);
    return at;
}

struct arena_mark rt_arena_mark(void)
{
    return (struct arena_mark){ s_arena.chunk, s_arena.used };
}

static void free_chunk(struct chunk *chunk)
{
    size_t size = chunk->size;
    SHOW(chunk, size);
    plat_pages_free(chunk, size);
}

static void drop(struct bump *b)
{
    struct chunk *chunk = b->chunk;
    b->chunk = chunk->previous;
    free_chunk(chunk);
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
    if (s_reserve)
        free_chunk(s_reserve);
    s_reserve = NULL;
    s_exhausted = false;
    s_kept_chunks = 0;
    s_keep.used = s_arena.used = 0;
}
