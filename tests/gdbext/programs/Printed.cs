// Prints its own arguments and locals before each call of Show; the test compares what the frame
// commands say of them at that moment (test_printed_values.py). `name=value`, separated by spaces.
using System;

enum Level : ushort { Low, Middle = 300, High = 65535 }

struct Pair
{
    public int Left;
    public long Right;
}

static class Printed
{
    static int shown;

    static void Show(string text)
    {
        shown++;
        Console.WriteLine("@" + text);
    }

    static string B(bool x) { return x ? "true" : "false"; }

    static int Integers(sbyte a, byte b, short c, ushort d, int e, uint f, long g, ulong h)
    {
        int sum = a + b + c + d + e;
        Show("a=" + a + " b=" + b + " c=" + c + " d=" + d + " e=" + e + " f=" + f + " g=" + g
            + " h=" + h + " sum=" + sum);
        a = -1; b++; c = -32768; d = 65535; e = ~e; f ^= 1; g = -g; h >>= 1;
        long wide = g + e;
        Show("a=" + a + " b=" + b + " c=" + c + " d=" + d + " e=" + e + " f=" + f + " g=" + g
            + " h=" + h + " sum=" + sum + " wide=" + wide);
        return sum;
    }

    static bool Mixed(bool flag, char letter, Level level, string text, object nothing)
    {
        bool other = !flag;
        int code = letter;
        int number = (int)level;
        Show("flag=" + B(flag) + " other=" + B(other) + " code=" + code + " number=" + number
            + " text=\"" + text + "\" nothing=null");
        flag = other; text = "second"; level = Level.High; number = (int)level;
        Show("flag=" + B(flag) + " other=" + B(other) + " code=" + code + " number=" + number
            + " text=\"" + text + "\" nothing=null");
        return other;
    }

    static long Loop(int[] items, Pair pair, ref int counter)
    {
        long total = 0;
        for (int i = 0; i < items.Length; i++)
        {
            total += items[i];
            pair.Left = i;
            pair.Right -= items[i];
            counter += 2;
            int length = items.Length;
            int left = pair.Left;
            long right = pair.Right;
            Show("total=" + total + " i=" + i + " length=" + length + " left=" + left + " right="
                + right);
        }
        return total;
    }

    static int Recursive(int depth, string path)
    {
        string longer = path + depth;
        Show("depth=" + depth + " path=\"" + path + "\" longer=\"" + longer + "\"");
        return depth == 0 ? 0 : 1 + Recursive(depth - 1, longer);
    }

    static int Main()
    {
        int counter = 5;
        int sum = Integers(-128, 255, 32767, 0, -2147483647, 4294967295, -9, 18446744073709551615);
        bool mixed = Mixed(true, 'x', Level.Middle, "first", null);
        Pair pair;
        pair.Left = 7;
        pair.Right = 1L << 40;
        long total = Loop(new int[] { 3, -4, 1000000 }, pair, ref counter);
        int depth = Recursive(3, ">");
        Show("counter=" + counter + " sum=" + sum + " mixed=" + B(mixed) + " total=" + total
            + " depth=" + depth);
        return 0;
    }
}
