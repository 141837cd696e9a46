using System.Runtime.InteropServices;

namespace Ddk
{
    // Device memory. Every access is one load or store of exactly its width, in program order: the
    // mapping is uncached and the JIT neither merges nor moves accesses. Fence orders them against
    // ordinary memory.
    public static class Mmio
    {
        // Null when the range cannot be mapped.
        [DllImport("kernel", EntryPoint = "mmio_map")]
        public static extern unsafe byte* Map(ulong physical, ulong size);

        [DllImport("kernel", EntryPoint = "mem_fence")]
        public static extern void Fence();

        [DllImport("kernel", EntryPoint = "cpu_pause")]
        public static extern void Pause();

        public static unsafe byte Read8(byte* address) { return *address; }
        public static unsafe ushort Read16(byte* address) { return *(ushort*)address; }
        public static unsafe uint Read32(byte* address) { return *(uint*)address; }
        public static unsafe void Write8(byte* address, byte value) { *address = value; }
        public static unsafe void Write16(byte* address, ushort value)
        {
            *(ushort*)address = value;
        }
        public static unsafe void Write32(byte* address, uint value) { *(uint*)address = value; }

        // A 64-bit register in two halves, as virtio-pci asks for (virtio 1.1, 4.1.3.1).
        public static unsafe void Write64(byte* address, ulong value)
        {
            Write32(address, (uint)value);
            Write32(address + 4, (uint)(value >> 32));
        }

        public static unsafe ulong Read64(byte* address)
        {
            return Read32(address) | ((ulong)Read32(address + 4) << 32);
        }
    }

    // Physically contiguous memory that a device may read and write.
    public sealed unsafe class DmaBuffer
    {
        public readonly byte* Address;
        public readonly ulong Physical;
        public readonly ulong Size;

        DmaBuffer(byte* address, ulong physical, ulong size)
        {
            Address = address;
            Physical = physical;
            Size = size;
        }

        // Zeroed; null when memory is exhausted. align: a power of two up to 4096.
        public static DmaBuffer Allocate(ulong size, ulong align)
        {
            ulong physical = 0;
            byte* address = Native(size, align, &physical);
            return address == null ? null : new DmaBuffer(address, physical, size);
        }

        [DllImport("kernel", EntryPoint = "dma_alloc")]
        static extern byte* Native(ulong size, ulong align, ulong* physical);
    }
}
