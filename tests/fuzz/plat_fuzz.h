#ifndef CLR_PLAT_FUZZ_H
#define CLR_PLAT_FUZZ_H

/* Reads korlib ($CLR_FUZZ_KORLIB, else build/managed/korlib.dll) and reserves the heap. Once and
 * first. With CLR_FUZZ_LOG set the kernel's log goes to stderr. */
void plat_fuzz_start(void);

/* From here on plat_pages has as much as a guest with 256 MiB, or with CLR_FUZZ_ROOM set that many
 * KiB; and without a bound again. */
void plat_fuzz_limit(void);
void plat_fuzz_unlimited(void);

#endif
