/* What differs between API 1 and 7, behind functions that do not. */
#include "clrtrace.h"

#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int qemu_plugin_version = 1;

/* ---- which version to announce ---- */

/* API 6 and 7 export the same names but call back differently, and QEMU checks the announced number
 * before it tells its own. Only the release number tells: 11.1 has 7. It stands in the executable's
 * constants. */
static int find_release(struct dl_phdr_info *info, size_t size, void *out)
{
    static const char key[] = "QEMU emulator version ";
    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        if (header->p_type != PT_LOAD || !(header->p_flags & PF_R))
            continue;
        const char *at = (const char *)info->dlpi_addr + header->p_vaddr;
        const char *end = at + header->p_filesz;
        while ((at = memmem(at, (size_t)(end - at), key, sizeof key - 1))) {
            at += sizeof key - 1;
            int major, minor;
            if (end - at > 8 && sscanf(at, "%d.%d", &major, &minor) == 2) {
                *(int *)out = major * 100 + minor;
                return 1;
            }
        }
    }
    return 1;       /* the executable comes first; libraries are not looked at */
}

__attribute__((constructor)) static void choose_version(void)
{
    if (qemu_plugin_set_pc) {
        int release = 0;
        dl_iterate_phdr(find_release, &release);
        qemu_plugin_version = release >= 1101 ? 7 : 6;
    } else if (qemu_plugin_translate_vaddr) {
        qemu_plugin_version = 5;
    } else if (qemu_plugin_mem_get_value) {
        qemu_plugin_version = 4;
    } else if (qemu_plugin_scoreboard_new) {
        qemu_plugin_version = 2;        /* or 3, which takes 2 and says 3 in qemu_info_t */
    }
}

/* ---- callbacks ---- */

static void (*s_translation)(struct qemu_plugin_tb *);
static void (*s_exit)(void);

static void translation_by_id(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    s_translation(tb);
}

static void translation_by_userdata(struct qemu_plugin_tb *tb, void *userdata)
{
    (void)userdata;
    s_translation(tb);
}

static void exit_by_id(qemu_plugin_id_t id, void *userdata)
{
    (void)id;
    (void)userdata;
    s_exit();
}

static void exit_by_userdata(void *userdata)
{
    (void)userdata;
    s_exit();
}

void api_on_translation(qemu_plugin_id_t id, void (*callback)(struct qemu_plugin_tb *tb))
{
    s_translation = callback;
    if (g_config.api >= 7)
        qp_on_translation(id, translation_by_userdata, NULL);
    else
        qp_on_translation_by_id(id, translation_by_id);
}

void api_at_exit(qemu_plugin_id_t id, void (*callback)(void))
{
    s_exit = callback;
    if (g_config.api >= 7)
        qp_at_exit(id, exit_by_userdata, NULL);
    else
        qp_at_exit_by_id(id, exit_by_id, NULL);
}

size_t api_insn_bytes(const struct qemu_plugin_insn *insn, uint8_t bytes[15])
{
    size_t size = qemu_plugin_insn_size(insn);
    if (size > 15)
        size = 15;
    if (g_config.api >= 3)
        return qp_insn_data_copy(insn, bytes, size);
    memcpy(bytes, qp_insn_data_at(insn), size);
    return size;
}

/* ---- counters ---- */

static void bump(unsigned vcpu, void *counter)
{
    (void)vcpu;
    if (likely(g_config.vcpus == 1))
        ++*(uint64_t *)counter;
    else
        __atomic_fetch_add((uint64_t *)counter, 1, __ATOMIC_RELAXED);
}

void api_count_insn(struct qemu_plugin_insn *insn, uint64_t *counter)
{
    /* Inline adds need no call, but later versions allow them only in a scoreboard of fixed size. */
    if (qemu_plugin_register_vcpu_insn_exec_inline && g_config.vcpus == 1)
        qemu_plugin_register_vcpu_insn_exec_inline(insn, QP_INLINE_ADD_U64, counter, 1);
    else
        qemu_plugin_register_vcpu_insn_exec_cb(insn, bump, QP_CB_NO_REGS, counter);
}

