/* Store trace: one record per store, in a ring that the host empties while the guest runs. */
#include "clrtrace.h"
#include "x86.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

/* One storing instruction of one translated block. */
struct site {
    uint64_t pc;
    uint64_t generation;        /* of the ranges that `wanted` was found with */
    uint32_t after;             /* instructions of the block from this one on */
    qemu_plugin_meminfo_t info; /* of its last store, and what QEMU said of that: */
    uint64_t place;             /* of a compact record, but for the vCPU */
    uint8_t size;               /* bytes; 0: nothing stored yet */
    bool wanted;
    struct site *next;
};

static pthread_mutex_t s_lock = PTHREAD_MUTEX_INITIALIZER;     /* sites; the ring of many vCPUs */

/* Blocks are translated again and again; their sites are kept and found again. */
#define BUCKETS 65536
static struct site *s_sites[BUCKETS];

static struct site *site_for(uint64_t pc, uint32_t after)
{
    pthread_mutex_lock(&s_lock);
    struct site **bucket = &s_sites[(pc * 0x9E3779B97F4A7C15ull + after) >> 48];
    struct site *site = *bucket;
    while (site && (site->pc != pc || site->after != after))
        site = site->next;
    if (!site) {
        site = keep(sizeof *site);
        *site = (struct site){.pc = pc, .after = after, .generation = UINT64_MAX, .next = *bucket};
        *bucket = site;
    }
    pthread_mutex_unlock(&s_lock);
    return site;
}

/* The ranges changed since this site last ran. A callback that was put in by translation stays: the
 * decision is made here, so that a change of ranges counts at once and needs no new translation. */
static void decide(struct site *site)
{
    for (int tries = 0; tries < 1000000; tries++) {
        uint64_t generation = __atomic_load_n(&g_control->generation, __ATOMIC_ACQUIRE);
        if (generation & 1)
            continue;
        bool wanted = g_control->no_limit;
        uint32_t count = g_control->count < RANGES_MAX ? g_control->count : RANGES_MAX;
        for (uint32_t i = 0; i < count && !wanted; i++)
            wanted = site->pc >= g_control->ranges[i].from && site->pc < g_control->ranges[i].to;
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (__atomic_load_n(&g_control->generation, __ATOMIC_RELAXED) == generation) {
            site->wanted = wanted;
            site->generation = generation;
            return;
        }
    }
    site->wanted = true;    /* the writer is gone in mid-change: rather a record too many */
}

static bool reader_gone(void)
{
    if (__atomic_load_n(&g_shared->reader, __ATOMIC_ACQUIRE) == READER_CLOSED)
        return true;
    return g_shared->reader_pid && kill((pid_t)g_shared->reader_pid, 0) && errno == ESRCH;
}

/* Waits until the ring has room for two records. False: count what is lost instead. */
static bool wait_for_room(uint64_t head)
{
    if (!g_config.block_when_full)
        return false;
    g_shared->waits++;
    struct timespec pause = {0, 20000};
    for (unsigned turn = 0;; turn++) {
        if (head - __atomic_load_n(&g_shared->tail, __ATOMIC_ACQUIRE) + 2 <= g_shared->capacity)
            return true;
        if (turn % 1000 == 0 && reader_gone()) {
            complain("the reader of the trace is gone; the guest goes on and stores are only "
                     "counted as lost");
            g_config.block_when_full = false;
            return false;
        }
        nanosleep(&pause, NULL);
    }
}

struct how {
    bool values, counted, locked;
};

static inline uint64_t make_meta(unsigned vcpu, const struct site *site, unsigned flags,
                                 struct how how)
{
    uint64_t meta = site->size | (uint64_t)(vcpu & 0xFF) << 8 | (uint64_t)flags << 16;
    return how.counted ? meta | (api_clock(vcpu) - site->after) << 24 : meta;
}

