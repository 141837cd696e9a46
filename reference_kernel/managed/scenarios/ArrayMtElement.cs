using Ddk;

namespace Scenarios
{
    // Fault array-mt-element: newarr takes the element's MethodTable, whose ComponentSize is 0. The
    // block is far too small, so the next object begins inside the array and is overwritten by its
    // elements.
    // Default scope: scenarios!Scenarios.ArrayMtElement::* (the method with the newarr)
    public static class ArrayMtElement
    {
        public static unsafe void Run()
        {
            PciBar[] bars = new PciBar[6];
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
                fixed (PciBar* first = &bars[0])
                    Check.Apart(first, 6 * 32, behind, 64,
                        "PciBar[6] and the array allocated behind it");
                for (int i = 0; i < 64; i++)
                    Check.Equal(0x5A, behind[i], "a byte of the array behind PciBar[6]");
            }
            for (int i = 0; i < 6; i++)
            {
                Check.Equal(i, bars[i].Index, "bars[i].Index");
                Check.Equal(0xB0000000UL + (ulong)i, bars[i].BaseAddress, "bars[i].BaseAddress");
            }
        }
    }
}