static struct qemu_plugin_scoreboard *s_clock;

void api_clock_init(void)
{
    if (g_config.count != COUNT_OFF && qemu_plugin_scoreboard_new)
        s_clock = qemu_plugin_scoreboard_new(sizeof(uint64_t));
}

void api_clock_block(struct qemu_plugin_tb *tb)
{
    size_t count = qemu_plugin_tb_n_insns(tb);
    qemu_plugin_u64 entry = {s_clock, 0};
    if (g_config.count == COUNT_BLOCK) {
        if (s_clock)
            qemu_plugin_register_vcpu_tb_exec_inline_per_vcpu(tb, QP_INLINE_ADD_U64, entry, count);
        else
            qemu_plugin_register_vcpu_tb_exec_inline(tb, QP_INLINE_ADD_U64,
                                                     &g_shared->instructions, count);
    } else if (g_config.count == COUNT_EXACT) {
        for (size_t i = 0; i < count; i++) {
            struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
            if (s_clock)
                qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(insn, QP_INLINE_ADD_U64,
                                                                    entry, 1);
            else
                qemu_plugin_register_vcpu_insn_exec_inline(insn, QP_INLINE_ADD_U64,
                                                           &g_shared->instructions, 1);
        }
    }
}

uint64_t api_clock(unsigned vcpu)
{
    if (s_clock)
        return *(uint64_t *)qemu_plugin_scoreboard_find(s_clock, vcpu);
    return g_shared->instructions;
}

/* ---- values ---- */

static unsigned load(const uint8_t *from, unsigned size, uint64_t *value, uint64_t *high)
{
    switch (size) {
    case 1: *value = *from; break;
    case 2: { uint16_t v; memcpy(&v, from, 2); *value = v; break; }
    case 4: { uint32_t v; memcpy(&v, from, 4); *value = v; break; }
    case 8: memcpy(value, from, 8); break;
    default: memcpy(value, from, 8); memcpy(high, from + 8, 8);
    }
    return RECORD_HAS_VALUE;
}

unsigned api_value(qemu_plugin_meminfo_t info, uint64_t vaddr, unsigned size, uint64_t *value,
                   uint64_t *high)
{
    if (qemu_plugin_mem_get_value) {
        qemu_plugin_mem_value got = qemu_plugin_mem_get_value(info);
        switch (got.type) {
        case 0: *value = got.data.u8; break;
        case 1: *value = got.data.u16; break;
        case 2: *value = got.data.u32; break;
        case 3: *value = got.data.u64; break;
        default: *value = got.data.u128.low; *high = got.data.u128.high;
        }
        return RECORD_HAS_VALUE;
    }
    /* A store that crosses into the next page goes on elsewhere: only its first page is known. */
    struct qemu_plugin_hwaddr *hwaddr = qemu_plugin_get_hwaddr(info, vaddr);
    if (!hwaddr || unlikely((vaddr & 4095) + size > 4096))
        return 0;
    /* QEMU 7.2's handle holds the address in QEMU's own mapping of guest RAM as its second word, and
     * asking for the physical one costs five times as much. No other content of that word lies
     * inside the mapping (later versions hold a physical address there), so it is safe to ask. */
    uint64_t second = ((const uint64_t *)hwaddr)[1];
    if (likely(second - g_qemu_ram < g_qemu_ram_size))
        return load((const uint8_t *)second, size, value, high);
    if (qemu_plugin_hwaddr_is_io(hwaddr))
        return RECORD_IS_IO;
    uint64_t at = qemu_plugin_hwaddr_phys_addr(hwaddr);
    mapping_find_ram();
    if (at >= g_ram_size || size > g_ram_size - at)
        return 0;
    return load(g_ram + at, size, value, high);
}
