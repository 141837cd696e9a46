/* The kernel's virtual memory, shared by the linker script, the boot assembly and the nucleus.
 *
 * 0xFFFF800000100000   managed heap (committed page by page)
 * 0xFFFF888000000000   all RAM, read-write, never executable ("direct map"); the kernel's own pages
 *                      are absent from it and the boot modules are read-only in it
 * 0xFFFF900000000000   device registers, uncached
 * 0xFFFF980000000000   writable alias of the JIT's code
 * 0xFFFFB00000000000   kernel stacks, each between unmapped pages
 * 0xFFFFFFFF80100000   the kernel image
 * 0xFFFFFFFFA0000000   the JIT's code, executable (within 2 GiB of the kernel's text)
 *
 * The whole lower half, page 0 with it, is unmapped once the kernel runs. */
#ifndef CLR_LAYOUT_H
#define CLR_LAYOUT_H

#define KERNEL_BASE      0xFFFFFFFF80000000
#define KERNEL_LOAD      0x100000

#define HEAP_BASE        0xFFFF800000100000
#define DIRECT_MAP_BASE  0xFFFF888000000000
#define DIRECT_MAP_SIZE  0x0000008000000000     /* one PML4 entry: 512 GiB */
#define MMIO_BASE        0xFFFF900000000000
#define MMIO_SIZE        0x0000000100000000
#define CODE_RW_BASE     0xFFFF980000000000
#define CODE_RX_BASE     0xFFFFFFFFA0000000
#define CODE_SIZE        0x0000000004000000     /* 64 MiB of addresses; backed on first write */
#define STACKS_BASE      0xFFFFB00000000000

#define SELECTOR_CODE    0x08
#define SELECTOR_DATA    0x10
#define SELECTOR_TSS     0x18

#endif
