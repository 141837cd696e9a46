/* Counters in the shared file, appended as they are needed and found by kind and key. */
#include "clrtrace.h"

#include <pthread.h>
#include <stdlib.h>

static pthread_mutex_t s_lock = PTHREAD_MUTEX_INITIALIZER;
static uint32_t *s_index;       /* of an entry plus one; 0: free. Open addressing. */
static uint64_t s_slots;        /* a power of two */

static uint64_t hash(uint32_t kind, uint64_t a, uint64_t b)
{
    uint64_t h = (a ^ (uint64_t)kind << 56) * 0x9E3779B97F4A7C15ull;
    h ^= h >> 29;
    h = (h + b) * 0xBF58476D1CE4E5B9ull;
    return h ^ h >> 32;
}

static void insert(uint64_t entry)
{
    const struct entry *e = &g_table[entry];
    uint64_t at = hash(e->kind, e->a, e->b) & (s_slots - 1);
    while (s_index[at])
        at = (at + 1) & (s_slots - 1);
    s_index[at] = (uint32_t)entry + 1;
}

static void grow(void)
{
    free(s_index);
    s_slots = s_slots ? s_slots * 2 : 65536;
    s_index = keep(s_slots * sizeof *s_index);
    for (uint64_t i = 0; i < g_shared->head; i++)
        insert(i);
}

struct entry *table_get(enum entry_kind kind, uint64_t a, uint64_t b, uint32_t extra)
{
    struct entry *found = NULL;
    pthread_mutex_lock(&s_lock);
    if ((g_shared->head + 1) * 2 > s_slots)
        grow();
    uint64_t at = hash(kind, a, b) & (s_slots - 1);
    for (; s_index[at]; at = (at + 1) & (s_slots - 1)) {
        struct entry *e = &g_table[s_index[at] - 1];
        if (e->kind == (uint32_t)kind && e->a == a && e->b == b && e->extra == extra) {
            found = e;
            break;
        }
    }
    if (!found && g_shared->head < g_shared->capacity && g_shared->head < UINT32_MAX - 1) {
        found = &g_table[g_shared->head];
        *found = (struct entry){.a = a, .b = b, .kind = (uint32_t)kind, .extra = extra};
        s_index[at] = (uint32_t)g_shared->head + 1;
        __atomic_store_n(&g_shared->head, g_shared->head + 1, __ATOMIC_RELEASE);
    } else if (!found) {
        g_shared->lost++;
    }
    pthread_mutex_unlock(&s_lock);
    return found;
}
