/* The parts of the nucleus test payload. */
#ifndef PAYLOAD_H
#define PAYLOAD_H

#include <stdbool.h>

/* Says ok or FAILED; a failure ends the run with status 1. */
void expect(bool ok, const char *what);

/* drivers.c: C functions in the place of managed Probe and Bind. */
void test_drivers(void);
void test_drivers_lost(void);
void test_bound_wrong(void);
void test_driver_missing(void);
void test_exports(void);

#endif
