namespace Scenarios
{
    // Fault shadow-space-missing: newobj calls the constructor without shadow space. The
    // constructor homes its arguments over the caller's evaluation stack, where the new object's
    // reference is: what newobj gives is the constructor's first argument, and using it is a page
    // fault at that number plus the field's offset.
    // Default scope: scenarios!Scenarios.ShadowSpaceMissing::* (the methods with the newobj)
    public static class ShadowSpaceMissing
    {
        public sealed class Pair
        {
            public long First, Second;

            public Pair(long first, long second)
            {
                First = first;
                Second = second;
            }
        }

        public sealed class Single
        {
            public long Value;

            public Single(long value)
            {
                Value = value;
            }
        }

        public sealed class Triple
        {
            public long A, B, C;

            public Triple(long a, long b, long c)
            {
                A = a;
                B = b;
                C = c;
            }
        }

        static long Use(long weight, Single single)
        {
            return weight * single.Value;
        }

        static long Use(long weight, Triple triple)
        {
            return weight * (triple.A + triple.B + triple.C);
        }

        // Whether the home lies over the reference depends on the padding of the call, so each
        // parity of the evaluation stack's depth occurs.
        public static void Run()
        {
            Pair pair = new Pair(0x1110, 0x2220);
            Check.Equal(0x1110, pair.First, "Pair.First");
            Check.Equal(0x2220, pair.Second, "Pair.Second");
            Check.Equal(0x6660, Use(2, new Single(0x3330)), "2 * Single(0x3330)");
            Single single = new Single(0x4440);
            Check.Equal(0x4440, single.Value, "Single.Value");
            Check.Equal(0x6660, Use(1, new Triple(0x1110, 0x2220, 0x3330)), "sum of a Triple");
        }
    }
}
