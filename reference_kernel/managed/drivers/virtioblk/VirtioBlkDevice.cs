using Ddk;

namespace VirtioBlk
{
    // A virtio block device (virtio 1.1, 5.2): sectors of 512 bytes, one request at a time, polled.
    public sealed unsafe class VirtioBlkDevice
    {
        public const int SectorSize = 512;
        const uint TypeIn = 0, TypeOut = 1, TypeFlush = 4;
        const byte StatusOk = 0, StatusIoError = 1, StatusUnsupported = 2;
        const ulong FeatureReadOnly = 1UL << 5, FeatureFlush = 1UL << 9;
        const int PollLimit = 20000000;         // some seconds under TCG
        const int MaxSectors = 8;               // of one request: what the data buffer holds

        // Layout of the request buffer: header (16 bytes), status byte.
        const int HeaderType = 0, HeaderSector = 8, Status = 16;

        VirtioPci _transport = new VirtioPci();
        VirtQueue _queue;
        DmaBuffer _request, _data;
        ulong _capacity, _features;
        string _error;

        public ulong Capacity { get { return _capacity; } }
        public bool ReadOnly { get { return (_features & FeatureReadOnly) != 0; } }

        // Why the last operation that returned false did.
        public string Error { get { return _error; } }

        bool Fail(string message)
        {
            _error = message;
            return false;
        }

        public bool Initialize(PciDeviceInfo info)
        {
            if (!_transport.Attach(info)) return Fail(_transport.Error);
            _features = _transport.Negotiate(FeatureReadOnly | FeatureFlush);
            if (_features == 0) return Fail(_transport.Error);
            _queue = _transport.CreateQueue(0, 16);
            if (_queue == null) return Fail(_transport.Error);
            _request = DmaBuffer.Allocate(32, 16);
            _data = DmaBuffer.Allocate(MaxSectors * SectorSize, SectorSize);
            if (_request == null || _data == null) return Fail("no memory for the request buffers");
            _transport.DriverOk();
            _capacity = ReadCapacity();
            return true;
        }

        // The two halves belong together only when the generation did not change (virtio 1.1,
        // 2.4.1).
        ulong ReadCapacity()
        {
            byte before;
            ulong capacity;
            do
            {
                before = _transport.Generation;
                capacity = Mmio.Read64(_transport.DeviceConfig);
            } while (_transport.Generation != before);
            return capacity;
        }

        // buffer: count sectors from `offset` on.
        public bool Read(ulong sector, int count, byte[] buffer, int offset)
        {
            if (!Check(sector, count, buffer, offset)) return false;
            while (count > 0)
            {
                int part = count > MaxSectors ? MaxSectors : count;
                if (!Request(TypeIn, sector, (uint)(part * SectorSize))) return false;
                for (int i = 0; i < part * SectorSize; i++) buffer[offset + i] = _data.Address[i];
                sector += (ulong)part;
                offset += part * SectorSize;
                count -= part;
            }
            return true;
        }

        public bool Write(ulong sector, int count, byte[] buffer, int offset)
        {
            if (ReadOnly) return Fail("the device is read-only");
            if (!Check(sector, count, buffer, offset)) return false;
            while (count > 0)
            {
                int part = count > MaxSectors ? MaxSectors : count;
                for (int i = 0; i < part * SectorSize; i++) _data.Address[i] = buffer[offset + i];
                if (!Request(TypeOut, sector, (uint)(part * SectorSize))) return false;
                sector += (ulong)part;
                offset += part * SectorSize;
                count -= part;
            }
            return true;
        }

        // Makes earlier writes durable. A device without FLUSH has no volatile cache: nothing to
        // do.
        public bool Flush()
        {
            return (_features & FeatureFlush) == 0 || Request(TypeFlush, 0, 0);
        }

        bool Check(ulong sector, int count, byte[] buffer, int offset)
        {
            if (count <= 0 || sector >= _capacity || (ulong)count > _capacity - sector)
                return Fail("sectors " + sector + " to " + (sector + (ulong)count)
                    + " do not lie on the disk of " + _capacity);
            if (offset < 0 || offset > buffer.Length - count * SectorSize)
                return Fail("the buffer of " + buffer.Length + " bytes is too small");
            return true;
        }

        bool Request(uint type, ulong sector, uint length)
        {
            *(uint*)(_request.Address + HeaderType) = type;
            *(uint*)(_request.Address + 4) = 0;
            *(ulong*)(_request.Address + HeaderSector) = sector;
            _request.Address[Status] = 0xFF;
            _queue.Begin();
            bool room = _queue.Add(_request.Physical, 16, false, true);
            if (length != 0)
                room = room && _queue.Add(_data.Physical, length, type == TypeIn, true);
            room = room && _queue.Add(_request.Physical + Status, 1, true, false);
            if (!room) return Fail("the queue has too few descriptors");
            if (!_queue.Submit(PollLimit))
                return Fail("no answer from the device (status 0x"
                    + _transport.Status.ToString("x2") + ")");
            byte status = _request.Address[Status];
            if (status == StatusOk) return true;
            if (status == StatusIoError) return Fail("I/O error at sector " + sector);
            if (status == StatusUnsupported)
                return Fail("the device does not support request type " + type);
            return Fail("the device answered with status " + status);
        }
    }
}
