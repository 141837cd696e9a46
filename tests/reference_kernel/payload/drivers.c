/* The driver core and the exports, driven as managed code would drive them. */
#include "payload.h"

#include "driver_core.h"
#include "memory.h"
#include "nucleus.h"
#include "pci.h"
#include "rt.h"

/* A rt_string with up to 60 characters out of an ASCII text. */
struct text {
    struct rt_string head;
    uint16_t room[64];
};

static struct rt_string *text(struct text *t, const char *ascii)
{
    t->head.length = (int32_t)strlen(ascii);
    for (int32_t i = 0; i < t->head.length; i++)
        t->head.chars[i] = (uint8_t)ascii[i];
    return &t->head;
}

static int32_t add(const char *name, const char *type)
{
    struct text n, a, t;
    return drv_register(text(&n, name), text(&a, "drivers"), text(&t, type));
}

static bool never(uint8_t bus, uint8_t device, uint8_t function)
{
    (void)bus, (void)device, (void)function;
    return false;
}

static bool is_lpc(uint8_t bus, uint8_t device, uint8_t function)
{
    return pci_read32(bus, device, function, 8) >> 16 == 0x0601;
}

static bool is_sata(uint8_t bus, uint8_t device, uint8_t function)
{
    return pci_read32(bus, device, function, 8) >> 16 == 0x0106;
}

static int binds;
static struct rt_array bars = {NULL, 6, 0, {}};
static uint8_t info[48];
static uint8_t wrong_prog_if;

static void fill_info(uint8_t bus, uint8_t device, uint8_t function)
{
    info[8] = bus;
    info[9] = device;
    info[10] = function;
    *(uint32_t *)(info + 12) = pci_read32(bus, device, function, 0);
    info[19] = pci_read8(bus, device, function, 9) ^ wrong_prog_if;
    *(struct rt_array **)(info + 32) = &bars;
}

static bool good_bind(uint8_t bus, uint8_t device, uint8_t function)
{
    binds++;
    fill_info(bus, device, function);
    drv_bound((struct pci_device_info *)info);
    return true;
}

static bool failing_bind(uint8_t bus, uint8_t device, uint8_t function)
{
    binds++;
    return bus + device + function == 0;
}

/* What the fault callee-saved-lost does, without any JIT. */
static bool losing_bind(uint8_t bus, uint8_t device, uint8_t function)
{
    (void)bus, (void)device, (void)function;
    /* no clobbers named: gcc does not know, so nothing is saved */
    __asm__ volatile("xorl %ebx, %ebx\n\txorl %r12d, %r12d\n\txorl %r13d, %r13d\n\t"
                     "xorl %r14d, %r14d\n\txorl %r15d, %r15d");
    return true;
}

void *rt_method_pointer(const char *assembly, const char *type, const char *method)
{
    static const struct {
        const char *type;
        void *probe, *bind;
    } drivers[] = {
        {"Good", (void *)is_lpc, (void *)good_bind},
        {"Failing", (void *)is_sata, (void *)failing_bind},
        {"Idle", (void *)never, (void *)failing_bind},
        {"Losing", (void *)is_lpc, (void *)losing_bind},
    };
    for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
        if (!strcmp(assembly, "drivers") && !strcmp(drivers[i].type, type))
            return strcmp(method, "Bind") ? drivers[i].probe : drivers[i].bind;
    return NULL;
}

void test_drivers(void)
{
    expect(add("idle", "Idle") == 0 && add("good", "Good") == 1 && add("sata", "Failing") == 2,
           "three drivers registered");
    expect(drv_bind_all() == 1, "one bound");
    expect(binds == 2, "two Binds called");
    size_t probed = 0, bound = 0;
    for (struct pci_device *d = pci_first(); d; d = d->next) {
        probed += d->state->probes;
        bound += d->state->driver != NULL;
    }
    expect(probed == 3 * pci_count() - 1, "each driver looked at each free device");
    expect(bound == 1, "one device has a driver");
}

void test_drivers_lost(void)
{
    add("loser", "Losing");
    plat_log("bound %d\n", drv_bind_all());
}

void test_bound_wrong(void)
{
    wrong_prog_if = 0x55;
    add("good", "Good");
    drv_bind_all();
}

void test_driver_missing(void)
{
    expect(add("ghost", "NoSuchType") == -1, "a type without methods is refused");
    for (int i = 0; i < 16; i++)
        expect(add("idle", "Idle") == i, "registered");
    expect(add("idle", "Idle") == -1, "the table is full");
}

static void *export(const char *key)
{
    for (size_t i = 0; i < plat_export_count; i++)
        if (!strcmp(plat_exports[i].key, key))
            return plat_exports[i].function;
    plat_panic("no export named %s", key);
}

void test_exports(void)
{
    static const char *const names[] = {
        "console_write", "env_exit", "time_ns", "time_utc_ticks", "mem_fence", "cpu_pause",
        "port_in8", "port_in16", "port_in32", "port_out8", "port_out16", "port_out32",
        "mmio_map", "dma_alloc", "dma_free", "drv_register", "drv_bind_all", "drv_bound",
        "check_failed",
    };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        export(names[i]);

    /* HPET capabilities: vendor 0x8086, revision 1 */
    volatile uint32_t *hpet = ((void *(*)(uint64_t, uint64_t))export("mmio_map"))(0xFED00004 - 4, 8);
    expect(hpet && *hpet >> 16 == 0x8086, "mmio_map shows the HPET");
    expect(!((void *(*)(uint64_t, uint64_t))export("mmio_map"))(0, 0), "mmio_map of nothing");

    uint64_t physical = 0, seen;
    uint8_t *dma = ((void *(*)(uint64_t, uint64_t, uint64_t *))export("dma_alloc"))(9000, 4096,
                                                                                    &physical);
    expect(dma && physical && !(physical & 4095), "dma_alloc");
    for (int page = 0; page < 3; page++)
        expect(paging_translate((uint64_t)dma + page * PAGE_SIZE, &seen)
               && seen == physical + page * PAGE_SIZE, "physically contiguous");
    ((void (*)(void *, uint64_t))export("dma_free"))(dma, 9000);

    ((void (*)(uint16_t, uint32_t))export("port_out32"))(0xCF8, 0x80000000);
    expect((((uint32_t (*)(uint16_t))export("port_in32"))(0xCFC) & 0xFFFF) == 0x8086,
           "ports reach PCI configuration space");
    expect(((int64_t (*)(void))export("time_ns"))() > 0, "time_ns");
    ((void (*)(int32_t, const uint8_t *, int32_t))export("console_write"))(1, (void *)"out\n", 4);
    ((void (*)(int32_t, const uint8_t *, int32_t))export("console_write"))(2, (void *)"err\n", 4);
    struct text e, a, w;
    text(&e, "smile")->chars[1] = 0xD83D;       /* a surrogate pair, and quotes */
    e.head.chars[2] = 0xDE00;
    text(&a, "\"lone\"")->chars[1] = 0xDC00;
    ((void (*)(void *, void *, void *))export("check_failed"))(&e, &a, text(&w, "the check"));
}
