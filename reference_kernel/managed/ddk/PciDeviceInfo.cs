namespace Ddk
{
    // Three bytes, at 0, 1 and 2.
    public struct PciAddress
    {
        public byte Bus;
        public byte Device;
        public byte Function;

        public PciAddress(byte bus, byte device, byte function)
        {
            Bus = bus;
            Device = device;
            Function = function;
        }

        public override string ToString()
        {
            return Bus.ToString("x2") + ":" + Device.ToString("x2") + "." + Function.ToString("x");
        }
    }

    // 32 bytes: 0, 8, 16, 24, 25, 26.
    public struct PciBar
    {
        public int Index;
        public ulong BaseAddress;
        public ulong Size;
        public bool IsIO;
        public bool Is64Bit;
        public bool IsPrefetchable;
    }

    // 48 bytes with the MethodTable pointer; ProgIf lies at 19. The C driver core reads some of
    // these fields at their offsets (drv_bound), so their order and types are an interface.
    public class PciDeviceInfo
    {
        public PciAddress Address;
        public ushort VendorId;
        public ushort DeviceId;
        public byte RevisionId;
        public byte ClassCode;
        public byte SubclassCode;
        public byte ProgIf;
        public ushort SubsystemVendorId;
        public ushort SubsystemDeviceId;
        public byte HeaderType;
        public bool IsMultiFunction;
        public byte InterruptLine;
        public byte InterruptPin;
        public bool Msi;
        public bool Msix;
        public PciBar[] Bars = new PciBar[6];
        public ulong ConfigSpaceAddress;

        // Programming interface of the function selected with Pci.SelectFunction and Pci.SelectBus.
        public void ReadProgIf()
        {
            ProgIf = Pci.ReadSelected8(Pci.OffsetProgIf);
        }
    }
}
