/* The part of QEMU's TCG plugin API that clrtrace uses, declared by ourselves: distributions package
 * QEMU without its header, and one shared object is to serve API 1 (QEMU 7.2) to 7 (QEMU 11.1).
 *
 * Functions that only some versions export are weak: their address is NULL where they are missing.
 * Source: QEMU docs/devel/tcg-plugins and the version history in its header. */
#ifndef CLRTRACE_QEMU_API_H
#define CLRTRACE_QEMU_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QP_EXPORT __attribute__((visibility("default")))
#define QP_WEAK __attribute__((weak))

typedef uint64_t qemu_plugin_id_t;
typedef uint32_t qemu_plugin_meminfo_t;

struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_plugin_hwaddr;
struct qemu_plugin_scoreboard;

typedef struct qemu_info_t {
    const char *target_name;
    struct {
        int min;
        int cur;
    } version;
    bool system_emulation;
    struct {
        int smp_vcpus;
        int max_vcpus;
    } system;                           /* a union with one member in the original */
} qemu_info_t;

enum qp_cb_flags { QP_CB_NO_REGS };
enum qp_mem_rw { QP_MEM_R = 1, QP_MEM_W, QP_MEM_RW };
enum qp_op { QP_INLINE_ADD_U64 };

typedef struct {
    struct qemu_plugin_scoreboard *score;
    size_t offset;
} qemu_plugin_u64;

/* type: log2 of the size. */
typedef struct {
    int type;
    union {
        uint8_t u8;
        uint16_t u16;
        uint32_t u32;
        uint64_t u64;
        struct {
            uint64_t low, high;
        } u128;
    } data;
} qemu_plugin_mem_value;

typedef void (*qp_vcpu_udata_cb)(unsigned vcpu, void *userdata);
typedef void (*qp_vcpu_mem_cb)(unsigned vcpu, qemu_plugin_meminfo_t info, uint64_t vaddr,
                               void *userdata);

/* ---- every version ---- */
extern QP_EXPORT int qemu_plugin_version;
QP_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
                                  char **argv);

/* Three functions changed their signature under one name; here each signature has a name of its own. */
#define QP_NAME(name) __asm__(name)
/* API 1-6 */
void qp_on_translation_by_id(qemu_plugin_id_t id,
                             void (*cb)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb))
    QP_NAME("qemu_plugin_register_vcpu_tb_trans_cb");
void qp_at_exit_by_id(qemu_plugin_id_t id, void (*cb)(qemu_plugin_id_t id, void *userdata),
                      void *userdata) QP_NAME("qemu_plugin_register_atexit_cb");
/* API 7 */
void qp_on_translation(qemu_plugin_id_t id, void (*cb)(struct qemu_plugin_tb *tb, void *userdata),
                       void *userdata) QP_NAME("qemu_plugin_register_vcpu_tb_trans_cb");
void qp_at_exit(qemu_plugin_id_t id, void (*cb)(void *userdata), void *userdata)
    QP_NAME("qemu_plugin_register_atexit_cb");
/* API 1-2 */
const void *qp_insn_data_at(const struct qemu_plugin_insn *insn) QP_NAME("qemu_plugin_insn_data");
/* API 3 up */
size_t qp_insn_data_copy(const struct qemu_plugin_insn *insn, void *to, size_t size)
    QP_NAME("qemu_plugin_insn_data");

void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, qp_vcpu_udata_cb cb,
                                          enum qp_cb_flags flags, void *userdata);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, qp_vcpu_udata_cb cb,
                                            enum qp_cb_flags flags, void *userdata);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn, qp_vcpu_mem_cb cb,
                                      enum qp_cb_flags flags, enum qp_mem_rw rw, void *userdata);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
unsigned qemu_plugin_mem_size_shift(qemu_plugin_meminfo_t info);
bool qemu_plugin_mem_is_store(qemu_plugin_meminfo_t info);
struct qemu_plugin_hwaddr *qemu_plugin_get_hwaddr(qemu_plugin_meminfo_t info, uint64_t vaddr);
bool qemu_plugin_hwaddr_is_io(const struct qemu_plugin_hwaddr *hwaddr);
uint64_t qemu_plugin_hwaddr_phys_addr(const struct qemu_plugin_hwaddr *hwaddr);

/* ---- API 1 only ---- */
QP_WEAK void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, enum qp_op op,
                                                      void *counter, uint64_t add);
QP_WEAK void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn,
                                                        enum qp_op op, void *counter,
                                                        uint64_t add);

/* ---- API 2 up ---- */
QP_WEAK struct qemu_plugin_scoreboard *qemu_plugin_scoreboard_new(size_t element_size);
QP_WEAK void *qemu_plugin_scoreboard_find(struct qemu_plugin_scoreboard *score, unsigned vcpu);
QP_WEAK void qemu_plugin_register_vcpu_tb_exec_inline_per_vcpu(struct qemu_plugin_tb *tb,
                                                               enum qp_op op,
                                                               qemu_plugin_u64 entry,
                                                               uint64_t add);
QP_WEAK void qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(struct qemu_plugin_insn *insn,
                                                                 enum qp_op op,
                                                                 qemu_plugin_u64 entry,
                                                                 uint64_t add);

/* ---- API 4 up ---- */
QP_WEAK qemu_plugin_mem_value qemu_plugin_mem_get_value(qemu_plugin_meminfo_t info);

/* ---- only to tell versions apart ---- */
QP_WEAK void qemu_plugin_translate_vaddr(void);     /* API 5 up */
QP_WEAK void qemu_plugin_set_pc(void);              /* API 6 up */

#endif
