/* A multiboot kernel of a few lines, for the tests of what clrscope does around a guest.
 *
 * It writes module 0 to COM1, module 1 to COM2, module 2 to port 0xE9, and then does what module 3's
 * first byte says: 'x' leaves by the exit device, 't' triple-faults, 'l' prints its kernel command
 * line and the modules' strings on COM1 before it leaves, anything else halts for good. */

typedef unsigned int u32;
typedef unsigned char u8;

struct module {
    u32 start, end, string, reserved;
};

struct info {
    u32 flags, mem_lower, mem_upper, boot_device, cmdline, mods_count, mods_addr;
};

__attribute__((section(".multiboot"), used)) static const u32 header[3] = {
    0x1BADB002, 0, -0x1BADB002u};

__asm__(".globl _start\n_start: mov $stack_top, %esp\n push %ebx\n call main\n"
        ".bss\n .skip 4096\nstack_top:\n .text\n");

static void out8(unsigned short port, u8 value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static u8 in8(unsigned short port)
{
    u8 value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static void put(unsigned short port, u8 value)
{
    if (port != 0xE9)
        while (!(in8(port + 5) & 0x20))
            ;
    out8(port, value);
}

static void put_string(u32 address)
{
    for (const u8 *at = (const u8 *)address; *at; at++)
        put(0x3F8, *at);
    put(0x3F8, '\n');
}

void main(const struct info *info)
{
    static const unsigned short ports[3] = {0x3F8, 0x2F8, 0xE9};
    const struct module *modules = (const struct module *)info->mods_addr;
    for (u32 i = 0; i < 3 && i < info->mods_count; i++)
        for (u32 at = modules[i].start; at < modules[i].end; at++)
            put(ports[i], *(const u8 *)at);
    u8 action = info->mods_count > 3 ? *(const u8 *)modules[3].start : 'x';
    if (action == 'l') {
        put_string(info->cmdline);
        for (u32 i = 0; i < info->mods_count; i++)
            put_string(modules[i].string);
        action = 'x';
    }
    if (action == 'x')
        __asm__ volatile("outl %0, %1" : : "a"(0), "Nd"((unsigned short)0xF4));
    if (action == 't')
        __asm__ volatile("lidt %0; int3" : : "m"(*(const u8(*)[6])"\0\0\0\0\0\0"));
    for (;;)
        __asm__ volatile("cli; hlt");
}
