/* The driver core: ahead-of-time compiled C that calls managed drivers through plain function
 * pointers, and is itself called from managed code.
 *
 * gcc keeps the device cursor of drv_bind_all in a callee-saved register across these calls (a test
 * disassembles the kernel to prove it). Generated code that does not give such a register back
 * breaks the very next line. */
#include "driver_core.h"
#include "check.h"
#include "nucleus.h"
#include "pci.h"
#include "rt.h"

#define MAX_DRIVERS 16

typedef bool CLR_ABI driver_method(uint8_t bus, uint8_t device, uint8_t function);

struct driver {
    char name[48];
    driver_method *probe;
    driver_method *bind;
    uint32_t matches, bound, failed;
};

static struct driver drivers[MAX_DRIVERS];
static int32_t driver_count;
static struct pci_device *binding;          /* the device whose Bind is running */

CLR_ABI int32_t drv_register(const struct rt_string *name, const struct rt_string *assembly,
                             const struct rt_string *type)
{
    char assembly_text[64], type_text[160];
    if (driver_count == MAX_DRIVERS) {
        plat_log("[Drivers] the table of %d drivers is full\n", MAX_DRIVERS);
        return -1;
    }
    struct driver *driver = &drivers[driver_count];
    string_to_utf8(name, driver->name, sizeof driver->name);
    string_to_utf8(assembly, assembly_text, sizeof assembly_text);
    string_to_utf8(type, type_text, sizeof type_text);
    driver->probe = (driver_method *)rt_method_pointer(assembly_text, type_text, "Probe");
    driver->bind = (driver_method *)rt_method_pointer(assembly_text, type_text, "Bind");
    if (!driver->probe || !driver->bind) {
        plat_log("[Drivers] %s: %s has no static Probe and Bind\n", driver->name, type_text);
        return -1;
    }
    return driver_count++;
}

static void announce(const struct driver *driver, const struct pci_device *device)
{
    plat_log("[Drivers] %s: %s %04x:%04x\n", driver->name, device->slot, device->vendor_id,
             device->device_id);
}

CLR_ABI int32_t drv_bind_all(void)
{
    int32_t bound = 0;
    for (struct pci_device *cursor = pci_first(); cursor; cursor = cursor->next) {
        for (struct driver *driver = drivers; driver < drivers + driver_count; driver++) {
            bool match = driver->probe(cursor->bus, cursor->device, cursor->function);
            cursor->state->probes++;
            if (!match)
                continue;
            driver->matches++;
            announce(driver, cursor);
            binding = cursor;
            bool ok = driver->bind(cursor->bus, cursor->device, cursor->function);
            cursor->state->binds++;
            binding = NULL;
            if (!ok) {
                driver->failed++;
                plat_log("[Drivers]   Bind failed\n");
                continue;
            }
            cursor->state->driver = driver;
            driver->bound++;
            bound++;
            plat_log("[Drivers]   Bind successful\n");
            break;
        }
    }
    return bound;
}

/* ---- the managed PciDeviceInfo, seen from C ---- */

/* Offsets from the object's start, as the architecture fixes them. */
struct pci_device_info {
    struct method_table *mt;
    uint8_t bus, device, function, padding;
    uint16_t vendor_id;
    uint16_t device_id;
    uint8_t revision, class_code, subclass, prog_if;
    uint16_t subsystem_vendor_id, subsystem_device_id;
    uint8_t header_type, is_multi_function, interrupt_line, interrupt_pin, msi, msix;
    uint8_t padding2[2];
    struct rt_array *bars;
    uint64_t config_space_address;
};
_Static_assert(offsetof(struct pci_device_info, vendor_id) == 12, "VendorId");
_Static_assert(offsetof(struct pci_device_info, prog_if) == 19, "ProgIf");
_Static_assert(offsetof(struct pci_device_info, bars) == 32, "Bars");
_Static_assert(sizeof(struct pci_device_info) == 48, "BaseSize");

static void expect(const char *field, uint32_t expected, uint32_t actual)
{
    if (expected == actual)
        return;
    char what[64], e[16], a[16];
    plat_snprintf(what, sizeof what, "PciDeviceInfo.%s as C reads it", field);
    plat_snprintf(e, sizeof e, "0x%x", expected);
    plat_snprintf(a, sizeof a, "0x%x", actual);
    check_failed_text(e, a, what);
}

CLR_ABI void drv_bound(const struct pci_device_info *info)
{
    uint8_t bus = binding ? binding->bus : info->bus;
    uint8_t device = binding ? binding->device : info->device;
    uint8_t function = binding ? binding->function : info->function;
    expect("ProgIf", pci_read8(bus, device, function, 9), info->prog_if);
    expect("Address", (uint32_t)bus << 16 | (uint32_t)device << 8 | function,
           (uint32_t)info->bus << 16 | (uint32_t)info->device << 8 | info->function);
    expect("VendorId", pci_read16(bus, device, function, 0), info->vendor_id);
    expect("DeviceId", pci_read16(bus, device, function, 2), info->device_id);
    expect("Bars.Length", 6, info->bars ? info->bars->length : 0);
}
