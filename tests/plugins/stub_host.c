/* A QEMU in miniature: exports the plugin functions of one API version (-DAPI=1..7), loads the plugin as
 * QEMU does, and "runs" a guest of four blocks twice round. Which functions exist in which version, and
 * how they call back, is QEMU's history; see qemu_scripts/plugins/qemu_api.h.
 *
 *   stub_host PLUGIN RAMFILE OPTION...      status 0; 2 and a sentence when the plugin is refused */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default"), used))
#define MIN_VERSION (API == 1 ? 0 : API == 7 ? 7 : 2)
#define RAM_SIZE 0x10000
#define RAM_BASE 0x400000       /* guest virtual address of RAM's first byte */

/* The only thing that tells 6 from 7 before QEMU says its version. */
#if API == 7
EXPORT const char release_text[] = "QEMU emulator version 11.1.0\n";
#elif API == 6
EXPORT const char release_text[] = "QEMU emulator version 11.0.2 (Debian)\n";
#endif

typedef void (*udata_cb)(unsigned, void *);
typedef void (*mem_cb)(unsigned, uint32_t, uint64_t, void *);
struct score {
    uint64_t cells[4];
};
typedef struct {
    struct score *score;
    size_t offset;
} qemu_plugin_u64;
struct op {
    udata_cb callback;
    void *userdata;
    uint64_t *counter, add;
};
struct insn {
    uint64_t vaddr;
    uint8_t bytes[8];
    size_t size;
    bool stores, loads;
    unsigned shift;
    uint64_t address;
    struct op ops[4];
    unsigned op_count;
    struct {
        mem_cb callback;
        int rw;
        void *userdata;
    } mems[4];
    unsigned mem_count;
};
struct tb {
    struct insn *insns;
    size_t count;
    struct op ops[4];
    unsigned op_count;
};

static uint8_t *s_ram;
static uint64_t s_value[2];

/* ---- what every version exports ---- */

#if API == 7
static void (*s_translate)(struct tb *, void *);
static void (*s_exit)(void *);
static void *s_translate_data, *s_exit_data;
EXPORT void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, void (*cb)(struct tb *, void *), void *u)
{
    (void)id;
    s_translate = cb;
    s_translate_data = u;
}
EXPORT void qemu_plugin_register_atexit_cb(uint64_t id, void (*cb)(void *), void *u)
{
    (void)id;
    s_exit = cb;
    s_exit_data = u;
}
static void translate(struct tb *tb) { s_translate(tb, s_translate_data); }
static void end(void) { s_exit(s_exit_data); }
#else
static void (*s_translate)(uint64_t, struct tb *);
static void (*s_exit)(uint64_t, void *);
EXPORT void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, void (*cb)(uint64_t, struct tb *))
{
    (void)id;
    s_translate = cb;
}
EXPORT void qemu_plugin_register_atexit_cb(uint64_t id, void (*cb)(uint64_t, void *), void *u)
{
    (void)id;
    (void)u;
    s_exit = cb;
}
static void translate(struct tb *tb) { s_translate(77, tb); }
static void end(void) { s_exit(77, NULL); }
#endif

static void add_op(struct op *ops, unsigned *count, struct op op)
{
    if (*count == 4)
        abort();
    ops[(*count)++] = op;
}
EXPORT void qemu_plugin_register_vcpu_tb_exec_cb(struct tb *tb, udata_cb cb, int flags, void *u)
{
    (void)flags;
    add_op(tb->ops, &tb->op_count, (struct op){cb, u, NULL, 0});
}
EXPORT void qemu_plugin_register_vcpu_insn_exec_cb(struct insn *i, udata_cb cb, int flags, void *u)
{
    (void)flags;
    add_op(i->ops, &i->op_count, (struct op){cb, u, NULL, 0});
}
EXPORT void qemu_plugin_register_vcpu_mem_cb(struct insn *i, mem_cb cb, int flags, int rw, void *u)
{
    (void)flags;
    if (i->mem_count == 4)
        abort();
    i->mems[i->mem_count].callback = cb;
    i->mems[i->mem_count].rw = rw;
    i->mems[i->mem_count++].userdata = u;
}
EXPORT size_t qemu_plugin_tb_n_insns(const struct tb *tb) { return tb->count; }
EXPORT uint64_t qemu_plugin_tb_vaddr(const struct tb *tb) { return tb->insns[0].vaddr; }
EXPORT struct insn *qemu_plugin_tb_get_insn(const struct tb *tb, size_t i) { return &tb->insns[i]; }
EXPORT size_t qemu_plugin_insn_size(const struct insn *i) { return i->size; }
EXPORT uint64_t qemu_plugin_insn_vaddr(const struct insn *i) { return i->vaddr; }
#if API >= 3
EXPORT size_t qemu_plugin_insn_data(const struct insn *i, void *to, size_t size)
{
    size_t count = size < i->size ? size : i->size;
    memcpy(to, i->bytes, count);
    return count;
}
#else
EXPORT const void *qemu_plugin_insn_data(const struct insn *i) { return i->bytes; }
#endif
EXPORT unsigned qemu_plugin_mem_size_shift(uint32_t info) { return info & 7; }
EXPORT bool qemu_plugin_mem_is_store(uint32_t info) { return info >> 16 & 2; }

