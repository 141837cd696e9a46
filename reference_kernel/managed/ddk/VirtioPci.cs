using System;

namespace Ddk
{
    // Virtio over PCI, modern interface (virtio 1.1, 4.1): found by walking the capability list.
    public sealed unsafe class VirtioPci
    {
        public const ushort VendorId = 0x1AF4;
        public const byte StatusAcknowledge = 1, StatusDriver = 2, StatusDriverOk = 4,
            StatusFeaturesOk = 8,
            StatusNeedsReset = 64, StatusFailed = 128;
        public const ulong FeatureVersion1 = 1UL << 32;

        const byte CommonCfg = 1, NotifyCfg = 2, IsrCfg = 3, DeviceCfg = 4;

        // struct virtio_pci_common_cfg
        const int DeviceFeatureSelect = 0x00, DeviceFeature = 0x04, DriverFeatureSelect = 0x08,
            DriverFeature = 0x0C, NumQueues = 0x12, DeviceStatus = 0x14, ConfigGeneration = 0x15,
            QueueSelect = 0x16, QueueSize = 0x18, QueueEnable = 0x1C, QueueNotifyOff = 0x1E,
                QueueDesc = 0x20,
            QueueDriver = 0x28, QueueDevice = 0x30;

        PciDeviceInfo _info;
        byte* _common, _notify, _isr, _device;
        uint _notifyMultiplier;

        public string Error;            // why the last operation that returned false or null did

        public byte* DeviceConfig { get { return _device; } }

        bool Fail(string message)
        {
            Error = message;
            return false;
        }

        // Maps the configuration structures. The function's BARs must have been read.
        public bool Attach(PciDeviceInfo info)
        {
            _info = info;
            byte bus = info.Address.Bus, device = info.Address.Device, function =
                info.Address.Function;
            ushort command = Pci.Read16(bus, device, function, Pci.OffsetCommand);
            Pci.Write16(bus, device, function, Pci.OffsetCommand,
                        (ushort)(command | Pci.CommandMemory | Pci.CommandMaster));
            int at = Pci.FindCapability(bus, device, function, Pci.CapabilityVendor, 0);
            while (at != 0)
            {
                byte kind = Pci.Read8(bus, device, function, at + 3);
                if (kind >= CommonCfg && kind <= DeviceCfg && !MapCapability(kind, at))
                    return false;
                at = Pci.FindCapability(bus, device, function, Pci.CapabilityVendor, at);
            }
            if (_common == null || _notify == null || _device == null)
                return Fail("no modern virtio interface: a common, notify or device capability "
                    + "is missing");
            return true;
        }

        bool MapCapability(byte kind, int at)
        {
            byte bus = _info.Address.Bus, device = _info.Address.Device, function =
                _info.Address.Function;
            int bar = Pci.Read8(bus, device, function, at + 4);
            uint offset = Pci.Read32(bus, device, function, at + 8);
            uint length = Pci.Read32(bus, device, function, at + 12);
            if (bar > 5) return true;           // reserved values are to be ignored
            ulong start = _info.Bars[bar].BaseAddress;
            ulong size = _info.Bars[bar].Size;
            if (_info.Bars[bar].IsIO || start == 0)
                return Fail("virtio capability at 0x" + at.ToString("x") + " lies in BAR " + bar
                    + ", which is no mapped memory");
            if ((ulong)offset + length > size)
                return Fail("virtio capability at 0x" + at.ToString("x") + " ends behind BAR "
                    + bar);
            byte* mapped = Mmio.Map(start + offset, length);
            if (mapped == null) return Fail("BAR " + bar + " cannot be mapped");
            // the first capability of each kind is the preferred one
            if (kind == CommonCfg && _common == null) _common = mapped;
            else if (kind == IsrCfg && _isr == null) _isr = mapped;
            else if (kind == DeviceCfg && _device == null) _device = mapped;
            else if (kind == NotifyCfg && _notify == null)
            {
                _notify = mapped;
                _notifyMultiplier = Pci.Read32(bus, device, function, at + 16);
            }
            return true;
        }

        public byte Status
        {
            get { return Mmio.Read8(_common + DeviceStatus); }
            set { Mmio.Write8(_common + DeviceStatus, value); }
        }

        public byte Generation { get { return Mmio.Read8(_common + ConfigGeneration); } }

        // Reset, acknowledge, negotiate. `wanted`: what the driver can use; VERSION_1 is always
        // asked for.
        // Returns the negotiated features, or 0 with Error set.
        public ulong Negotiate(ulong wanted)
        {
            Status = 0;
            for (int i = 0; Status != 0; i++)
            {
                if (i == 1000000)
                {
                    Error = "the device does not finish its reset";
                    return 0;
                }
                Mmio.Pause();
            }
            Status = StatusAcknowledge;
            Status = StatusAcknowledge | StatusDriver;
            Mmio.Write32(_common + DeviceFeatureSelect, 0);
            ulong offered = Mmio.Read32(_common + DeviceFeature);
            Mmio.Write32(_common + DeviceFeatureSelect, 1);
            offered |= (ulong)Mmio.Read32(_common + DeviceFeature) << 32;
            if ((offered & FeatureVersion1) == 0)
            {
                Error = "the device does not offer VIRTIO_F_VERSION_1";
                Status = StatusFailed;
                return 0;
            }
            ulong accepted = offered & (wanted | FeatureVersion1);
            Mmio.Write32(_common + DriverFeatureSelect, 0);
            Mmio.Write32(_common + DriverFeature, (uint)accepted);
            Mmio.Write32(_common + DriverFeatureSelect, 1);
            Mmio.Write32(_common + DriverFeature, (uint)(accepted >> 32));
            Status = StatusAcknowledge | StatusDriver | StatusFeaturesOk;
            if ((Status & StatusFeaturesOk) == 0)
            {
                Error = "the device refuses the features 0x" + accepted.ToString("x");
                Status = StatusFailed;
                return 0;
            }
            return accepted;
        }

        // Sets up queue `index` with at most `maximum` entries; null with Error set when it cannot.
        public VirtQueue CreateQueue(ushort index, ushort maximum)
        {
            if (index >= Mmio.Read16(_common + NumQueues))
            {
                Error = "the device has no queue " + index;
                return null;
            }
            Mmio.Write16(_common + QueueSelect, index);
            ushort size = Mmio.Read16(_common + QueueSize);
            if (size == 0)
            {
                Error = "queue " + index + " is not available";
                return null;
            }
            if (size > maximum) size = maximum;
            ushort notifyOffset = Mmio.Read16(_common + QueueNotifyOff);
            VirtQueue queue = VirtQueue.Allocate(index, size, _notify
                + notifyOffset * _notifyMultiplier);
            if (queue == null)
            {
                Error = "no memory for queue " + index;
                return null;
            }
            Mmio.Write16(_common + QueueSize, size);
            Mmio.Write64(_common + QueueDesc, queue.Descriptors);
            Mmio.Write64(_common + QueueDriver, queue.Available);
            Mmio.Write64(_common + QueueDevice, queue.Used);
            Mmio.Fence();
            Mmio.Write16(_common + QueueEnable, 1);
            return queue;
        }

        public void DriverOk()
        {
            Mmio.Fence();
            Status = (byte)(Status | StatusDriverOk);
        }
    }
}
