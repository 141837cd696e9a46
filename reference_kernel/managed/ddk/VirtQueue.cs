namespace Ddk
{
    // A split virtqueue (virtio 1.1, 2.6) with one request in flight at a time, polled.
    public sealed unsafe class VirtQueue
    {
        public const ushort FlagNext = 1, FlagWrite = 2;
        const ushort AvailNoInterrupt = 1;

        ushort _index, _size, _lastUsed, _chain;
        byte* _notify;
        DmaBuffer _descriptors, _available, _used;

        public ulong Descriptors { get { return _descriptors.Physical; } }
        public ulong Available { get { return _available.Physical; } }
        public ulong Used { get { return _used.Physical; } }

        // Null when memory is exhausted.
        public static VirtQueue Allocate(ushort index, ushort size, byte* notify)
        {
            VirtQueue queue = new VirtQueue();
            queue._index = index;
            queue._size = size;
            queue._notify = notify;
            queue._descriptors = DmaBuffer.Allocate(16UL * size, 16);
            queue._available = DmaBuffer.Allocate(6 + 2UL * size, 2);
            queue._used = DmaBuffer.Allocate(6 + 8UL * size, 4);
            if (queue._descriptors == null || queue._available == null || queue._used == null)
                return null;
            *(ushort*)queue._available.Address = AvailNoInterrupt;
            return queue;
        }

        // Starts a new chain of descriptors.
        public void Begin()
        {
            _chain = 0;
        }

        // Adds a buffer to the chain; all but the last have more = true. False when the queue is
        // too small.
        public bool Add(ulong physical, uint length, bool deviceWrites, bool more)
        {
            if (_chain >= _size) return false;
            byte* descriptor = _descriptors.Address + 16 * _chain;
            *(ulong*)descriptor = physical;
            *(uint*)(descriptor + 8) = length;
            *(ushort*)(descriptor + 12) = (ushort)((deviceWrites ? FlagWrite : 0)
                | (more ? FlagNext : 0));
            *(ushort*)(descriptor + 14) = (ushort)(more ? _chain + 1 : 0);
            _chain++;
            return true;
        }

        // Hands the chain to the device and waits for it; false when it is not done after `limit`
        // polls.
        public bool Submit(int limit)
        {
            ushort* available = (ushort*)_available.Address;
            ushort next = available[1];
            available[2 + next % _size] = 0;
            Mmio.Fence();                       // the entry before the index (2.6.13)
            available[1] = (ushort)(next + 1);
            Mmio.Fence();                       // the index before the notification
            Mmio.Write16(_notify, _index);
            ushort* used = (ushort*)_used.Address;
            for (int i = 0; i < limit; i++)
            {
                if (used[1] != _lastUsed)
                {
                    Mmio.Fence();               // the index before what it covers
                    _lastUsed++;
                    return true;
                }
                Mmio.Pause();
            }
            return false;
        }
    }
}