static inline uint64_t place_of(const struct site *site)
{
    return (site->pc & ((1ull << 48) - 1)) | (uint64_t)site->size << 48;
}

static inline void write_record(uint64_t at, const struct site *site, uint64_t address,
                                uint64_t value, uint64_t meta, struct how how)
{
    if (how.values || how.counted)
        g_ring[at] = (struct record){site->pc, address, value, meta};
    else
        g_compact_ring[at] = (struct compact){
            site->place | (meta >> 8 & 0xFF) << 56
                | (meta & (uint64_t)RECORD_UPPER_HALF << 16 ? 1ull << 55 : 0)
                | (meta & (uint64_t)RECORD_IS_RETURN << 16 ? 1ull << 54 : 0), address};
}

/* Waits for room, or counts what is lost. The high half is of a site of 16 bytes. */
static void append(const struct site *site, uint64_t vaddr, uint64_t value, uint64_t high,
                   uint64_t meta, struct how how)
{
    if (how.locked)
        pthread_mutex_lock(&s_lock);
    uint64_t head = g_shared->head, mask = g_shared->capacity - 1;
    if (head - __atomic_load_n(&g_shared->tail, __ATOMIC_ACQUIRE) + 2 > g_shared->capacity
        && !wait_for_room(head)) {
        g_shared->lost++;
    } else {
        write_record(head & mask, site, vaddr, value, meta, how);
        if (site->size == 16) {
            head++;
            write_record(head & mask, site, vaddr + 8, high,
                         meta | (uint64_t)RECORD_UPPER_HALF << 16, how);
        }
        __atomic_store_n(&g_shared->head, head + 1, __ATOMIC_RELEASE);
    }
    if (how.locked)
        pthread_mutex_unlock(&s_lock);
}

/* Everything that may be: first stores of a site, changed ranges, a full ring, 16 bytes, many vCPUs. */
static __attribute__((noinline)) void put_any(unsigned vcpu, qemu_plugin_meminfo_t info,
                                              uint64_t vaddr, struct site *site, struct how how)
{
    if (!qemu_plugin_mem_is_store(info))    /* QEMU 7.2 delivers loads too */
        return;
    if (site->generation != __atomic_load_n(&g_control->generation, __ATOMIC_RELAXED))
        decide(site);
    if (!site->wanted)
        return;
    unsigned size = 1u << qemu_plugin_mem_size_shift(info);
    site->size = (uint8_t)size;
    site->info = info;
    site->place = place_of(site);
    uint64_t value = 0, high = 0;
    unsigned flags = how.values ? api_value(info, vaddr, size, &value, &high) : 0;
    uint64_t meta = make_meta(vcpu, site, flags, how);
    append(site, vaddr, value, high, meta, how);
}

/* The usual case calls nothing (but for the value), so that it needs to save no registers. */
static inline __attribute__((always_inline)) void
put(unsigned vcpu, qemu_plugin_meminfo_t info, uint64_t vaddr, struct site *site, struct how how)
{
    struct shared *shared = g_shared;
    uint64_t head = shared->head;
    if (unlikely(info != site->info || site->size - 1u >= 8
                 || site->generation != __atomic_load_n(&g_control->generation, __ATOMIC_RELAXED)
                 || head - __atomic_load_n(&shared->tail, __ATOMIC_ACQUIRE) + 2
                    > shared->capacity)) {
        put_any(vcpu, info, vaddr, site, how);
        return;
    }
    if (!site->wanted)
        return;
    uint64_t value = 0, high = 0;
    unsigned flags = how.values ? api_value(info, vaddr, site->size, &value, &high) : 0;
    write_record(head & (shared->capacity - 1), site, vaddr, value,
                 make_meta(vcpu, site, flags, how), how);
    __atomic_store_n(&shared->head, head + 1, __ATOMIC_RELEASE);
}

