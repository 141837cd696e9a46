namespace Scenarios
{
    // Fault embedded-vt-field-8: fields behind an embedded struct are laid out as if it had 8
    // bytes, while the object keeps its size. ProgIf moves from 19 to 23, ConfigSpace from 40 to
    // 48, past the end of the object.
    // Default scope: ddk!Ddk.PciDeviceInfo::* (C code reads its ProgIf at 19). This class shows the
    // same for scope scenarios!Scenarios.EmbeddedVtField8+Info::*.
    public static class EmbeddedVtField8
    {
        public struct Triple
        {
            public byte A, B, C;
        }

        // The fields of Ddk.PciDeviceInfo.
        public sealed class Info
        {
            public Triple Address;
            public ushort Vendor, Device;
            public byte Revision, Class, Subclass, ProgIf;
            public ushort SubsystemVendor, SubsystemDevice;
            public byte Header;
            public bool Multi;
            public byte Line, Pin;
            public bool Msi, Msix;
            public object Bars;
            public ulong ConfigSpace;
        }

        public static unsafe void Run()
        {
            Info info = new Info();
            byte[] next = new byte[8];
            info.Address.A = 1;
            info.Device = 0x1042;
            info.ProgIf = 0x80;
            info.ConfigSpace = 0xFFFFFFFFFFFFFFFF;
            fixed (byte* address = &info.Address.A)
            fixed (byte* behind = &next[0])
            {
                Check.Equal(0x80, address[11], "the byte 11 behind Address, which is ProgIf");
                Check.Equal(0, behind[0], "the array allocated behind Info");
            }
            Check.Equal(8, next.Length, "length of the array allocated behind Info");
        }
    }
}
