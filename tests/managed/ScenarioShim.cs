// Stands for scenarios/Check.cs where there is no kernel: a failed check throws, Main runs every
// scenario.
using System;

namespace Scenarios
{
    public static class Check
    {
        static int s_count;

        static void Verify(bool good, string what)
        {
            s_count++;
            if (!good) throw new Exception(what);
        }

        public static void Equal(long expected, long actual, string what)
        {
            Verify(expected == actual, what + ": expected " + expected + ", got " + actual);
        }

        public static void Equal(ulong expected, ulong actual, string what)
        {
            Verify(expected == actual, what + ": expected " + expected + ", got " + actual);
        }

        public static void True(bool condition, string what)
        {
            Verify(condition, what);
        }

        public static unsafe void Apart(void* first, ulong firstSize, void* second,
            ulong secondSize, string what)
        {
            ulong a = (ulong)first, b = (ulong)second;
            Verify(a + firstSize <= b || b + secondSize <= a, what);
        }

        static void Main()
        {
            All.Run();
            Console.WriteLine("{0} checks", s_count);
        }
    }
}