/* Decided once, at translation, instead of at every store. */
#define VARIANT(name, values, counted)                                                            \
    static void name(unsigned vcpu, qemu_plugin_meminfo_t info, uint64_t vaddr, void *site)       \
    {                                                                                             \
        put(vcpu, info, vaddr, site, (struct how){values, counted, false});                       \
    }
VARIANT(store_plain, false, false)
VARIANT(store_counted, false, true)
VARIANT(store_valued, true, false)
VARIANT(store_valued_counted, true, true)
static void store_shared(unsigned vcpu, qemu_plugin_meminfo_t info, uint64_t vaddr, void *site)
{
    put_any(vcpu, info, vaddr, site,
            (struct how){g_config.values, g_config.count != COUNT_OFF, true});
}

static qp_vcpu_mem_cb variant(void)
{
    if (g_config.vcpus > 1)
        return store_shared;
    if (g_config.count == COUNT_OFF)
        return g_config.values ? store_valued : store_plain;
    return g_config.values ? store_valued_counted : store_counted;
}

static void return_loads(unsigned vcpu, qemu_plugin_meminfo_t info, uint64_t vaddr, void *userdata)
{
    struct site *site = userdata;
    struct how how = {g_config.values, g_config.count != COUNT_OFF, g_config.vcpus > 1};
    if (qemu_plugin_mem_is_store(info))
        return;
    if (site->generation != __atomic_load_n(&g_control->generation, __ATOMIC_RELAXED))
        decide(site);
    site->size = 8;
    site->place = place_of(site);
    if (site->wanted)
        append(site, vaddr, 0, 0, make_meta(vcpu, site, RECORD_IS_RETURN, how), how);
}

static bool is_return(const struct qemu_plugin_insn *insn, uint64_t pc)
{
    uint8_t bytes[15];
    return g_config.returns && in_scope(pc)
           && x86_facts(bytes, api_insn_bytes(insn, bytes)).kind == INSN_RET;
}

/* Whether an instruction's stores are among those that were asked for. */
static bool is_wanted(const struct qemu_plugin_insn *insn, uint64_t pc)
{
    bool every = in_also(pc);
    if (!every && !in_scope(pc))
        return false;
    uint8_t bytes[15];
    struct insn_facts facts = x86_facts(bytes, api_insn_bytes(insn, bytes));
    if (facts.never_stores || every)
        return !facts.never_stores;
    switch (g_config.frame) {
    case FRAME_KEEP: return true;
    case FRAME_SKIP: return !facts.frame_store;
    case FRAME_ENTRIES: return !facts.frame_store || facts.pushes_rbp;
    case FRAME_CALLS: return facts.kind == INSN_CALL || facts.pushes_rbp;
    }
    return true;
}

/* Most blocks lie outside of all that is asked for: their instructions need not be looked at. */
static bool block_matters(const struct qemu_plugin_tb *tb, size_t count)
{
    struct qemu_plugin_insn *last = qemu_plugin_tb_get_insn(tb, count - 1);
    struct range block = {qemu_plugin_tb_vaddr(tb), qemu_plugin_insn_vaddr(last) + 1};
    return touches_scope(block);
}

void stores_translate(struct qemu_plugin_tb *tb)
{
    size_t count = qemu_plugin_tb_n_insns(tb);
    if (!block_matters(tb, count))
        return;
    for (size_t i = 0; i < count; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        uint64_t pc = qemu_plugin_insn_vaddr(insn);
        /* With exact counting the instruction itself is counted before it stores. */
        uint32_t after = g_config.count == COUNT_EXACT ? 1 : (uint32_t)(count - i);
        if (is_return(insn, pc))
            qemu_plugin_register_vcpu_mem_cb(insn, return_loads, QP_CB_NO_REGS, QP_MEM_RW,
                                             site_for(pc, after));
        if (!is_wanted(insn, pc))
            continue;
        qemu_plugin_register_vcpu_mem_cb(insn, variant(), QP_CB_NO_REGS, QP_MEM_W,
                                         site_for(pc, after));
    }
}
