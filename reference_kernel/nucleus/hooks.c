/* Where debuggers put their breakpoints: empty functions, alone on their page (kernel.ld), called
 * with their argument in RCX. `used` and the asm keep gcc from dropping or merging them. */
#include "nucleus.h"

#define HOOK __attribute__((section(".text.hooks"), noinline, used))

HOOK void clr_fatal_hook(const void *last_fault)
{
    __asm__ volatile("" : : "c"(last_fault) : "memory");
}

HOOK void clr_check_failed_hook(const void *record)
{
    __asm__ volatile("nop" : : "c"(record) : "memory");
}

HOOK void clr_exit_hook(int64_t status)
{
    __asm__ volatile("nop\n\tnop\n\tnop" : : "c"(status) : "memory");
}

HOOK void clr_method_compiled_hook(const void *method_desc)
{
    __asm__ volatile("nop\n\tnop" : : "c"(method_desc) : "memory");
}
