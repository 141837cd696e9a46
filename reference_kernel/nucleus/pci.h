/* PCI functions as the nucleus found them at boot. */
#ifndef CLR_PCI_H
#define CLR_PCI_H

#include <stddef.h>
#include <stdint.h>

struct driver;

/* What changes about a function while drivers are bound. */
struct pci_state {
    uint32_t probes;                /* how many drivers looked at it */
    uint32_t binds;                 /* how often a Bind came back */
    struct driver *driver;          /* bound to it, or NULL */
};

struct pci_device {
    uint8_t bus, device, function;
    uint8_t header_type;
    uint16_t vendor_id, device_id;
    uint8_t class_code, subclass, prog_if, revision;
    char slot[16];                  /* "00:1f.0" */
    struct pci_device *next;
    struct pci_state *state;
};

void pci_scan(void);
struct pci_device *pci_first(void);
size_t pci_count(void);

/* Configuration space, mechanism 1. `offset` below 256. */
uint8_t pci_read8(uint8_t bus, uint8_t device, uint8_t function, uint8_t offset);
uint16_t pci_read16(uint8_t bus, uint8_t device, uint8_t function, uint8_t offset);
uint32_t pci_read32(uint8_t bus, uint8_t device, uint8_t function, uint8_t offset);

#endif
