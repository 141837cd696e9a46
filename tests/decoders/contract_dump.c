/* Prints the kernel's debug contract as JSON, from the one list that the kernel itself is made of.
 * Addresses are [index] forms, in the order of the list; index 0 is the placeholder. */
#include "rt.h"

#include <stddef.h>
#include <stdio.h>

int main(void)
{
    const char *comma = "", *inner = "";
    unsigned index = 1;
    printf("{\"version\":1,\"baseline\":\"empty\",\"types\":{");
#define CONTRACT_TYPE(name, type) \
    printf("%s\"%s\":{\"!\":%zu", comma, #name, sizeof(type)); comma = ",";
#define CONTRACT_FIELD(name, type, member, kind) \
    printf(",\"%s\":[%zu,\"%s\"]", #name, offsetof(type, member), kind);
#define CONTRACT_END printf("}");
#define CONTRACT_VALUE(name, value, kind)
#define CONTRACT_ADDRESS(name, symbol)
#define CONTRACT_VERSION(name, version)
#include "contract_fields.h"
#undef CONTRACT_TYPE
#undef CONTRACT_FIELD
#undef CONTRACT_END
#undef CONTRACT_VALUE
#undef CONTRACT_ADDRESS
    printf("},\"globals\":{");
#define CONTRACT_TYPE(name, type)
#define CONTRACT_FIELD(name, type, member, kind)
#define CONTRACT_END
#define CONTRACT_VALUE(name, value, kind) \
    printf("%s\"%s\":[%d,\"%s\"]", inner, #name, (int)(value), kind); inner = ",";
#define CONTRACT_ADDRESS(name, symbol) \
    printf("%s\"%s\":[[%u],\"pointer\"]", inner, #name, index++); inner = ",";
#include "contract_fields.h"
#undef CONTRACT_VALUE
#undef CONTRACT_ADDRESS
#undef CONTRACT_VERSION
#define CONTRACT_VALUE(name, value, kind)
#define CONTRACT_ADDRESS(name, symbol)
#define CONTRACT_VERSION(name, version) printf("%s\"%s\":\"%s\"", inner, #name, version); inner = ",";
    inner = "";
    printf("},\"contracts\":{");
#include "contract_fields.h"
    printf("}}\n");
    return 0;
}
