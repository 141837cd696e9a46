/* clrtrace: a TCG plugin that tells what guest code stores, executes and calls. Shared by its parts. */
#ifndef CLRTRACE_H
#define CLRTRACE_H

#include "qemu_api.h"
#include "shared.h"

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define MAX_VCPUS 256
#define MAX_SCOPES 64

enum mode { MODE_STORES, MODE_COVERAGE, MODE_PROFILE };
enum count_mode { COUNT_OFF, COUNT_BLOCK, COUNT_EXACT };
/* Which stores of the stack's own are recorded: those based on RSP or RBP, pushes and calls.
 * FRAME_ENTRIES: of them only a push of RBP. FRAME_CALLS: that and calls, and no other store at all. */
enum frame_mode { FRAME_KEEP, FRAME_SKIP, FRAME_ENTRIES, FRAME_CALLS };

struct config {
    enum mode mode;
    struct range scopes[MAX_SCOPES];    /* none: the whole guest */
    unsigned scope_count;
    struct range also[MAX_SCOPES];      /* stores: record all of this code's, whatever `frame` says */
    unsigned also_count;
    bool values;
    bool block_when_full;               /* else count what is lost */
    enum frame_mode frame;
    bool returns;               /* stores: also record where returns of the scope load from */
    enum count_mode count;
    const char *shared, *ram;   /* paths */
    struct range alloc, heap;           /* profile: the allocator's code, and where objects lie */
    int api;
    unsigned vcpus;
};

extern struct config g_config;
extern struct shared *g_shared;
extern struct control *g_control;
extern struct record *g_ring;
extern struct compact *g_compact_ring;      /* the same memory */
extern struct entry *g_table;
extern const uint8_t *g_ram;
extern uint64_t g_ram_size;
/* Where QEMU itself maps guest RAM; the size is 0 while that is not known. */
extern uint64_t g_qemu_ram, g_qemu_ram_size;

/* Says one sentence on stderr, with the plugin's name in front; returns false. */
bool complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* options.c */
bool options_parse(int argc, char **argv);

/* mapping.c: the shared file and guest RAM; complains and returns false. */
bool mapping_open(void);
/* Looks for QEMU's own mapping of guest RAM, the first time that it is called. */
void mapping_find_ram(void);

/* api.c: what differs between versions of the API. */
void api_on_translation(qemu_plugin_id_t id, void (*callback)(struct qemu_plugin_tb *tb));
void api_at_exit(qemu_plugin_id_t id, void (*callback)(void));
/* Up to 15 bytes of the instruction; returns how many. */
size_t api_insn_bytes(const struct qemu_plugin_insn *insn, uint8_t bytes[15]);
/* Adds one to *counter whenever the instruction begins. */
void api_count_insn(struct qemu_plugin_insn *insn, uint64_t *counter);
/* The count of executed instructions: set up, instrument a block, read. */
void api_clock_init(void);
void api_clock_block(struct qemu_plugin_tb *tb);
uint64_t api_clock(unsigned vcpu);
/* The 8 (or fewer) bytes at `vaddr` after a memory access; *high is bytes 8-15 of a 16-byte one.
 * Returns record flags: 0 when there is no value to be had. */
unsigned api_value(qemu_plugin_meminfo_t info, uint64_t vaddr, unsigned size, uint64_t *value,
                   uint64_t *high);

/* Whether store records are of the compact kind. */
static inline bool is_compact(void)
{
    return g_config.mode == MODE_STORES && !g_config.values && g_config.count == COUNT_OFF;
}

bool in_scope(uint64_t pc);
bool in_also(uint64_t pc);
/* Whether any code of the span may be in scope. */
bool touches_scope(struct range span);

/* The parts: each instruments one block at its translation. */
void stores_translate(struct qemu_plugin_tb *tb);
void coverage_translate(struct qemu_plugin_tb *tb);
void profile_translate(struct qemu_plugin_tb *tb);
void profile_init(void);

/* table.c: entries in the shared file, found by their key. NULL when the file is full, which it counts.
 * Safe from several vCPU threads. */
struct entry *table_get(enum entry_kind kind, uint64_t a, uint64_t b, uint32_t extra);
static inline uint64_t table_index(const struct entry *entry) { return (uint64_t)(entry - g_table); }
static inline void table_count(struct entry *entry)
{
    if (likely(g_config.vcpus == 1))
        entry->count++;
    else
        __atomic_fetch_add(&entry->count, 1, __ATOMIC_RELAXED);
}

/* memory for the plugin's lifetime; aborts with a sentence when there is none */
void *keep(size_t size);

#endif
