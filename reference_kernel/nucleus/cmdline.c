/* The kernel command line: words separated by spaces, `key=value` or a bare `key` (value ""). A
 * value that holds spaces is put in double quotes. The multiboot loader's first word, the kernel's
 * file name, is skipped. */
#include "nucleus.h"

#define MAX_TEXT 4096
#define MAX_OPTIONS 64

struct option {
    const char *key, *value;
};

static char storage[MAX_TEXT];
static struct option options[MAX_OPTIONS];
static size_t option_count;

/* Cuts the next word off *at in place, quotes removed; NULL at the end. */
static char *next_word(char **at)
{
    char *p = *at;
    while (*p == ' ')
        p++;
    if (!*p)
        return NULL;
    char *word = p, *out = p;
    for (bool quoted = false; *p && (quoted || *p != ' '); p++) {
        if (*p == '"')
            quoted = !quoted;
        else
            *out++ = *p;
    }
    *at = *p ? p + 1 : p;
    *out = 0;
    return word;
}

void cmdline_parse(const char *text)
{
    size_t n = strlen(text);
    if (n >= sizeof storage)
        plat_panic("the kernel command line has %zu characters, at most %d are possible", n,
                   MAX_TEXT - 1);
    memcpy(storage, text, n + 1);
    char *at = storage;
    char *word = next_word(&at);            /* the kernel's file name */
    while (word && (word = next_word(&at))) {
        if (option_count == MAX_OPTIONS)
            plat_panic("the kernel command line has more than %d options", MAX_OPTIONS);
        struct option *option = &options[option_count++];
        option->key = word;
        option->value = "";
        for (; *word; word++) {
            if (*word == '=') {
                *word = 0;
                option->value = word + 1;
                break;
            }
        }
    }
}

const char *plat_option(const char *key)
{
    for (size_t i = 0; i < option_count; i++)
        if (!strcmp(options[i].key, key))
            return options[i].value;
    return NULL;
}
