/* Time since the kernel's entry: the time-stamp counter, scaled once against the ACPI-independent
 * HPET (IA-PC HPET specification 1.0a) or, on a machine without one, against the PIT. Scaling waits
 * until somebody asks for time, so that a boot does not pay for it. */
#include "memory.h"
#include "nucleus.h"
#include "x86.h"

#define HPET_PHYSICAL 0xFED00000ull
#define HPET_CAPABILITIES 0x00      /* counter period in femtoseconds in the upper half */
#define HPET_CONFIGURATION 0x10
#define HPET_COUNTER 0xF0
#define FEMTOSECONDS_PER_MICROSECOND 1000000000ull

#define PIT_CHANNEL_2 0x42
#define PIT_COMMAND 0x43
#define PIT_GATE 0x61
#define PIT_HZ 1193182u

#define CALIBRATION_MICROSECONDS 1000u

static uint64_t ticks_per_millisecond;

static uint64_t hpet_read(const volatile uint8_t *hpet, unsigned offset)
{
    return *(const volatile uint64_t *)(hpet + offset);
}

/* TSC ticks in the calibration interval, 0 when the machine has no HPET. */
static uint64_t calibrate_by_hpet(void)
{
    volatile uint8_t *hpet = mmio_map(HPET_PHYSICAL, PAGE_SIZE);
    if (!hpet)
        return 0;
    uint64_t period = hpet_read(hpet, HPET_CAPABILITIES) >> 32;
    if (period == 0 || period > 100000000)      /* the specification's upper bound */
        return 0;
    *(volatile uint64_t *)(hpet + HPET_CONFIGURATION) |= 1;
    uint64_t wanted = CALIBRATION_MICROSECONDS * FEMTOSECONDS_PER_MICROSECOND / period;
    uint64_t from = hpet_read(hpet, HPET_COUNTER), tsc = rdtsc(), now;
    do {
        now = hpet_read(hpet, HPET_COUNTER);
    } while (now - from < wanted);
    return (rdtsc() - tsc) * wanted / (now - from);
}

static uint64_t calibrate_by_pit(void)
{
    unsigned count = (unsigned)((uint64_t)PIT_HZ * CALIBRATION_MICROSECONDS / 1000000);
    outb(PIT_GATE, (inb(PIT_GATE) & ~2u) | 1);  /* gate on, speaker off */
    outb(PIT_COMMAND, 0xB0);                    /* channel 2, both bytes, mode 0 */
    outb(PIT_CHANNEL_2, count & 0xFF);
    outb(PIT_CHANNEL_2, (uint8_t)(count >> 8));
    uint64_t tsc = rdtsc();
    while (!(inb(PIT_GATE) & 0x20))
        ;
    return rdtsc() - tsc;
}

static void calibrate(void)
{
    uint64_t ticks = calibrate_by_hpet();
    if (!ticks)
        ticks = calibrate_by_pit();
    ticks_per_millisecond = ticks * 1000 / CALIBRATION_MICROSECONDS;
    if (!ticks_per_millisecond)
        plat_panic("the time-stamp counter does not advance");
}

uint64_t clock_from_ticks(uint64_t ticks)
{
    if (!ticks_per_millisecond)
        calibrate();
    return ticks / ticks_per_millisecond * 1000000
           + ticks % ticks_per_millisecond * 1000000 / ticks_per_millisecond;
}

uint64_t clock_nanoseconds(void)
{
    return clock_from_ticks(rdtsc() - g_boot_tsc);
}

uint64_t plat_milliseconds(void)
{
    return clock_nanoseconds() / 1000000;
}

uint64_t plat_ticks(void)
{
    return rdtsc();
}

/* ---- calendar: the CMOS clock, MC146818 register layout ---- */

#define CMOS_INDEX 0x70
#define CMOS_DATA 0x71

static unsigned cmos(unsigned index)
{
    outb(CMOS_INDEX, (uint8_t)(0x80 | index));  /* bit 7: NMI stays off while we look */
    unsigned value = inb(CMOS_DATA);
    outb(CMOS_INDEX, 0);
    return value;
}

static unsigned from_bcd(unsigned value, bool bcd)
{
    return bcd ? (value >> 4) * 10 + (value & 15) : value;
}

/* 100 ns units since 0001-01-01 00:00, to the second. */
int64_t clock_utc_ticks(void)
{
    unsigned part[6], again[6];
    static const uint8_t registers[6] = {0, 2, 4, 7, 8, 9};
    do {
        while (cmos(10) & 0x80)                 /* update in progress */
            ;
        for (int i = 0; i < 6; i++)
            part[i] = cmos(registers[i]);
        for (int i = 0; i < 6; i++)
            again[i] = cmos(registers[i]);
    } while (memcmp(part, again, sizeof part));
    unsigned format = cmos(11);
    bool bcd = !(format & 4), pm = !(format & 2) && part[2] & 0x80;
    part[2] &= 0x7F;
    for (int i = 0; i < 6; i++)
        part[i] = from_bcd(part[i], bcd);
    if (!(format & 2))
        part[2] = part[2] % 12 + (pm ? 12 : 0);
    unsigned year = 2000 + part[5], month = part[4], day = part[3];
    static const uint16_t days_before[12] = {0,   31,  59,  90,  120, 151,
                                             181, 212, 243, 273, 304, 334};
    if (month < 1 || month > 12)
        plat_panic("the CMOS clock says that it is month %u", month);
    uint64_t y = year - 1, days = y * 365 + y / 4 - y / 100 + y / 400 + days_before[month - 1];
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    days += day - 1 + (leap && month > 2);
    return (int64_t)((((days * 24 + part[2]) * 60 + part[1]) * 60 + part[0]) * 10000000);
}
