/* PCI configuration space by ports 0xCF8 and 0xCFC (PCI Local Bus 3.0, section 3.2.2.3.2) and the
 * enumeration of all functions. SeaBIOS has already numbered the buses and assigned the BARs. */
#include "pci.h"
#include "nucleus.h"
#include "x86.h"

#define CONFIG_ADDRESS 0xCF8
#define CONFIG_DATA 0xCFC

#define VENDOR_NONE 0xFFFF
#define HEADER_MULTI_FUNCTION 0x80
#define HEADER_BRIDGE 1
#define BRIDGE_SECONDARY_BUS 0x19

#define MAX_DEVICES 256

static struct pci_device devices[MAX_DEVICES];
static struct pci_state states[MAX_DEVICES];
static size_t device_count;

static void select(uint8_t bus, uint8_t device, uint8_t function, uint8_t offset)
{
    outl(CONFIG_ADDRESS, 0x80000000u | (uint32_t)bus << 16 | (uint32_t)(device & 31) << 11
                             | (uint32_t)(function & 7) << 8 | (offset & 0xFCu));
}

uint8_t pci_read8(uint8_t bus, uint8_t device, uint8_t function, uint8_t offset)
{
    select(bus, device, function, offset);
    return inb((uint16_t)(CONFIG_DATA + (offset & 3)));
}

uint16_t pci_read16(uint8_t bus, uint8_t device, uint8_t function, uint8_t offset)
{
    select(bus, device, function, offset);
    return inw((uint16_t)(CONFIG_DATA + (offset & 2)));
}

uint32_t pci_read32(uint8_t bus, uint8_t device, uint8_t function, uint8_t offset)
{
    select(bus, device, function, offset);
    return inl(CONFIG_DATA);
}

static void scan_bus(uint8_t bus);

static void found(uint8_t bus, uint8_t device, uint8_t function, uint32_t ids)
{
    if (device_count == MAX_DEVICES)
        plat_panic("the machine has more than %d PCI functions", MAX_DEVICES);
    uint32_t classes = pci_read32(bus, device, function, 8);
    struct pci_device *d = &devices[device_count];
    *d = (struct pci_device){
        .state = &states[device_count],
        .bus = bus, .device = device, .function = function,
        .header_type = pci_read8(bus, device, function, 14),
        .vendor_id = (uint16_t)ids, .device_id = (uint16_t)(ids >> 16),
        .class_code = (uint8_t)(classes >> 24), .subclass = (uint8_t)(classes >> 16),
        .prog_if = (uint8_t)(classes >> 8), .revision = (uint8_t)classes,
    };
    plat_snprintf(d->slot, sizeof d->slot, "%02x:%02x.%x", bus, device, function);
    if (device_count)
        devices[device_count - 1].next = d;
    device_count++;
    if ((d->header_type & 0x7F) == HEADER_BRIDGE) {
        uint8_t secondary = pci_read8(bus, device, function, BRIDGE_SECONDARY_BUS);
        if (secondary > bus)                /* an unnumbered bridge has 0: no way down, no loop */
            scan_bus(secondary);
    }
}

static void scan_bus(uint8_t bus)
{
    for (uint8_t device = 0; device < 32; device++) {
        uint32_t ids = pci_read32(bus, device, 0, 0);
        if ((uint16_t)ids == VENDOR_NONE)
            continue;
        found(bus, device, 0, ids);
        if (!(pci_read8(bus, device, 0, 14) & HEADER_MULTI_FUNCTION))
            continue;
        for (uint8_t function = 1; function < 8; function++) {
            ids = pci_read32(bus, device, function, 0);
            if ((uint16_t)ids != VENDOR_NONE)
                found(bus, device, function, ids);
        }
    }
}

void pci_scan(void)
{
    scan_bus(0);
}

struct pci_device *pci_first(void) { return device_count ? &devices[0] : NULL; }
size_t pci_count(void) { return device_count; }