/* The handle's second word: host address in 7.2, physical address later. */
static struct {
    uint64_t is_io, second;
} s_hwaddr;
EXPORT void *qemu_plugin_get_hwaddr(uint32_t info, uint64_t vaddr)
{
    (void)info;
    s_hwaddr.second = vaddr - RAM_BASE;
    if (API == 1)
        s_hwaddr.second += (uint64_t)(uintptr_t)s_ram;
    return &s_hwaddr;
}
EXPORT bool qemu_plugin_hwaddr_is_io(const void *h) { return h == NULL; }
EXPORT uint64_t qemu_plugin_hwaddr_phys_addr(const void *h)
{
    (void)h;
    return s_hwaddr.second - (API == 1 ? (uint64_t)(uintptr_t)s_ram : 0);
}

/* ---- what only some export ---- */

#if API == 1
EXPORT void qemu_plugin_register_vcpu_tb_exec_inline(struct tb *tb, int op, void *p, uint64_t add)
{
    (void)op;
    add_op(tb->ops, &tb->op_count, (struct op){NULL, NULL, p, add});
}
EXPORT void qemu_plugin_register_vcpu_insn_exec_inline(struct insn *i, int op, void *p, uint64_t add)
{
    (void)op;
    add_op(i->ops, &i->op_count, (struct op){NULL, NULL, p, add});
}
#else
EXPORT struct score *qemu_plugin_scoreboard_new(size_t size)
{
    if (size > sizeof(struct score))
        abort();
    return calloc(1, sizeof(struct score));
}
EXPORT void *qemu_plugin_scoreboard_find(struct score *score, unsigned vcpu)
{
    (void)vcpu;
    return score;
}
EXPORT void qemu_plugin_register_vcpu_tb_exec_inline_per_vcpu(struct tb *tb, int op,
                                                              qemu_plugin_u64 e, uint64_t add)
{
    (void)op;
    add_op(tb->ops, &tb->op_count, (struct op){NULL, NULL, &e.score->cells[e.offset / 8], add});
}
EXPORT void qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(struct insn *i, int op,
                                                                qemu_plugin_u64 e, uint64_t add)
{
    (void)op;
    add_op(i->ops, &i->op_count, (struct op){NULL, NULL, &e.score->cells[e.offset / 8], add});
}
#endif
#if API >= 4
typedef struct {
    int type;
    union {
        uint8_t u8;
        uint64_t u64;
        struct {
            uint64_t low, high;
        } u128;
    } data;
} mem_value;
EXPORT mem_value qemu_plugin_mem_get_value(uint32_t info)
{
    mem_value value = {.type = (int)(info & 7)};
    memcpy(&value.data, s_value, 16);
    return value;
}
#endif
#if API >= 5
EXPORT bool qemu_plugin_translate_vaddr(uint64_t v, uint64_t *h) { *h = v - RAM_BASE; return true; }
#endif
#if API >= 6
EXPORT void qemu_plugin_set_pc(uint64_t vaddr) { (void)vaddr; abort(); }
#endif

/* ---- the guest ---- */

