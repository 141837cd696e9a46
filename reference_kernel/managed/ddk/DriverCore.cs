using System.Runtime.InteropServices;

namespace Ddk
{
    // The C driver core, which calls the static methods Probe and Bind of registered drivers.
    public static class DriverCore
    {
        // Index of the driver, or -1 (the core says why).
        [DllImport("kernel", EntryPoint = "drv_register")]
        public static extern int Register(string name, string assembly, string type);

        // How many functions were bound.
        [DllImport("kernel", EntryPoint = "drv_bind_all")]
        public static extern int BindAll();

        // Shows a bound device to the core, which compares its fields with the device.
        [DllImport("kernel", EntryPoint = "drv_bound")]
        public static extern void Bound(PciDeviceInfo info);
    }
}
