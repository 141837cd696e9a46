// Prints reference_kernel/managed/korlib/UnicodeTables.cs from what mono's class library answers:
//   mcs Tables.cs && mono Tables.exe > .../korlib/UnicodeTables.cs
using System;
using System.Collections.Generic;

static class Tables
{
    static int Category(int c) { return (int)Char.GetUnicodeCategory((char)c); }

    // Runs of one category, and of two that alternate: the first character and 32 * one + other.
    static List<int> Categories()
    {
        var found = new List<int>();
        for (int at = 0; at < 65536;)
        {
            int even = Category(at), odd = at < 65535 ? Category(at + 1) : even, end = at;
            while (end < 65536 && Category(end) == even) end++;
            if (end > at + 1 || at == 65535) odd = even;
            else
            {
                while (end < 65536 && Category(end) == ((end - at) % 2 == 0 ? even : odd)) end++;
                // what goes on as a run of one category begins with its first character
                while (end > at + 1 && end < 65536 && Category(end) == Category(end - 1)) end--;
            }
            found.Add(at);
            found.Add(32 * even + odd);
            at = end;
        }
        return found;
    }

    delegate char Mapping(char c);

    // Ranges with one distance: first, last, stride, distance.
    static List<int> Cases(Mapping map)
    {
        var found = new List<int>();
        for (int at = 128; at < 65536; at++)
        {
            int distance = (map((char)at) - at) & 0xFFFF;
            if (distance == 0) continue;
            int stride = at < 65535 && ((map((char)(at + 1)) - at - 1) & 0xFFFF) == distance ? 1 : 2;
            int last = at;
            while (last + stride < 65536
                && ((map((char)(last + stride)) - last - stride) & 0xFFFF) == distance
                && (stride == 1 || map((char)(last + 1)) == last + 1))
                last += stride;
            found.AddRange(new[] { at, last, stride, distance });
            at = last;
        }
        return found;
    }

    static void Print(string name, List<int> numbers)
    {
        Console.WriteLine("        internal const string " + name + " =");
        for (int at = 0; at < numbers.Count; at += 12)
        {
            Console.Write(at == 0 ? "            \"" : "            + \"");
            for (int i = at; i < numbers.Count && i < at + 12; i++)
                Console.Write("\\u" + numbers[i].ToString("x4"));
            Console.WriteLine(at + 12 < numbers.Count ? "\"" : "\";");
        }
    }

    static void Main()
    {
        Console.WriteLine("// Written by tests/managed/unicode/Tables.cs from mono's class library.");
        Console.WriteLine("namespace System\n{\n    internal static class UnicodeTables\n    {");
        Print("Categories", Categories());
        Print("Upper", Cases(Char.ToUpperInvariant));
        Print("Lower", Cases(Char.ToLowerInvariant));
        Console.WriteLine("    }\n}");
    }
}
