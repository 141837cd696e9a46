namespace Scenarios
{
    // Fault array-stride-unaligned: an array's ComponentSize is the unaligned sum of the element's
    // fields, rounded up to 8, minus 8: 16 for Bar, while elements are accessed 32 bytes apart.
    // Bar[6] gets 112 bytes, its last elements lie in the next object.
    // Default scope: scenarios!Scenarios.ArrayStrideUnaligned+Bar::* (the element type)
    public static class ArrayStrideUnaligned
    {
        // The fields of Ddk.PciBar; a type of its own, so that the driver survives the fault.
        public struct Bar
        {
            public int Index;
            public ulong BaseAddress;
            public ulong Size;
            public bool IsIO;
            public bool Is64Bit;
            public bool IsPrefetchable;
        }

        public static unsafe void Run()
        {
            Bar[] bars = new Bar[6];
            byte[] next = new byte[64];
            fixed (byte* behind = &next[0])
            {
                for (int i = 0; i < 64; i++) behind[i] = 0x5A;
                for (int i = 0; i < 6; i++)
                {
                    bars[i].Index = i;
                    bars[i].BaseAddress = 0xB0000000UL + (ulong)i;
                    bars[i].Size = 0x1000;
                    bars[i].IsPrefetchable = true;
                }
                fixed (Bar* first = &bars[0])
                    Check.Apart(first, 6 * 32, behind, 64,
                        "Bar[6] and the array allocated behind it");
                for (int i = 0; i < 64; i++)
                    Check.Equal(0x5A, behind[i], "a byte of the array behind Bar[6]");
            }
            for (int i = 0; i < 6; i++)
            {
                Check.Equal(i, bars[i].Index, "bars[i].Index");
                Check.Equal(0xB0000000UL + (ulong)i, bars[i].BaseAddress, "bars[i].BaseAddress");
            }
        }
    }
}
