using Ddk;

namespace Scenarios
{
    // Fault local0-over-save-area: locals have slots of 64 bytes from rbp-64 up, over the save area
    // at rbp-40, so that the prologue's zeroing of local 0 wipes the registers just saved. The
    // caller, the C driver core, gets zeros back: its device cursor is null, page fault near CR2=0.
    // Default scope: scenarios!Scenarios.Local0OverSaveArea::Bind. A small driver for the host
    // bridge.
    public static class Local0OverSaveArea
    {
        sealed class Host
        {
            public ulong Sum;
        }

        static Host s_host;

        public static bool Probe(byte bus, byte device, byte function)
        {
            return Pci.Read8(bus, device, function, Pci.OffsetClass) == 0x06
                && Pci.Read8(bus, device, function, Pci.OffsetSubclass) == 0x00;
        }

        public static bool Bind(byte bus, byte device, byte function)
        {
            ulong sum = 0;
            for (int offset = 0; offset < 64; offset += 4)
                sum += Pci.Read32(bus, device, function, offset);
            s_host = new Host();
            // a field store needs RBX, where the C caller has its cursor
            s_host.Sum = sum;
            return true;
        }

        public static void Run()
        {
            // a machine without a host bridge on the PCI bus
            if (s_host == null) return;
            Check.True(s_host.Sum != 0, "the host bridge's configuration space is not empty");
        }
    }
}
