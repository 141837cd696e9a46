/* Profile: instructions by block and call stack, objects by type and call stack.
 *
 * The stack is a shadow one. A call stores its return address, a return loads it: the address of that
 * access identifies the frame, so that unwinding, stack switches and code without frame pointers do not
 * confuse it. A stack is a path in a tree whose nodes are call instructions. */
#include "clrtrace.h"
#include "x86.h"

#define DEPTH 1024
#define SEARCH 64

struct frame {
    uint64_t slot;              /* where the return address lies */
    struct entry *node;         /* of the caller */
};

struct stack {
    struct frame frames[DEPTH];
    unsigned depth;
    struct entry *node;         /* where execution is now */
};

struct call_site {
    uint64_t pc;
    struct entry *from, *to;    /* the last caller's node and the node it led to */
};

struct block {
    uint64_t pc;
    uint32_t count;
    struct entry *node, *leaf;  /* the last node and its counter for this block */
};

static struct stack *s_stacks[MAX_VCPUS];
static struct entry *s_root;

void profile_init(void)
{
    s_root = table_get(ENTRY_NODE, 0, 0, 0);
    for (unsigned i = 0; i < g_config.vcpus; i++) {
        s_stacks[i] = keep(sizeof **s_stacks);
        s_stacks[i]->node = s_root;
    }
}

static void call_stores(unsigned vcpu, qemu_plugin_meminfo_t info, uint64_t vaddr, void *userdata)
{
    struct call_site *site = userdata;
    if (!qemu_plugin_mem_is_store(info))
        return;                 /* the load of an indirect call's target */
    struct stack *stack = s_stacks[vcpu];
    /* A frame that was left without a return and whose slot is used again is gone. */
    for (unsigned i = stack->depth, n = 0; i > 0 && n < SEARCH; i--, n++)
        if (stack->frames[i - 1].slot == vaddr) {
            stack->depth = i - 1;
            stack->node = stack->frames[i - 1].node;
            break;
        }
    if (stack->depth == DEPTH) {
        g_shared->truncated++;
        return;
    }
    struct entry *from = stack->node, *to = site->to;
    if (site->from != from || !to) {
        to = table_get(ENTRY_NODE, site->pc, table_index(from), 0);
        if (!to)
            to = from;          /* the table is full, which it counts: stay with the caller */
        site->from = from;
        site->to = to;
    }
    stack->frames[stack->depth++] = (struct frame){vaddr, from};
    stack->node = to;
    table_count(to);
}

static void return_loads(unsigned vcpu, qemu_plugin_meminfo_t info, uint64_t vaddr, void *userdata)
{
    (void)userdata;
    if (qemu_plugin_mem_is_store(info))
        return;
    struct stack *stack = s_stacks[vcpu];
    for (unsigned i = stack->depth; i > 0; i--)
        if (stack->frames[i - 1].slot == vaddr) {
            stack->depth = i - 1;
            stack->node = stack->frames[i - 1].node;
            return;
        }
}

static void block_begins(unsigned vcpu, void *userdata)
{
    struct block *block = userdata;
    struct entry *node = s_stacks[vcpu]->node;
    if (unlikely(block->node != node)) {
        struct entry *leaf = table_get(ENTRY_BLOCK, block->pc, table_index(node), block->count);
        if (!leaf)
            return;
        block->leaf = leaf;
        block->node = node;
    }
    table_count(block->leaf);
}

static void allocator_stores(unsigned vcpu, qemu_plugin_meminfo_t info, uint64_t vaddr,
                             void *userdata)
{
    uint64_t value = 0, high = 0;
    (void)userdata;
    if (!qemu_plugin_mem_is_store(info) || vaddr < g_config.heap.from || vaddr >= g_config.heap.to
        || qemu_plugin_mem_size_shift(info) != 3
        || !(api_value(info, vaddr, 8, &value, &high) & RECORD_HAS_VALUE) || !value)
        return;
    struct entry *entry =
        table_get(ENTRY_ALLOC, value, table_index(s_stacks[vcpu]->node), 0);
    if (entry)
        table_count(entry);
}

void profile_translate(struct qemu_plugin_tb *tb)
{
    size_t count = qemu_plugin_tb_n_insns(tb);
    struct block *block = keep(sizeof *block);
    block->pc = qemu_plugin_tb_vaddr(tb);
    block->count = (uint32_t)count;
    if (in_scope(block->pc))
        qemu_plugin_register_vcpu_tb_exec_cb(tb, block_begins, QP_CB_NO_REGS, block);
    for (size_t i = 0; i < count; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        uint64_t pc = qemu_plugin_insn_vaddr(insn);
        if (pc >= g_config.alloc.from && pc < g_config.alloc.to)
            qemu_plugin_register_vcpu_mem_cb(insn, allocator_stores, QP_CB_NO_REGS, QP_MEM_W, NULL);
        if (i + 1 < count)
            continue;
        uint8_t bytes[15];
        struct insn_facts facts = x86_facts(bytes, api_insn_bytes(insn, bytes));
        if (facts.kind == INSN_CALL) {
            struct call_site *site = keep(sizeof *site);
            site->pc = pc;
            qemu_plugin_register_vcpu_mem_cb(insn, call_stores, QP_CB_NO_REGS, QP_MEM_RW, site);
        } else if (facts.kind == INSN_RET) {
            qemu_plugin_register_vcpu_mem_cb(insn, return_loads, QP_CB_NO_REGS, QP_MEM_RW, NULL);
        }
    }
}