static struct insn block_a[] = {
    {.vaddr = 0x1000, .bytes = {0x48, 0x89, 0x07}, .size = 3, .stores = true, .shift = 3,
     .address = RAM_BASE + 0x100},                                          /* mov [rdi], rax */
    {.vaddr = 0x1003, .bytes = {0x88, 0x06}, .size = 2, .stores = true, .shift = 0,
     .address = RAM_BASE + 0x203},                                          /* mov [rsi], al */
    {.vaddr = 0x1005, .bytes = {0xE8, 0xF6, 0x0F}, .size = 5, .stores = true, .shift = 3,
     .address = RAM_BASE + 0x800},                                          /* call 0x2000 */
};
static struct insn block_b[] = {
    {.vaddr = 0x2000, .bytes = {0x0F, 0x29, 0x07}, .size = 3, .stores = true, .shift = 4,
     .address = RAM_BASE + 0x300},                                          /* movaps [rdi], xmm0 */
    {.vaddr = 0x2003, .bytes = {0xC3}, .size = 1, .loads = true, .shift = 3,
     .address = RAM_BASE + 0x800},                                          /* ret */
};
static struct insn block_c[] = {
    {.vaddr = 0x100A, .bytes = {0x74, 0xF4}, .size = 2},                    /* je 0x1000 */
};
static struct insn block_d[] = {
    {.vaddr = 0x100C, .bytes = {0x48, 0x8B, 0x07}, .size = 3, .loads = true, .shift = 3,
     .address = RAM_BASE + 0x100},                                          /* mov rax, [rdi] */
};

static void run_ops(const struct op *ops, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (ops[i].callback)
            ops[i].callback(0, ops[i].userdata);
        else
            *ops[i].counter += ops[i].add;
}

static void run(struct tb *tb, uint64_t round)
{
    run_ops(tb->ops, tb->op_count);
    for (size_t i = 0; i < tb->count; i++) {
        struct insn *insn = &tb->insns[i];
        run_ops(insn->ops, insn->op_count);
        if (!insn->stores && !insn->loads)
            continue;
        s_value[0] = insn->vaddr << 16 | round;
        s_value[1] = ~s_value[0];
        if (insn->stores)
            memcpy(s_ram + insn->address - RAM_BASE, s_value, (size_t)1 << insn->shift);
        for (unsigned m = 0; m < insn->mem_count; m++) {
            int rw = insn->stores ? 2 : 1;
            /* 7.2 calls back for loads whatever was asked for */
            if (insn->mems[m].rw & rw || API == 1)
                insn->mems[m].callback(0, insn->shift | (uint32_t)rw << 16, insn->address,
                                       insn->mems[m].userdata);
        }
    }
}

int main(int argc, char **argv)
{
    struct {
        const char *target_name;
        struct {
            int min, cur;
        } version;
        bool system_emulation;
        struct {
            int smp, max;
        } system;
    } info = {getenv("STUB_TARGET") ? getenv("STUB_TARGET") : "x86_64", {MIN_VERSION, API}, true, {1, 1}};
    if (argc < 3)
        return 1;
    int fd = open(argv[2], O_RDWR);
    s_ram = fd < 0 ? MAP_FAILED : mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (s_ram == MAP_FAILED)
        return 1;
    void *plugin = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (!plugin) {
        fprintf(stderr, "Could not load plugin: %s\n", dlerror());
        return 2;
    }
    int *version = dlsym(plugin, "qemu_plugin_version");
    int (*install)(uint64_t, const void *, int, char **) = dlsym(plugin, "qemu_plugin_install");
    if (!version || !install || *version < MIN_VERSION || *version > API) {
        fprintf(stderr, "plugin requires API version %d, this QEMU has %d to %d\n",
                version ? *version : -1, MIN_VERSION, API);
        return 2;
    }
    if (install(77, &info, argc - 3, argv + 3)) {
        fprintf(stderr, "qemu_plugin_install returned an error\n");
        return 2;
    }
    struct tb a = {.insns = block_a, .count = 3}, b = {.insns = block_b, .count = 2};
    struct tb c = {.insns = block_c, .count = 1}, d = {.insns = block_d, .count = 1};
    struct tb *order[] = {&a, &b, &c, &d};
    for (int i = 0; i < 4; i++)
        translate(order[i]);
    for (uint64_t round = 0; round < 2; round++)
        for (int i = 0; i < 3; i++)
            run(order[i], round);
    run(&d, 2);
    end();
    printf("announced %d\n", *version);
    return 0;
}
