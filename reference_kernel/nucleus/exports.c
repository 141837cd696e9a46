/* What managed code may call of the nucleus: managed/EXPORTS.md, part "Platform". */
#include "driver_core.h"
#include "memory.h"
#include "nucleus.h"
#include "rt.h"
#include "x86.h"

/* ---- console, end, time ---- */

static CLR_ABI void console_write(int32_t channel, const uint8_t *utf8, int32_t count)
{
    if (count > 0)
        plat_write(channel == 2 ? PLAT_ERR : PLAT_OUT, (const char *)utf8, (size_t)count);
}

static CLR_ABI void env_exit(int32_t status)
{
    plat_exit(plat_option("program") ? "program" : "kernel", status);
}

static CLR_ABI int64_t time_ns(void) { return (int64_t)clock_nanoseconds(); }
static CLR_ABI int64_t time_utc_ticks(void) { return clock_utc_ticks(); }

/* ---- processor ---- */

static CLR_ABI void mem_fence(void) { __asm__ volatile("mfence" : : : "memory"); }
static CLR_ABI void cpu_pause(void) { __asm__ volatile("pause" : : : "memory"); }

static CLR_ABI uint8_t port_in8(uint16_t port) { return inb(port); }
static CLR_ABI uint16_t port_in16(uint16_t port) { return inw(port); }
static CLR_ABI uint32_t port_in32(uint16_t port) { return inl(port); }
static CLR_ABI void port_out8(uint16_t port, uint8_t value) { outb(port, value); }
static CLR_ABI void port_out16(uint16_t port, uint16_t value) { outw(port, value); }
static CLR_ABI void port_out32(uint16_t port, uint32_t value) { outl(port, value); }

/* ---- device memory ---- */

static CLR_ABI void *export_mmio_map(uint64_t physical, uint64_t size)
{
    return mmio_map(physical, size);
}

static CLR_ABI void *dma_alloc(uint64_t size, uint64_t align, uint64_t *physical)
{
    if (align > PAGE_SIZE || (align & (align - 1)))
        plat_panic("dma_alloc: alignment %lu is no power of two up to %lu", align, PAGE_SIZE);
    void *memory = plat_pages(size);        /* whole pages out of the direct map: consecutive */
    if (memory)
        *physical = direct_to_physical(memory);
    return memory;
}

static CLR_ABI void dma_free(void *memory, uint64_t size)
{
    if (memory)
        plat_pages_free(memory, size);
}

#define EXPORT(name) {#name, (void *)name}

const struct rt_export plat_exports[] = {
    EXPORT(console_write), EXPORT(env_exit), EXPORT(time_ns), EXPORT(time_utc_ticks),
    {"check_failed", (void *)rt_check_failed}, EXPORT(mem_fence), EXPORT(cpu_pause),
    EXPORT(port_in8), EXPORT(port_in16), EXPORT(port_in32),
    EXPORT(port_out8), EXPORT(port_out16), EXPORT(port_out32),
    {"mmio_map", (void *)export_mmio_map}, EXPORT(dma_alloc), EXPORT(dma_free),
    EXPORT(drv_register), EXPORT(drv_bind_all), EXPORT(drv_bound),
};
const size_t plat_export_count = ARRAY_SIZE(plat_exports);
