#ifndef CLR_CHECK_RECORDS_H
#define CLR_CHECK_RECORDS_H

#include "rt.h"

/* What a loaded type and a compiled method promise to whoever uses their records: ranges that lie
 * inside what they belong to, fields and locals that do not overlap. Aborts with a sentence. */
void check_type(const struct type_desc *type);
void check_code(const struct jit_code *code, const uint8_t *region, size_t region_size);

#endif
