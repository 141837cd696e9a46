/* The plugin's options, NAME=VALUE each, as QEMU hands them over. */
#include "clrtrace.h"

#include <stdlib.h>
#include <string.h>

static bool hex(const char **at, uint64_t *value)
{
    char *end;
    *value = strtoull(*at, &end, 16);
    bool any = end != *at;
    *at = end;
    return any;
}

/* FROM-TO in hexadecimal, TO exclusive. */
static bool range(const char **at, struct range *out)
{
    return hex(at, &out->from) && *(*at)++ == '-' && hex(at, &out->to) && out->from < out->to;
}

static bool ranges(const char *name, const char *value, struct range *out, unsigned *count)
{
    const char *at = value;
    for (;;) {
        if (*count == MAX_SCOPES)
            return complain("%s has more than %d ranges; join neighbouring ones", name, MAX_SCOPES);
        if (!range(&at, &out[(*count)++]))
            break;
        if (!*at)
            return true;
        if (*at++ != '+')
            break;
    }
    return complain("%s=%s is not FROM-TO[+FROM-TO...] in hexadecimal", name, value);
}

static bool one_range(const char *name, const char *value, struct range *out)
{
    const char *at = value;
    if (range(&at, out) && !*at)
        return true;
    return complain("%s=%s is not FROM-TO in hexadecimal", name, value);
}

/* The position of `value` among the words; complains when it is none of them. */
static bool choice(const char *name, const char *value, const char *const *words, int *out)
{
    for (int i = 0; words[i]; i++)
        if (!strcmp(words[i], value)) {
            *out = i;
            return true;
        }
    return complain("%s=%s is not known to this plugin; build plugin and clrscope from one tree",
                    name, value);
}

static bool option(char *text)
{
    static const char *const modes[] = {"stores", "coverage", "profile", NULL};
    static const char *const counts[] = {"off", "block", "exact", NULL};
    static const char *const switches[] = {"off", "on", NULL};
    static const char *const fulls[] = {"count", "block", NULL};
    static const char *const frames[] = {"keep", "skip", "entries", "calls", NULL};
    char *value = strchr(text, '=');
    if (!value)
        return complain("the option %s has no value", text);
    *value++ = 0;
    int chosen = 0;
    bool ok = true;
    if (!strcmp(text, "shared"))
        g_config.shared = value;
    else if (!strcmp(text, "ram"))
        g_config.ram = value;
    else if (!strcmp(text, "mode") && (ok = choice(text, value, modes, &chosen)))
        g_config.mode = (enum mode)chosen;
    else if (!strcmp(text, "count") && (ok = choice(text, value, counts, &chosen)))
        g_config.count = (enum count_mode)chosen;
    else if (!strcmp(text, "values") && (ok = choice(text, value, switches, &chosen)))
        g_config.values = chosen;
    else if (!strcmp(text, "full") && (ok = choice(text, value, fulls, &chosen)))
        g_config.block_when_full = chosen;
    else if (!strcmp(text, "frame") && (ok = choice(text, value, frames, &chosen)))
        g_config.frame = (enum frame_mode)chosen;
    else if (!strcmp(text, "returns") && (ok = choice(text, value, switches, &chosen)))
        g_config.returns = chosen;
    else if (!strcmp(text, "scope"))
        ok = ranges(text, value, g_config.scopes, &g_config.scope_count);
    else if (!strcmp(text, "also"))
        ok = ranges(text, value, g_config.also, &g_config.also_count);
    else if (!strcmp(text, "alloc"))
        ok = one_range(text, value, &g_config.alloc);
    else if (!strcmp(text, "heap"))
        ok = one_range(text, value, &g_config.heap);
    else if (ok)
        ok = complain("the option %s is not known to this plugin; build plugin and clrscope from "
                      "one tree", text);
    return ok;
}

bool options_parse(int argc, char **argv)
{
    g_config.block_when_full = true;
    g_config.count = COUNT_BLOCK;
    for (int i = 0; i < argc; i++)
        if (!option(argv[i]))
            return false;
    if (!g_config.shared)
        return complain("no shared=PATH was given; start QEMU through clrscope");
    return true;
}
