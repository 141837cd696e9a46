using System;
using Ddk;

namespace VirtioBlk
{
    // What the driver core calls, through plain function pointers.
    public static class VirtioBlkEntry
    {
        const ushort TransitionalBlock = 0x1001, ModernBlock = 0x1042;

        static VirtioBlkDevice s_device;

        // The bound device, null before.
        public static VirtioBlkDevice Device { get { return s_device; } }

        public static bool Probe(byte bus, byte device, byte function)
        {
            if (s_device != null || Pci.Read16(bus, device, function,
                Pci.OffsetVendorId) != VirtioPci.VendorId)
                return false;
            ushort id = Pci.Read16(bus, device, function, Pci.OffsetDeviceId);
            return id == ModernBlock || id == TransitionalBlock;
        }

        public static bool Bind(byte bus, byte device, byte function)
        {
            var pciDevice = new PciDeviceInfo
            {
                Address = new PciAddress(bus, device, function)
            };
            pciDevice.VendorId = Pci.Read16(bus, device, function, Pci.OffsetVendorId);
            pciDevice.DeviceId = Pci.Read16(bus, device, function, Pci.OffsetDeviceId);
            pciDevice.RevisionId = Pci.Read8(bus, device, function, Pci.OffsetRevision);
            pciDevice.ClassCode = Pci.Read8(bus, device, function, Pci.OffsetClass);
            pciDevice.SubclassCode = Pci.Read8(bus, device, function, Pci.OffsetSubclass);
            Pci.SelectFunction(device, function);
            Pci.SelectBus(bus);
            pciDevice.ReadProgIf();
            pciDevice.SubsystemVendorId = Pci.Read16(bus, device, function,
                Pci.OffsetSubsystemVendorId);
            pciDevice.SubsystemDeviceId = Pci.Read16(bus, device, function, Pci.OffsetSubsystemId);
            byte header = Pci.Read8(bus, device, function, Pci.OffsetHeaderType);
            pciDevice.HeaderType = (byte)(header & 0x7F);
            pciDevice.IsMultiFunction = (header & 0x80) != 0;
            pciDevice.InterruptLine = Pci.Read8(bus, device, function, Pci.OffsetInterruptLine);
            pciDevice.InterruptPin = Pci.Read8(bus, device, function, Pci.OffsetInterruptPin);
            pciDevice.Msi = Pci.FindCapability(bus, device, function, Pci.CapabilityMsi, 0) != 0;
            pciDevice.Msix = Pci.FindCapability(bus, device, function, Pci.CapabilityMsix, 0) != 0;
            pciDevice.ConfigSpaceAddress = ((ulong)bus << 20) | ((ulong)device << 15)
                | ((ulong)function << 12);
            DriverCore.Bound(pciDevice);
            Pci.ReadBars(pciDevice);
            var disk = new VirtioBlkDevice();
            if (!disk.Initialize(pciDevice))
            {
                Console.WriteLine("[VirtioBlk] " + pciDevice.Address.ToString() + ": "
                    + disk.Error);
                return false;
            }
            if (!BarsIntact(pciDevice)) return false;
            s_device = disk;
            return true;
        }

        // Nothing that was allocated since may have been laid over the BARs' records.
        static bool BarsIntact(PciDeviceInfo info)
        {
            for (int i = 0; i < info.Bars.Length; i++)
            {
                if (info.Bars[i].Index == i) continue;
                Console.WriteLine("[VirtioBlk] {0}: the record of BAR {1} says that it is BAR {2}",
                    info.Address, i, info.Bars[i].Index);
                return false;
            }
            return true;
        }
    }
}
