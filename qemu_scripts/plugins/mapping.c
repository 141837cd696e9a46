/* The two files that the plugin maps: the one it shares with the host, and guest RAM. */
#include "clrtrace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

struct shared *g_shared;
struct control *g_control;
struct record *g_ring;
struct compact *g_compact_ring;
struct entry *g_table;
const uint8_t *g_ram;
uint64_t g_ram_size;
uint64_t g_qemu_ram, g_qemu_ram_size;

static void *map(const char *path, int flags, int protection, uint64_t *size)
{
    struct stat status;
    int fd = open(path, flags | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status)) {
        complain("%s cannot be opened: %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    *size = (uint64_t)status.st_size;
    void *at = *size ? mmap(NULL, *size, protection, MAP_SHARED, fd, 0) : MAP_FAILED;
    int error = *size ? errno : EINVAL;
    close(fd);
    if (at == MAP_FAILED) {
        complain("%s cannot be mapped: %s", path, strerror(error));
        return NULL;
    }
    return at;
}

void mapping_find_ram(void)
{
    static bool looked;
    if (looked)
        return;
    looked = true;
    struct stat status;
    FILE *maps = fopen("/proc/self/maps", "re");
    if (maps && !stat(g_config.ram, &status)) {
        char line[512];
        while (fgets(line, sizeof line, maps)) {
            unsigned long from, to, offset, inode;
            unsigned major_number, minor_number;
            if (sscanf(line, "%lx-%lx %*s %lx %x:%x %lu", &from, &to, &offset, &major_number,
                       &minor_number, &inode) != 6)
                continue;
            if (from != (uint64_t)(uintptr_t)g_ram && inode == status.st_ino && !offset
                && makedev(major_number, minor_number) == status.st_dev
                && to - from == g_ram_size) {
                g_qemu_ram = from;
                g_qemu_ram_size = g_ram_size;
            }
        }
    }
    if (maps)
        fclose(maps);
}

static bool open_shared(void)
{
    uint64_t size, record_size = is_compact() ? sizeof(struct compact) : sizeof(struct record);
    struct shared *shared = map(g_config.shared, O_RDWR, PROT_READ | PROT_WRITE, &size);
    if (!shared)
        return false;
    if (size < DATA_OFFSET || shared->magic != SHARED_MAGIC || shared->version != SHARED_VERSION
        || shared->record_size != record_size || shared->file_size != size
        || !shared->capacity || shared->capacity > (size - DATA_OFFSET) / record_size
        || (g_config.mode == MODE_STORES && (shared->capacity & (shared->capacity - 1))))
        return complain("%s is not a file that this plugin can share with its reader; build plugin "
                        "and clrscope from one tree", g_config.shared);
    g_shared = shared;
    g_control = (struct control *)((char *)shared + CONTROL_OFFSET);
    g_ring = (struct record *)((char *)shared + DATA_OFFSET);
    g_compact_ring = (struct compact *)g_ring;
    g_table = (struct entry *)g_ring;
    return true;
}

bool mapping_open(void)
{
    if (!open_shared())
        return false;
    bool from_api = qemu_plugin_mem_get_value != NULL;
    bool wanted = g_config.values || g_config.alloc.to;
    if (wanted && !from_api) {
        if (!g_config.ram)
            return complain("this QEMU's plugin API %d gives no store values; they need guest RAM "
                            "in a file (ram=PATH)", g_config.api);
        g_ram = map(g_config.ram, O_RDONLY, PROT_READ, &g_ram_size);
        if (!g_ram)
            return false;
        /* Above this q35 splits RAM, and QEMU's versions differ in which address they give. */
        if (g_ram_size > 0x80000000u)
            return complain("store values on this QEMU work with at most 2 GiB of guest RAM; "
                            "give the machine less or trace without values");
    }
    g_shared->values = !wanted ? VALUES_NONE : from_api ? VALUES_FROM_API : VALUES_FROM_RAM;
    return true;
}
