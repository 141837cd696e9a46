using Ddk;

namespace Scenarios
{
    // Fault callee-saved-lost: a method uses callee-saved registers and does not give them back.
    // The C driver core calls Bind with its device cursor in such a register, and dereferences it
    // right after the call.
    // Default scope: virtioblk!VirtioBlk.VirtioBlkEntry::Bind. This class is a small driver of its
    // own, for the ISA bridge, that shows the same for scope
    // scenarios!Scenarios.CalleeSavedLost::Bind.
    public static class CalleeSavedLost
    {
        sealed class Bridge
        {
            public ushort Vendor, Device;
            public int Binds;

            public Bridge(ushort vendor, ushort device, int binds)
            {
                Vendor = vendor;
                Device = device;
                Binds = binds;
            }
        }

        static Bridge s_bridge;

        public static bool Probe(byte bus, byte device, byte function)
        {
            return Pci.Read8(bus, device, function, Pci.OffsetClass) == 0x06
                && Pci.Read8(bus, device, function, Pci.OffsetSubclass) == 0x01;
        }

        public static bool Bind(byte bus, byte device, byte function)
        {
            s_bridge = new Bridge(Pci.Read16(bus, device, function, Pci.OffsetVendorId),
                                  Pci.Read16(bus, device, function, Pci.OffsetDeviceId), 1);
            return true;
        }

        public static void Run()
        {
            if (s_bridge == null) return;           // a machine without an ISA bridge
            Check.True(s_bridge.Vendor != 0 && s_bridge.Vendor != 0xFFFF,
                "the ISA bridge has a vendor");
            Check.Equal(1, s_bridge.Binds, "binds of the ISA bridge");
        }
    }
}
