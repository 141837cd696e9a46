/* The file that clrtrace shares with the host program, mapped by both. The host makes it, fills the
 * configuration in and starts QEMU; qemu_scripts/traces/shared.py is the other side of this header.
 * All numbers are little-endian. */
#ifndef CLRTRACE_SHARED_H
#define CLRTRACE_SHARED_H

#include <stdint.h>

#define SHARED_MAGIC 0x4543415254524C43ull      /* "CLRTRACE" */
#define SHARED_VERSION 1
#define RANGES_MAX 4094
#define CONTROL_OFFSET 4096
#define DATA_OFFSET (4096 + 65536)

enum shared_state { STATE_MADE = 0, STATE_ATTACHED = 1, STATE_ENDED = 2 };
enum reader_state { READER_NONE = 0, READER_READING = 1, READER_CLOSED = 2 };
enum value_source { VALUES_NONE = 0, VALUES_FROM_RAM = 1, VALUES_FROM_API = 2 };

/* One store. 32 bytes. meta: bits 0-7 size in bytes, 8-15 vCPU, 16-23 flags, 24-63 instructions that
 * the vCPU had executed before the storing one (0 when not counted). A 16-byte store makes two
 * records, the upper half second. */
struct record {
    uint64_t pc, address, value, meta;
};
/* A store without value and count, 16 bytes: what fills the ring at the speed of memory is half. place:
 * bits 0-47 pc (bit 47 stands for those above), 48-53 size in bytes, 54 a return (RECORD_IS_RETURN), 55
 * upper half, 56-63 vCPU. */
struct compact {
    uint64_t place, address;
};
enum record_flags {
    RECORD_HAS_VALUE = 1, RECORD_IS_IO = 2, RECORD_UPPER_HALF = 4,
    RECORD_IS_RETURN = 8,   /* no store: a return loaded its address from there */
};

/* One counter of coverage or profile. 32 bytes. */
struct entry {
    uint64_t a, b, count;
    uint32_t kind, extra;
};
enum entry_kind {
    ENTRY_INSN = 1,     /* a: address, b: size in bytes; count: executions begun */
    ENTRY_EDGE = 2,     /* a: address of the branch, b: where it went */
    ENTRY_NODE = 3,     /* a: address of the call, b: index of the caller's node (0: none);
                         * count: calls. Node 0 is the outermost code and has a = 0. */
    ENTRY_BLOCK = 4,    /* a: first address, b: index of its node, extra: instructions in it;
                         * count: executions begun */
    ENTRY_ALLOC = 5,    /* a: MethodTable, b: index of its node; count: objects */
};

struct range {
    uint64_t from, to;  /* [from, to) */
};

/* The host raises generation by 2 for a change and holds it odd while it writes. With no_limit the
 * whole scope is wanted and the ranges are not looked at. */
struct control {
    uint64_t generation;
    uint32_t no_limit;
    uint32_t count;
    struct range ranges[RANGES_MAX];
};

struct shared {
    /* configuration, by the host */
    uint64_t magic;
    uint32_t version;
    uint32_t record_size;           /* of struct compact for stores without value and count */
    uint64_t file_size;
    uint64_t capacity;              /* records of the ring or entries of the table */
    /* by the plugin */
    uint32_t state;
    uint32_t api;                   /* of this QEMU */
    uint32_t values;                /* enum value_source */
    uint32_t vcpus;
    uint8_t pad0[128 - 48];
    /* the producer's line */
    uint64_t head;                  /* records or entries ever written */
    uint64_t lost;                  /* records or entries that found no room */
    uint64_t waits;                 /* times that the guest waited for the reader */
    uint64_t truncated;             /* calls deeper than the shadow stack */
    uint8_t pad1[64 - 32];
    /* the reader's line */
    uint64_t tail;                  /* records taken */
    uint32_t reader;                /* enum reader_state */
    uint32_t reader_pid;
    uint8_t pad2[64 - 16];
    uint64_t instructions;          /* executed by vCPU 0, or by all under API 1 */
};

_Static_assert(sizeof(struct record) == 32 && sizeof(struct entry) == 32, "record size");
_Static_assert(sizeof(struct control) <= DATA_OFFSET - CONTROL_OFFSET, "control area");
_Static_assert(__builtin_offsetof(struct shared, head) == 128, "producer's line");
_Static_assert(__builtin_offsetof(struct shared, tail) == 192, "reader's line");
_Static_assert(__builtin_offsetof(struct shared, instructions) == 256, "count");

#endif
