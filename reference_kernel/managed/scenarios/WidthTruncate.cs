namespace Scenarios
{
    // Fault width-truncate: a 64-bit unsigned division or shift works on 32 bits.
    // Default scope: scenarios!Scenarios.WidthTruncate::*
    public static class WidthTruncate
    {
        static ulong Divide(ulong a, ulong b)
        {
            return a / b;
        }

        static ulong Rest(ulong a, ulong b)
        {
            return a % b;
        }

        static ulong Right(ulong value, int count)
        {
            return value >> count;
        }

        static ulong Left(ulong value, int count)
        {
            return value << count;
        }

        public static void Run()
        {
            ulong value = 0x123456789ABCDEF0;
            Check.Equal(0x123456789ABCDEFUL, Divide(value, 16), "0x123456789abcdef0 / 16");
            Check.Equal(0x123456789ABUL, Right(value, 20), "0x123456789abcdef0 >> 20");
            Check.Equal(0x12345678UL, Right(value, 32), "0x123456789abcdef0 >> 32");
            Check.Equal(0x9ABCDEF000000000UL, Left(value, 32), "0x123456789abcdef0 << 32");
            Check.Equal(0xDEF0UL, Rest(value, 0x10000), "0x123456789abcdef0 % 0x10000");
            Check.Equal(0xFUL, Divide(0xF000000000, 0x1000000000), "a divisor of 37 bits");
        }
    }
}
