using System.Runtime.InteropServices;

namespace Scenarios
{
    // A check that fails does not return: the kernel stops in the debuggers' hook with both values.
    public static class Check
    {
        public static void Equal(long expected, long actual, string what)
        {
            if (expected != actual) Failed(expected.ToString(), actual.ToString(), what);
        }

        public static void Equal(ulong expected, ulong actual, string what)
        {
            if (expected != actual) Failed(Hex(expected), Hex(actual), what);
        }

        public static void True(bool condition, string what)
        {
            if (!condition) Failed("True", "False", what);
        }

        // Two blocks of memory, of which neither may begin inside the other.
        public static unsafe void Apart(void* first, ulong firstSize, void* second,
            ulong secondSize, string what)
        {
            ulong a = (ulong)first, b = (ulong)second;
            if (a + firstSize <= b || b + secondSize <= a) return;
            Failed("apart from " + Hex(a) + ".." + Hex(a + firstSize), Hex(b) + ".."
                + Hex(b + secondSize), what);
        }

        static string Hex(ulong value)
        {
            return "0x" + value.ToString("x");
        }

        [DllImport("kernel", EntryPoint = "check_failed")]
        static extern void Failed(string expected, string actual, string what);
    }
}
