/* clrhost: runs an assembly in this process, or compiles all of it, or prints its types.
 *
 *   clrhost [OPTION...] PROGRAM.exe [ARG...]
 *   clrhost [OPTION...] --compile-all FILE       compiles everything, runs nothing
 *   clrhost [OPTION...] --dump-types FILE        JSON
 *
 * --korlib FILE (default: managed/korlib.dll beside the folder of this program), --module FILE (any
 * number), --fault F, --trace stfld, --on-compile-fail continue, --code BYTES (of room for code).
 * Assemblies beside FILE are handed over too. */
#define _GNU_SOURCE
#include "host.h"

#include <dirent.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int stop(int status, const char *text)
{
    fprintf(stderr, "clrhost: %s\n", text);
    return status;
}

static void default_korlib(char *out, size_t size)
{
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    self[length > 0 ? length : 0] = 0;
    snprintf(out, size, "%s/../managed/korlib.dll", dirname(self));
}

/* Like a program's own folder under mono: what it refers to lies beside it. */
static int add_neighbours(const char *file)
{
    char folder[PATH_MAX], path[PATH_MAX + 300];
    snprintf(folder, sizeof folder, "%s", file);
    const char *base = strrchr(file, '/') ? strrchr(file, '/') + 1 : file;
    const char *parent = dirname(folder);
    DIR *dir = opendir(parent);
    if (!dir)
        /* the file itself then cannot be read either, and says so */
        return 0;
    int result = 0;
    for (struct dirent *entry; result == 0 && (entry = readdir(dir)) != NULL;) {
        size_t length = strlen(entry->d_name);
        if (length < 5 || strcmp(entry->d_name + length - 4, ".dll") ||
            !strcmp(entry->d_name, base) ||
            !strcmp(entry->d_name, "korlib.dll"))
            continue;
        snprintf(path, sizeof path, "%s/%s", parent, entry->d_name);
        result = clrhost_add_file(path);
    }
    closedir(dir);
    return result;
}

static int compile_all(const char *module)
{
    struct clrhost_statistics s;
    if (clrhost_compile_all(module, &s) < 0)
        return stop(HOST_COMPILE_FAILED, clrhost_error());
    fputs(clrhost_failures(), stderr);
    printf("{\"types\":%lu,\"types_failed\":%lu,\"methods\":%lu,\"methods_failed\":%lu,"
           "\"il_bytes\":%lu,\"code_bytes\":%lu,\"nanoseconds\":%lu}\n", s.types, s.types_failed,
           s.methods, s.methods_failed, s.il_bytes, s.code_bytes, s.nanoseconds);
    return 0;
}

static int run(const char *module, int argc, char **argv)
{
    int status;
    host_signals_install();
    if (clrhost_run(module, argc, (const char *const *)argv, &status) < 0)
        return stop(HOST_COMPILE_FAILED, clrhost_error());
    if (*clrhost_error())
        fprintf(stderr, "clrhost: %s\n", clrhost_error());
    return status & 0xFF;
}

int main(int argc, char **argv)
{
    char korlib[PATH_MAX + 32];
    const char *mode = NULL;
    int at = 1, failed = 0;
    default_korlib(korlib, sizeof korlib);
    for (; at < argc && !strncmp(argv[at], "--", 2); at++) {
        const char *option = argv[at];
        if (!strcmp(option, "--compile-all") || !strcmp(option, "--dump-types")) {
            mode = option;
            continue;
        }
        if (at + 1 == argc)
            return stop(HOST_USAGE, "an option lacks its value; main.c says what there is");
        const char *value = argv[++at];
        if (!strcmp(option, "--korlib"))
            snprintf(korlib, sizeof korlib, "%s", value);
        else if (!strcmp(option, "--module"))
            failed |= clrhost_add_file(value);
        else if (!strcmp(option, "--fault"))
            failed |= clrhost_option("jit.fault", value);
        else if (!strcmp(option, "--trace"))
            failed |= clrhost_option("jit.trace", value);
        else if (!strcmp(option, "--on-compile-fail"))
            failed |= clrhost_option("oncompilefail", value);
        else if (!strcmp(option, "--code"))
            failed |= clrhost_option("host.code", value);
        else
            return stop(HOST_USAGE, "unknown option; known are --korlib --module --fault --trace "
                        "--on-compile-fail --code --compile-all --dump-types");
    }
    if (at == argc)
        return stop(HOST_USAGE, "which assembly?");
    const char *file = argv[at++];
    const char *name = strrchr(file, '/') ? strrchr(file, '/') + 1 : file;
    bool is_korlib = !strcmp(name, "korlib.dll");
    if (failed || clrhost_add_file(is_korlib ? file : korlib) < 0 ||
        (!is_korlib && clrhost_add_file(file) < 0) || add_neighbours(file) < 0 ||
            clrhost_create() < 0)
        return stop(HOST_ENVIRONMENT, clrhost_error());
    int status;
    if (mode && !strcmp(mode, "--compile-all")) {
        status = compile_all(name);
    } else if (mode) {
        const char *json = clrhost_dump_types(name);
        if (json)
            fputs(json, stdout);
        status = json ? 0 : stop(HOST_COMPILE_FAILED, clrhost_error());
    } else {
        status = run(name, argc - at, argv + at);
    }
    clrhost_destroy();
    return status;
}
