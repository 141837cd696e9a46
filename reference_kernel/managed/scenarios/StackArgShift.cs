namespace Scenarios
{
    // Fault stack-arg-shift: the caller puts the fifth argument into the wrong stack slot; the
    // callee reads what happens to lie in the right one, and the check of the fifth argument fails.
    // Default scope: scenarios!Scenarios.StackArgShift::* (the calling method)
    public static class StackArgShift
    {
        static long Fifth(long a, long b, long c, long d, long e)
        {
            return e;
        }

        static long Digits(int a, int b, int c, int d, int e, int f)
        {
            return ((((a * 10 + b) * 10 + c) * 10 + d) * 10 + e) * 10 + f;
        }

        public static void Run()
        {
            Check.Equal(0x5EED0005, Fifth(1, 2, 3, 4, 0x5EED0005), "the fifth of five arguments");
            Check.Equal(123456, Digits(1, 2, 3, 4, 5, 6), "six arguments as digits");
        }
    }
}
