/* What the parts of the nucleus say to each other. The outside world uses platform.h. */
#ifndef CLR_NUCLEUS_H
#define CLR_NUCLEUS_H

#include "clr_libc.h"
#include "platform.h"

#define PAGE_SIZE 4096ul

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static inline uint64_t page_down(uint64_t x) { return x & ~(PAGE_SIZE - 1); }
static inline uint64_t page_up(uint64_t x) { return page_down(x + PAGE_SIZE - 1); }

/* serial.c */
enum serial_port { SERIAL_COM1 = 0x3F8, SERIAL_COM2 = 0x2F8 };
void serial_init(uint16_t port);
void serial_write(uint16_t port, const char *text, size_t size);

/* console.c */
void console_line_start(void);      /* ends a half-written COM1 line, if there is one */
void console_set_program_mode(bool on);

/* cmdline.c */
void cmdline_parse(const char *text);

/* multiboot.c: everything is copied or translated, the loader's own structures are not kept. */
struct memory_region {
    uint64_t start, end;            /* physical, usable RAM, whole pages */
};
void multiboot_parse(uint64_t information);
size_t memory_region_count(void);
const struct memory_region *memory_region(size_t index);
uint64_t multiboot_modules_end(void);       /* physical, 0 when there are no modules */
bool multiboot_is_module(uint64_t physical);
void multiboot_map_modules(void);           /* once the direct map is there */

/* clock.c */
uint64_t clock_nanoseconds(void);       /* since the kernel was entered */
uint64_t clock_from_ticks(uint64_t ticks);  /* nanoseconds */
int64_t clock_utc_ticks(void);          /* DateTime.Ticks */

/* exit.c */
_Noreturn void cpu_stop(void);
_Noreturn void machine_exit(uint8_t code);
void write_json_text(char *out, size_t size, const char *text);

/* kernel.c */
extern uint64_t g_boot_tsc;

#endif
