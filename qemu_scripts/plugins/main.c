#include "clrtrace.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct config g_config;

bool complain(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("clrtrace: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return false;
}

void *keep(size_t size)
{
    void *at = calloc(1, size);
    if (!at) {
        complain("QEMU's process is out of memory; trace a smaller scope");
        abort();
    }
    return at;
}

static bool in_one_of(const struct range *ranges, unsigned count, uint64_t pc)
{
    for (unsigned i = 0; i < count; i++)
        if (pc >= ranges[i].from && pc < ranges[i].to)
            return true;
    return false;
}

bool in_scope(uint64_t pc)
{
    return g_config.scope_count == 0 || in_one_of(g_config.scopes, g_config.scope_count, pc);
}

static bool touch(const struct range *ranges, unsigned count, struct range span)
{
    for (unsigned i = 0; i < count; i++)
        if (span.from < ranges[i].to && ranges[i].from < span.to)
            return true;
    return false;
}

bool touches_scope(struct range span)
{
    return g_config.scope_count == 0 || touch(g_config.scopes, g_config.scope_count, span)
           || touch(g_config.also, g_config.also_count, span);
}

bool in_also(uint64_t pc) { return in_one_of(g_config.also, g_config.also_count, pc); }

static void translate(struct qemu_plugin_tb *tb)
{
    api_clock_block(tb);
    switch (g_config.mode) {
    case MODE_STORES: stores_translate(tb); break;
    case MODE_COVERAGE: coverage_translate(tb); break;
    case MODE_PROFILE: profile_translate(tb); break;
    }
}

static void at_exit(void)
{
    if (g_config.vcpus == 1 && g_config.count != COUNT_OFF)
        g_shared->instructions = api_clock(0);
    __atomic_store_n(&g_shared->state, STATE_ENDED, __ATOMIC_RELEASE);
}

int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    g_config.api = info->version.cur;
    if (!info->system_emulation || strcmp(info->target_name, "x86_64")) {
        complain("this plugin is for qemu-system-x86_64, not for %s", info->target_name);
        return 1;
    }
    g_config.vcpus = (unsigned)info->system.max_vcpus;
    if (g_config.vcpus < 1 || g_config.vcpus > MAX_VCPUS) {
        complain("the machine may have %u vCPUs; this plugin serves 1 to %d", g_config.vcpus,
                 MAX_VCPUS);
        return 1;
    }
    if (!options_parse(argc, argv) || !mapping_open())
        return 1;
    g_shared->api = (uint32_t)g_config.api;
    g_shared->vcpus = g_config.vcpus;
    api_clock_init();
    if (g_config.mode == MODE_PROFILE)
        profile_init();
    api_on_translation(id, translate);
    api_at_exit(id, at_exit);
    __atomic_store_n(&g_shared->state, STATE_ATTACHED, __ATOMIC_RELEASE);
    return 0;
}
