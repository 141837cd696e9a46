/* The ways a run ends: QEMU's isa-debug-exit device, or a halt that a debugger can take over. */
#include "nucleus.h"
#include "x86.h"

#define EXIT_PORT 0xF4      /* -device isa-debug-exit,iobase=0xf4,iosize=4: status 2 * code + 1 */

/* With the hooks: debuggers stop here too, for the ends that no hook tells of. */
__attribute__((noinline, section(".text.hooks"))) void cpu_stop(void)
{
    for (;;)
        __asm__ volatile("cli; hlt");
}

void machine_exit(uint8_t code)
{
    outl(EXIT_PORT, code);
    cpu_stop();             /* the machine has no exit device */
}

/* JSON string body (RFC 8259, section 7), cut to fit. UTF-8 passes as it is. */
void write_json_text(char *out, size_t size, const char *text)
{
    size_t at = 0;
    for (; *text && at + 7 < size; text++) {
        uint8_t c = (uint8_t)*text;
        if (c == '"' || c == '\\') {
            out[at++] = '\\';
            out[at++] = (char)c;
        } else if (c < 0x20) {
            at += (size_t)plat_snprintf(out + at, size - at, "\\u%04x", c);
        } else {
            out[at++] = (char)c;
        }
    }
    out[at] = 0;
}

void plat_exit(const char *kind, int64_t status)
{
    char line[160];
    int n = plat_snprintf(line, sizeof line,
                          "@@clr {\"event\":\"exit\",\"kind\":\"%s\",\"status\":%ld}\n", kind, status);
    plat_write(PLAT_LOG, line, (size_t)n);
    clr_exit_hook(status);
    machine_exit(status != 0);
}
