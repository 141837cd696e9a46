/* PCI functions as the nucleus found them at boot. */
#ifndef CLR_PCI_H
#define CLR_PCI_H

#include <stddef.h>
#include <stdint.h>

struct driver;

#define PCI_DEVICE_MAGIC 0x50434944u        /* "PCID" */

struct pci_device {
    uint32_t magic;
    uint8_t bus, device, function;
    uint8_t header_type;
    uint16_t vendor_id, device_id;
    uint8_t class_code, subclass, prog_if, revision;
    uint32_t probes;                /* how many drivers looked at it */
    struct driver *driver;          /* bound to it, or NULL */
    struct pci_device *next;
};

void pci_scan(void);
struct pci_device *pci_first(void);
size_t pci_count(void);

/* Configuration space, mechanism 1. `offset` below 256. */
uint8_t pci_read8(uint8_t bus, uint8_t device, uint8_t function, uint8_t offset);
uint16_t pci_read16(uint8_t bus, uint8_t device, uint8_t function, uint8_t offset);
uint32_t pci_read32(uint8_t bus, uint8_t device, uint8_t function, uint8_t offset);

#endif
