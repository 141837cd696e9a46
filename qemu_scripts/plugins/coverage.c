/* Coverage: how often each instruction began, and where each branch went. */
#include "clrtrace.h"
#include "x86.h"

/* A branch that ended a block. */
struct branch {
    uint64_t pc;
    uint64_t expected[2];       /* of a conditional one: taken, not taken */
    bool conditional;
    struct entry *last;         /* the edge it took last */
};

static struct branch *s_pending[MAX_VCPUS];

static void branch_begins(unsigned vcpu, void *branch)
{
    s_pending[vcpu % MAX_VCPUS] = branch;
}

/* An interrupt between branch and target runs no block in scope, so that the pair stays right. */
static void block_begins(unsigned vcpu, void *userdata)
{
    struct branch *branch = s_pending[vcpu % MAX_VCPUS];
    uint64_t to = (uint64_t)(uintptr_t)userdata;
    if (likely(!branch))
        return;
    s_pending[vcpu % MAX_VCPUS] = NULL;
    if (branch->conditional && to != branch->expected[0] && to != branch->expected[1])
        return;                 /* it faulted or left the scope on the way */
    struct entry *edge = branch->last;
    if (!edge || edge->b != to)
        edge = table_get(ENTRY_EDGE, branch->pc, to, 0);
    if (edge) {
        branch->last = edge;
        table_count(edge);
    }
}

static void instrument_branch(struct qemu_plugin_insn *insn, uint64_t pc, struct insn_facts facts)
{
    struct branch *branch = keep(sizeof *branch);
    uint64_t next = pc + qemu_plugin_insn_size(insn);
    *branch = (struct branch){
        .pc = pc, .conditional = facts.kind == INSN_BRANCH,
        .expected = {next + (uint64_t)(int64_t)facts.displacement, next},
    };
    qemu_plugin_register_vcpu_insn_exec_cb(insn, branch_begins, QP_CB_NO_REGS, branch);
}

void coverage_translate(struct qemu_plugin_tb *tb)
{
    size_t count = qemu_plugin_tb_n_insns(tb);
    uint64_t start = qemu_plugin_tb_vaddr(tb);
    if (in_scope(start))
        qemu_plugin_register_vcpu_tb_exec_cb(tb, block_begins, QP_CB_NO_REGS,
                                             (void *)(uintptr_t)start);
    for (size_t i = 0; i < count; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        uint64_t pc = qemu_plugin_insn_vaddr(insn);
        if (!in_scope(pc))
            continue;
        struct entry *entry = table_get(ENTRY_INSN, pc, qemu_plugin_insn_size(insn), 0);
        if (entry)
            api_count_insn(insn, &entry->count);
        if (i + 1 < count)
            continue;
        uint8_t bytes[15];
        struct insn_facts facts = x86_facts(bytes, api_insn_bytes(insn, bytes));
        if (facts.kind == INSN_BRANCH || facts.kind == INSN_INDIRECT_JUMP)
            instrument_branch(insn, pc, facts);
    }
}
