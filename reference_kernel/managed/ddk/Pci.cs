using System;

namespace Ddk
{
    // PCI configuration space through ports 0xCF8 and 0xCFC (PCI 3.0, 3.2.2.3.2).
    public static class Pci
    {
        public const int OffsetVendorId = 0x00, OffsetDeviceId = 0x02, OffsetCommand = 0x04,
            OffsetStatus = 0x06,
            OffsetRevision = 0x08, OffsetProgIf = 0x09, OffsetSubclass = 0x0A, OffsetClass = 0x0B,
            OffsetHeaderType = 0x0E, OffsetBar0 = 0x10, OffsetSecondaryBus = 0x19,
            OffsetSubsystemVendorId = 0x2C, OffsetSubsystemId = 0x2E, OffsetCapabilities = 0x34,
            OffsetInterruptLine = 0x3C, OffsetInterruptPin = 0x3D;

        public const ushort CommandIo = 1, CommandMemory = 2, CommandMaster = 4;
        public const ushort StatusCapabilities = 0x10;
        public const byte CapabilityMsi = 0x05, CapabilityVendor = 0x09, CapabilityMsix = 0x11;

        const ushort AddressPort = 0xCF8, DataPort = 0xCFC;

        static byte s_bus, s_device, s_function;

        static void Aim(byte bus, byte device, byte function, int offset)
        {
            Ports.Out32(AddressPort, 0x80000000u | ((uint)bus << 16) | ((uint)device << 11)
                | ((uint)function << 8) | ((uint)offset & 0xFC));
        }

        public static byte Read8(byte bus, byte device, byte function, int offset)
        {
            Aim(bus, device, function, offset);
            return Ports.In8((ushort)(DataPort + (offset & 3)));
        }

        public static ushort Read16(byte bus, byte device, byte function, int offset)
        {
            Aim(bus, device, function, offset);
            return Ports.In16((ushort)(DataPort + (offset & 2)));
        }

        public static uint Read32(byte bus, byte device, byte function, int offset)
        {
            Aim(bus, device, function, offset);
            return Ports.In32(DataPort);
        }

        public static void Write16(byte bus, byte device, byte function, int offset, ushort value)
        {
            Aim(bus, device, function, offset);
            Ports.Out16((ushort)(DataPort + (offset & 2)), value);
        }

        public static void Write32(byte bus, byte device, byte function, int offset, uint value)
        {
            Aim(bus, device, function, offset);
            Ports.Out32(DataPort, value);
        }

        // ---- a selected function, for reads that name only an offset ----

        public static void SelectFunction(byte device, byte function)
        {
            s_device = device;
            s_function = function;
        }

        public static void SelectBus(byte bus)
        {
            s_bus = bus;
        }

        public static byte ReadSelected8(int offset)
        {
            return Read8(s_bus, s_device, s_function, offset);
        }

        // ---- enumeration ----

        public static bool Exists(byte bus, byte device, byte function)
        {
            return Read16(bus, device, function, OffsetVendorId) != 0xFFFF;
        }

        // Offset of the capability with this id behind `previous` (0: the first one); 0 when there
        // is none.
        public static int FindCapability(byte bus, byte device, byte function, byte id,
            int previous)
        {
            if ((Read16(bus, device, function, OffsetStatus) & StatusCapabilities) == 0) return 0;
            int at = Read8(bus, device, function, previous == 0 ? OffsetCapabilities : previous
                + 1) & 0xFC;
            // a list has at most 48 entries; a longer one loops
            for (int i = 0; i < 48 && at != 0; i++)
            {
                if (Read8(bus, device, function, at) == id) return at;
                at = Read8(bus, device, function, at + 1) & 0xFC;
            }
            return 0;
        }

        // Fills the six BARs of a type 0 function, sizes measured with decoding off (PCI 3.0,
        // 6.2.5.1).
        public static void ReadBars(PciDeviceInfo info)
        {
            byte bus = info.Address.Bus, device = info.Address.Device, function =
                info.Address.Function;
            ushort command = Read16(bus, device, function, OffsetCommand);
            Write16(bus, device, function, OffsetCommand,
                (ushort)(command & ~(CommandIo | CommandMemory)));
            for (int i = 0; i < 6; i++)
            {
                PciBar bar = ReadBar(bus, device, function, i);
                info.Bars[i] = bar;
                if (!bar.Is64Bit || i == 5) continue;
                // the upper half is no BAR of its own
                i++;
                info.Bars[i].Index = i;
            }
            Write16(bus, device, function, OffsetCommand, command);
        }

        static PciBar ReadBar(byte bus, byte device, byte function, int index)
        {
            PciBar bar = new PciBar();
            bar.Index = index;
            int offset = OffsetBar0 + 4 * index;
            uint low = Read32(bus, device, function, offset);
            Write32(bus, device, function, offset, 0xFFFFFFFF);
            uint lowMask = Read32(bus, device, function, offset);
            Write32(bus, device, function, offset, low);
            if (lowMask == 0) return bar;
            bar.IsIO = (low & 1) != 0;
            if (bar.IsIO)
            {
                bar.BaseAddress = low & 0xFFFFFFFC;
                bar.Size = (~(lowMask & 0xFFFFFFFC) + 1) & 0xFFFF;
                return bar;
            }
            bar.IsPrefetchable = (low & 8) != 0;
            bar.Is64Bit = (low & 6) == 4;
            ulong address = low & 0xFFFFFFF0;
            ulong mask = 0xFFFFFFFF00000000UL | (lowMask & 0xFFFFFFF0);
            if (bar.Is64Bit && index < 5)
            {
                uint high = Read32(bus, device, function, offset + 4);
                Write32(bus, device, function, offset + 4, 0xFFFFFFFF);
                uint highMask = Read32(bus, device, function, offset + 4);
                Write32(bus, device, function, offset + 4, high);
                address |= (ulong)high << 32;
                mask = ((ulong)highMask << 32) | (lowMask & 0xFFFFFFF0);
            }
            bar.BaseAddress = address;
            bar.Size = ~mask + 1;
            return bar;
        }
    }
}
