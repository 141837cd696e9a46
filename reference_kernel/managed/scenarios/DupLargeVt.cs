namespace Scenarios
{
    // Fault dup-large-vt: dup and pop move 8 bytes of a value of 32. `a = b = Make()` is a dup; one
    // of the two gets only the first field right.
    // Default scope: scenarios!Scenarios.DupLargeVt::*
    public static class DupLargeVt
    {
        public struct Quad
        {
            public long A, B, C, D;
        }

        static Quad Make(long seed)
        {
            Quad quad;
            quad.A = seed;
            quad.B = seed + 1;
            quad.C = seed + 2;
            quad.D = seed + 3;
            return quad;
        }

        static void Verify(Quad quad, long seed, string what)
        {
            Check.Equal(seed, quad.A, what + ".A");
            Check.Equal(seed + 1, quad.B, what + ".B");
            Check.Equal(seed + 2, quad.C, what + ".C");
            Check.Equal(seed + 3, quad.D, what + ".D");
        }

        public static void Run()
        {
            Quad a, b;
            a = b = Make(0x100);
            Verify(a, 0x100, "a");
            Verify(b, 0x100, "b");
            Make(0x200);                            // a pop
            b = Make(0x300);
            Verify(b, 0x300, "b after a pop");
        }
    }
}
