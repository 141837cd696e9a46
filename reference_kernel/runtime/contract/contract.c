/* The debug contract: .NET's data-contract descriptor (dotnet/runtime, docs/design/datacontracts)
 * with this kernel's types. The JSON text is made by the compiler: a struct of character arrays,
 * one for each piece of text, with the numbers as constant expressions (padded with spaces in
 * front, which JSON allows before a value). So there is no generator, no start-up code, and no
 * number in two places. */
#include "rt.h"
#include "trap.h"
#include "contract.h"

/* Every entry starts with its comma; the first one of each object is part of HEAD and its like. */
#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)
#define TEXT(literal) char PASTE(text_, __COUNTER__)[sizeof(literal) - 1];
#define NUMBER char PASTE(number_, __COUNTER__)[10];

/* ---- the shape ---- */
#define CONTRACT_TYPE(name, type) TEXT(",\"" #name "\":{\"!\":") NUMBER
#define CONTRACT_FIELD(name, type, member, text) \
        TEXT(",\"" #name "\":[") NUMBER TEXT(",\"" text "\"]")
#define CONTRACT_END TEXT("}\n")
#define CONTRACT_VALUE(name, number, text)
#define CONTRACT_ADDRESS(name, symbol)
#define CONTRACT_VERSION(name, version)
struct json_types {
#include "contract_fields.h"
};
#undef CONTRACT_TYPE
#undef CONTRACT_FIELD
#undef CONTRACT_END
#undef CONTRACT_VALUE
#undef CONTRACT_ADDRESS

#define CONTRACT_TYPE(name, type)
#define CONTRACT_FIELD(name, type, member, text)
#define CONTRACT_END
#define CONTRACT_VALUE(name, number, text) TEXT(",\"" #name "\":[") NUMBER TEXT(",\"" text "\"]\n")
#define CONTRACT_ADDRESS(name, symbol) TEXT(",\"" #name "\":[[") NUMBER TEXT("],\"pointer\"]\n")
struct json_globals {
#include "contract_fields.h"
};
#undef CONTRACT_VALUE
#undef CONTRACT_ADDRESS
#undef CONTRACT_VERSION

#define CONTRACT_VALUE(name, number, text)
#define CONTRACT_ADDRESS(name, symbol)
#define CONTRACT_VERSION(name, version) TEXT(",\"" #name "\":\"" version "\"")
struct json_contracts {
#include "contract_fields.h"
};
#undef CONTRACT_VERSION
#define CONTRACT_VERSION(name, version)

/* Index 0 of pointer_data is a placeholder. */
enum pointer_index {
    POINTER_NONE,
#undef CONTRACT_ADDRESS
#define CONTRACT_ADDRESS(name, symbol) POINTER_##name,
#include "contract_fields.h"
#undef CONTRACT_ADDRESS
    POINTER_COUNT,
};

#define HEAD "{\"version\":2,\"baseline\":\"empty\",\n\"types\":{\"pointer\":{\"!\":8}\n"
#define TO_GLOBALS "},\n\"globals\":{\"RuntimeName\":\"clrscope\"\n"
#define TO_CONTRACTS "},\n\"contracts\":{\"KernelDescriptor\":\"k1\""
#define TAIL "}}\n"

struct json {
    char head[sizeof(HEAD) - 1];
    struct json_types types;
    char to_globals[sizeof(TO_GLOBALS) - 1];
    struct json_globals globals;
    char to_contracts[sizeof(TO_CONTRACTS) - 1];
    struct json_contracts contracts;
    char tail[sizeof(TAIL) - 1];
};

/* ---- the content ---- */
#define DIGIT(n, power) ((n) >= (power) || (power) == 1 ? (char)('0' + (n) / (power) % 10) : ' ')
#define DIGITS(n) { DIGIT(n, 1000000000ull), DIGIT(n, 100000000ull), DIGIT(n, 10000000ull), \
        DIGIT(n, 1000000ull), DIGIT(n, 100000ull), DIGIT(n, 10000ull), DIGIT(n, 1000ull), \
        DIGIT(n, 100ull), DIGIT(n, 10ull), DIGIT(n, 1ull) }
