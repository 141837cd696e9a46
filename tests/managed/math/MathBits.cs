// Prints the bits of what System.Math answers: `MathBits COUNT [arguments]`. For each group of
// arguments one line: its name, then 16 hex digits for each result (with `arguments`: for each
// argument). The arguments come from a generator of its own, the same everywhere.
using System;

static class MathBits
{
    static ulong s_state;
    static readonly char[] s_line = new char[32 * 16];
    static int s_length;

    static ulong Next()
    {
        s_state ^= s_state << 13;
        s_state ^= s_state >> 7;
        s_state ^= s_state << 17;
        return s_state;
    }

    // in [low, high)
    static double Even(double low, double high)
    {
        return low + (high - low) * ((Next() >> 11) * (1.0 / 9007199254740992.0));
    }

    // Either sign, each power of two from 2**low to 2**high as often as the others.
    static double Spread(int low, int high)
    {
        long exponent = low + 1023 + (long)(Next() % (ulong)(high - low + 1));
        long bits = (long)(Next() >> 12) | exponent << 52;
        if ((Next() & 1) != 0) bits |= long.MinValue;
        return BitConverter.Int64BitsToDouble(bits);
    }

    // The ranges: where programs compute, near zero, all there is.
    static double Argument(string range)
    {
        switch (range)
        {
            case "plain": return Even(-10, 10);
            case "one": return Even(-1, 1);
            case "near": return Even(0.9375, 1.0625);
            case "wide": return Even(-700, 700);
            case "small": return Spread(-30, -1);
            default: return range == "large" ? Spread(5, 40) : range == "huge" ? Spread(63, 1023)
                : Spread(-1022, 1023);
        }
    }

    static double Result(string function, double x)
    {
        switch (function)
        {
            case "sin": return Math.Sin(x);
            case "cos": return Math.Cos(x);
            case "tan": return Math.Tan(x);
            case "asin": return Math.Asin(x);
            case "acos": return Math.Acos(x);
            default: return Result2(function, x);
        }
    }

    // mcs turns a long switch into a generic dictionary: two short ones.
    static double Result2(string function, double x)
    {
        switch (function)
        {
            case "atan": return Math.Atan(x);
            case "exp": return Math.Exp(x);
            case "log": return Math.Log(Math.Abs(x));
            case "log10": return Math.Log10(Math.Abs(x));
            case "sinh": return Math.Sinh(x);
            default: return function == "cosh" ? Math.Cosh(x) : function == "tanh" ? Math.Tanh(x)
                : Math.Sqrt(Math.Abs(x));
        }
    }

    static double Result(string function, double x, double y)
    {
        return function == "atan2" ? Math.Atan2(x, y) : function == "log2" ? Math.Log(
            Math.Abs(x), Math.Abs(y)) : function == "rem" ? Math.IEEERemainder(x, y)
            : Math.Pow(Math.Abs(x), y);
    }

    static void Put(double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        for (int shift = 60; shift >= 0; shift -= 4)
            s_line[s_length++] = "0123456789abcdef"[(int)(bits >> shift) & 15];
        if (s_length == s_line.Length) Flush();
    }

    static void Flush()
    {
        Console.Write(s_line, 0, s_length);
        s_length = 0;
    }

    const string Groups =
        "sin:one sin:plain sin:large sin:huge cos:one cos:plain cos:large cos:huge tan:plain "
        + "tan:large tan:huge asin:one asin:small acos:one acos:small atan:plain atan:any exp:plain "
        + "exp:small exp:wide log:plain log:any log:near log10:plain log10:any log10:near "
        + "sinh:plain sinh:small sinh:wide cosh:plain cosh:small cosh:wide tanh:plain tanh:one "
        + "tanh:small sqrt:any";
    const string Pairs = "atan2:plain,plain atan2:large,small atan2:any,any pow:plain,plain "
        + "pow:near,wide pow:large,plain log2:plain,wide rem:wide,plain";

    static void Main(string[] words)
    {
        int count = int.Parse(words[0]);
        bool results = words.Length < 2;
        foreach (string group in Groups.Split(' '))
        {
            s_state = 88172645463325252;
            string[] part = group.Split(':');
            Console.Write(group + " ");
            for (int i = 0; i < count; i++)
            {
                double x = Argument(part[1]);
                Put(results ? Result(part[0], x) : x);
            }
            Flush();
            Console.WriteLine();
        }
        foreach (string group in Pairs.Split(' '))
        {
            s_state = 88172645463325252;
            string[] part = group.Split(':'), ranges = part[1].Split(',');
            Console.Write(group + " ");
            for (int i = 0; i < count; i++)
            {
                double x = Argument(ranges[0]), y = Argument(ranges[1]);
                if (results)
                {
                    Put(Result(part[0], x, y));
                    continue;
                }
                Put(x);
                Put(y);
            }
            Flush();
            Console.WriteLine();
        }
    }
}
