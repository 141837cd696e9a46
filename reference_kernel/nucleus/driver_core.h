/* The driver core's functions, all called from managed code (managed/EXPORTS.md). */
#ifndef CLR_DRIVER_CORE_H
#define CLR_DRIVER_CORE_H

#include "platform.h"

struct rt_string;
struct pci_device_info;

CLR_ABI int32_t drv_register(const struct rt_string *name, const struct rt_string *assembly,
                             const struct rt_string *type);
CLR_ABI int32_t drv_bind_all(void);
CLR_ABI void drv_bound(const struct pci_device_info *info);

#endif
