// One check = one line `group.name = value`. Whatever mono prints for a line is what the guest
// must print. This class leans on as little class library as it can: Console.WriteLine(string),
// string.Concat and string ==, so that a broken formatting routine cannot hide a broken opcode.
using System;

namespace Conformance
{
    public static unsafe class T
    {
        static string group = "";
        static string[] digit = MakeDigits();

        static string[] MakeDigits()
        {
            string[] d = new string[16];
            d[0] = "0"; d[1] = "1"; d[2] = "2"; d[3] = "3";
            d[4] = "4"; d[5] = "5"; d[6] = "6"; d[7] = "7";
            d[8] = "8"; d[9] = "9"; d[10] = "a"; d[11] = "b";
            d[12] = "c"; d[13] = "d"; d[14] = "e"; d[15] = "f";
            return d;
        }

        public static void Begin(string name)
        {
            group = name;
        }

        static string Hex4(int v)
        {
            return string.Concat(digit[(v >> 12) & 15], digit[(v >> 8) & 15],
                                 digit[(v >> 4) & 15], digit[v & 15]);
        }

        public static string Hex8(int v)
        {
            return string.Concat(Hex4(v >> 16), Hex4(v));
        }

        public static string Hex16(long v)
        {
            return string.Concat(Hex8((int)(v >> 32)), Hex8((int)v));
        }

        public static void S(string name, string value)
        {
            Console.WriteLine(string.Concat(string.Concat(group, ".", name), " = ", value));
        }

        public static void B(string name, bool value)
        {
            if (value)
                S(name, "true");
            else
                S(name, "false");
        }

        public static void I(string name, int value)
        {
            S(name, string.Concat("0x", Hex8(value)));
        }

        public static void U(string name, uint value)
        {
            S(name, string.Concat("0x", Hex8((int)value)));
        }

        public static void L(string name, long value)
        {
            S(name, string.Concat("0x", Hex16(value)));
        }

        public static void UL(string name, ulong value)
        {
            S(name, string.Concat("0x", Hex16((long)value)));
        }

        // The sign and payload of a computed NaN are not defined by ECMA-335: one spelling for all.
        public static void F(string name, float value)
        {
            if (value != value)
                S(name, "nan");
            else
                S(name, string.Concat("0x", Hex8(*(int*)&value)));
        }

        public static void D(string name, double value)
        {
            if (value != value)
                S(name, "nan");
            else
                S(name, string.Concat("0x", Hex16(*(long*)&value)));
        }

        // Raw bits, for values that were moved and not computed.
        public static void RawD(string name, double value)
        {
            S(name, string.Concat("0x", Hex16(*(long*)&value)));
        }

        // A running hash in which the position of a value counts.
        public static ulong Mix(ulong h, ulong v)
        {
            return (h ^ v) * 0x100000001b3UL + (h >> 29);
        }

        public static ulong MixF(ulong h, float v)
        {
            return Mix(h, (uint)(*(int*)&v));
        }

        public static ulong MixD(ulong h, double v)
        {
            return Mix(h, (ulong)(*(long*)&v));
        }
    }
}
