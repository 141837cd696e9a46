using System;
using System.Text;
using VirtioBlk;

namespace Kernel
{
    // Reads sector 0, then several at once, writes a marker into the last sector and reads it back.
    static class DiskCheck
    {
        const ulong SmallestForMarker = 8;

        public static bool Run(VirtioBlkDevice disk)
        {
            Console.WriteLine("[Disk] {0} sectors{1}", disk.Capacity, disk.ReadOnly ? ", read-only"
                : "");
            byte[] sector = new byte[VirtioBlkDevice.SectorSize];
            if (!disk.Read(0, 1, sector, 0)) return Failed("read of sector 0", disk);
            Console.WriteLine("[Disk] sector 0: crc32 0x{0:x8}, bytes {1}", Crc32(sector),
                Hex(sector, 16));
            if (!Several(disk, sector)) return false;
            if (disk.ReadOnly || disk.Capacity <= SmallestForMarker) return true;
            ulong last = disk.Capacity - 1;
            byte[] marker = Marker(last);
            if (!disk.Write(last, 1, marker, 0)) return Failed("write of the marker", disk);
            if (!disk.Flush()) return Failed("flush", disk);
            if (!disk.Read(last, 1, sector, 0)) return Failed("read of the marker", disk);
            for (int i = 0; i < sector.Length; i++)
            {
                if (sector[i] == marker[i]) continue;
                Console.WriteLine("[Disk] marker differs at byte {0}: wrote {1:x2}, read {2:x2}", i,
                    marker[i], sector[i]);
                return false;
            }
            Console.WriteLine("[Disk] marker in sector {0}: crc32 0x{1:x8}, read back equal", last,
                Crc32(sector));
            return true;
        }

        // More sectors than one request takes; the first must be the one that was read alone.
        static bool Several(VirtioBlkDevice disk, byte[] first)
        {
            int count = disk.Capacity < 20 ? (int)disk.Capacity : 20;
            byte[] sectors = new byte[count * VirtioBlkDevice.SectorSize];
            if (!disk.Read(0, count, sectors, 0)) return Failed("read of several sectors", disk);
            for (int i = 0; i < first.Length; i++)
            {
                if (sectors[i] == first[i]) continue;
                Console.WriteLine("[Disk] sector 0 differs at byte {0} when read with others", i);
                return false;
            }
            Console.WriteLine("[Disk] sectors 0 to {0}: crc32 0x{1:x8}", count - 1, Crc32(sectors));
            return true;
        }

        static bool Failed(string what, VirtioBlkDevice disk)
        {
            Console.WriteLine("[Disk] {0} failed: {1}", what, disk.Error);
            return false;
        }

        // "CLRSCOPE", the sector number, then bytes that depend on their place.
        static byte[] Marker(ulong sector)
        {
            byte[] marker = new byte[VirtioBlkDevice.SectorSize];
            for (int i = 0; i < marker.Length; i++) marker[i] = (byte)(i * 7 + 3);
            Encoding.ASCII.GetBytes("CLRSCOPE").CopyTo(marker, 0);
            BitConverter.GetBytes(sector).CopyTo(marker, 8);
            return marker;
        }

        // The common reflected CRC-32, as zlib computes it.
        static uint Crc32(byte[] bytes)
        {
            uint crc = 0xFFFFFFFF;
            for (int i = 0; i < bytes.Length; i++)
            {
                crc ^= bytes[i];
                for (int bit = 0; bit < 8; bit++)
                    crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
            }
            return ~crc;
        }

        static string Hex(byte[] bytes, int count)
        {
            StringBuilder text = new StringBuilder(2 * count);
            for (int i = 0; i < count; i++) text.Append(bytes[i].ToString("x2"));
            return text.ToString();
        }
    }
}