#undef TEXT
#undef NUMBER
#define TEXT(literal) literal,
#define NUMBER(n) DIGITS((uint64_t)(n)),

static const struct json s_json = {
    .head = HEAD,
    .types = {
#undef CONTRACT_TYPE
#undef CONTRACT_FIELD
#undef CONTRACT_END
#define CONTRACT_TYPE(name, type) TEXT(",\"" #name "\":{\"!\":") NUMBER(sizeof(type))
#define CONTRACT_FIELD(name, type, member, text) \
        TEXT(",\"" #name "\":[") NUMBER(offsetof(type, member)) TEXT(",\"" text "\"]")
#define CONTRACT_END TEXT("}\n")
#define CONTRACT_ADDRESS(name, symbol)
#include "contract_fields.h"
#undef CONTRACT_TYPE
#undef CONTRACT_FIELD
#undef CONTRACT_END
    },
    .to_globals = TO_GLOBALS,
    .globals = {
#undef CONTRACT_VALUE
#undef CONTRACT_ADDRESS
#define CONTRACT_TYPE(name, type)
#define CONTRACT_FIELD(name, type, member, text)
#define CONTRACT_END
#define CONTRACT_VALUE(name, number, text) \
        TEXT(",\"" #name "\":[") NUMBER(number) TEXT(",\"" text "\"]\n")
#define CONTRACT_ADDRESS(name, symbol) \
        TEXT(",\"" #name "\":[[") NUMBER(POINTER_##name) TEXT("],\"pointer\"]\n")
#include "contract_fields.h"
    },
    .to_contracts = TO_CONTRACTS,
    .contracts = {
#undef CONTRACT_VALUE
#undef CONTRACT_ADDRESS
#undef CONTRACT_VERSION
#define CONTRACT_VALUE(name, number, text)
#define CONTRACT_ADDRESS(name, symbol)
#define CONTRACT_VERSION(name, version) TEXT(",\"" #name "\":\"" version "\"")
#include "contract_fields.h"
#undef CONTRACT_VERSION
    },
    .tail = TAIL,
};
#define CONTRACT_VERSION(name, version)
_Static_assert(_Alignof(struct json) == 1, "the text has no padding");

static const void *const s_pointer_data[POINTER_COUNT] = {
#undef CONTRACT_ADDRESS
#define CONTRACT_ADDRESS(name, symbol) [POINTER_##name] = &symbol,
#include "contract_fields.h"
};

const struct contract_descriptor DotNetRuntimeContractDescriptor
    __attribute__((used, visibility("default"))) = {
    .magic = 0x0043414443434E44ull,     /* "DNCCDAC\0" */
    .flags = 1,
    .descriptor_size = sizeof s_json,
    .descriptor = (const char *)&s_json,
    .pointer_data_count = POINTER_COUNT,
    .pointer_data = (const void *const *)s_pointer_data,
};

/* Which build this is: the linker's build id, so that symbols and memory can be matched. */

char g_build_id[64];

/* Where the linker script puts the note (ELF: namesz, descsz, type, name, descriptor). */
extern const uint8_t __build_id_note[] __attribute__((weak));

void contract_init(void)
{
    static const char digits[] = "0123456789abcdef";
    /* the host library: it runs in the process that loaded it */
    if (!__build_id_note) {
        plat_snprintf(g_build_id, sizeof g_build_id, "host");
        return;
    }
    const uint32_t *note = (const uint32_t *)(const void *)__build_id_note;
    const uint8_t *id = __build_id_note + 12 + ((note[0] + 3) & ~3u);
    size_t at = 0;
    for (uint32_t i = 0; i < note[1] && at + 2 < sizeof g_build_id; i++) {
        g_build_id[at++] = digits[id[i] >> 4];
        g_build_id[at++] = digits[id[i] & 15];
    }
    g_build_id[at] = 0;
}
