using System;
using Ddk;

namespace Kernel
{
    // Lists every PCI function, bus 0 first, then what lies behind bridges.
    static class PciScan
    {
        // Functions that the virtio-blk driver says it can drive.
        public static int Disks;

        public static void Run()
        {
            int count = Bus(0, 0);
            Console.WriteLine("[PCI] {0} functions", count);
        }

        static int Bus(byte bus, int depth)
        {
            int count = 0;
            for (byte device = 0; device < 32; device++)
            {
                if (!Pci.Exists(bus, device, 0)) continue;
                bool many = (Pci.Read8(bus, device, 0, Pci.OffsetHeaderType) & 0x80) != 0;
                for (byte function = 0; function < (many ? 8 : 1); function++)
                    if (Pci.Exists(bus, device, function))
                        count += Function(bus, device, function, depth);
            }
            return count;
        }

        static int Function(byte bus, byte device, byte function, int depth)
        {
            PciAddress address = new PciAddress(bus, device, function);
            uint id = Pci.Read32(bus, device, function, Pci.OffsetVendorId);
            uint kind = Pci.Read32(bus, device, function, Pci.OffsetRevision) >> 8;
            Console.WriteLine("[PCI] {0} {1:x4}:{2:x4} class {3:x6}", address, id & 0xFFFF,
                id >> 16, kind);
            if (VirtioBlk.VirtioBlkEntry.Probe(bus, device, function)) Disks++;
            bool bridge = (Pci.Read8(bus, device, function, Pci.OffsetHeaderType) & 0x7F) == 1;
            if (!bridge || depth == 8) return 1;
            byte secondary = Pci.Read8(bus, device, function, Pci.OffsetSecondaryBus);
            return secondary > bus ? 1 + Bus(secondary, depth + 1) : 1;
        }
    }
}
