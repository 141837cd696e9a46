/* From the boot assembly to the runtime: the order in which the nucleus comes up. */
#include "memory.h"
#include "nucleus.h"
#include "pci.h"
#include "rt.h"
#include "traps.h"
#include "x86.h"

#define MULTIBOOT_LOADER 0x2BADB002
#define STACK_AT_START (256ul << 10)     /* the rest is backed on demand */

uint64_t g_boot_tsc;

extern uint8_t __image_end[];
_Noreturn void kernel_entry(uint32_t magic, uint64_t information);
_Noreturn void call_on_stack(void *top, void (*function)(void));

static void run(void)
{
    pci_scan();
    uint64_t ticks = rdtsc() - g_boot_tsc;
    plat_log("[boot] nucleus ready: %lu MiB free, %zu modules, %zu PCI functions\n",
             frames_available() >> 20, plat_module_count(), pci_count());
    if (plat_option("boot.time"))
        plat_log("[boot] %lu us since entry\n", clock_from_ticks(ticks) / 1000);
    rt_main();
}

void kernel_entry(uint32_t magic, uint64_t information)
{
    g_boot_tsc = rdtsc();
    serial_init(SERIAL_COM1);
    serial_init(SERIAL_COM2);
    traps_init();
    if (magic != MULTIBOOT_LOADER)
        plat_panic("not started by a multiboot loader: magic 0x%x", magic);
    multiboot_parse(information);
    console_set_program_mode(plat_option("program") != NULL);

    uint64_t first_free = page_up((uint64_t)__image_end - KERNEL_BASE);
    if (multiboot_modules_end() > first_free)
        first_free = multiboot_modules_end();
    frames_init(first_free);
    paging_init();
    multiboot_map_modules();

    struct plat_range stack = plat_current_stack();
    uint8_t *top = stack.base + stack.size;
    if (!paging_back((uint64_t)(top - STACK_AT_START), STACK_AT_START, PAGE_DATA))
        plat_panic("no memory for a kernel stack of %lu bytes", STACK_AT_START);
    call_on_stack(top, run);
}

/* Alone, the nucleus boots and says so. */
__attribute__((weak)) void rt_main(void)
{
    plat_log("[boot] no runtime linked\n");
    plat_exit("kernel", 0);
}

__attribute__((weak)) void *rt_method_pointer(const char *assembly, const char *type,
                                              const char *method)
{
    plat_log("[boot] no runtime linked: %s!%s::%s is not to be had\n", assembly, type, method);
    return NULL;
}
