// Compares a renamed copy of korlib's pure parts (namespace Kor) with mono's class library. Prints
// one line for each difference (at most 40) and ends with the number of comparisons; exit status 1
// when anything differs.
using System;
using System.Collections;
using System.Globalization;
using System.Text;

static class Compare
{
    static int s_count, s_bad;

    static void Same(object expected, object actual, string what)
    {
        s_count++;
        if (Equals(expected, actual)) return;
        s_bad++;
        if (s_bad <= 40) Console.WriteLine("{0}: mono '{1}', korlib '{2}'", what, expected, actual);
    }

    static string Try(Func<string> f)
    {
        try { return f(); }
        catch (Exception e) { return e.GetType().Name; }
    }

    static readonly Random s_random = new Random(12345);

    static long RandomLong()
    {
        byte[] bytes = new byte[8];
        s_random.NextBytes(bytes);
        return BitConverter.ToInt64(bytes, 0) >> s_random.Next(64);
    }

    static void Integers()
    {
        string[] formats = { null, "", "G", "D", "D5", "d12", "X", "x", "X8", "x16", "N", "N0",
            "n3", "F", "F0", "F3", "E", "e2",
            "E10", "G3", "g5", "G20", "P", "P0", "C", "C0", "0", "000000", "#", "#,##0", "#,##0.00",
                "0.0;(0.0);zero",
            "##-##", "0.###e+00", "0.0E0", "$#,#", "0,.0", "0,,", "00%", "'x'0\"y\"", "\\#0", "abc",
                "#.##", "Q", "D200", "R" };
        for (int i = 0; i < 400; i++)
        {
            long v = i < 5 ? new long[] { 0, 1, -1, long.MinValue, long.MaxValue }[i]
                : RandomLong();
            int n = (int)v;
            foreach (string f in formats)
            {
                string what = v + " as '" + f + "'";
                Same(Try(() => v.ToString(f)), Try(() => Kor.Number.FormatSigned(v, 64, f, null)),
                    "long " + what);
                Same(Try(() => n.ToString(f)), Try(() => Kor.Number.FormatSigned(n, 32, f, null)),
                    "int " + n + what);
                Same(Try(() => ((sbyte)n).ToString(f)),
                    Try(() => Kor.Number.FormatSigned((sbyte)n, 8, f, null)), "sbyte " + what);
                Same(Try(() => ((ulong)v).ToString(f)),
                    Try(() => Kor.Number.FormatUnsigned((ulong)v, 64, f, null)), "ulong " + what);
                Same(Try(() => ((byte)n).ToString(f)),
                    Try(() => Kor.Number.FormatUnsigned((byte)n, 8, f, null)), "byte " + what);
            }
        }
    }

    static double RandomDouble(int i)
    {
        double[] special = { 0, -0.0, 1, -1, 0.1, 0.5, 1.5, 2.5, 1e15, 1e16, 123456789012345,
            1234567890123456, 1e-5, 0.0001,
            double.MaxValue, double.MinValue, double.Epsilon, double.NaN, double.PositiveInfinity,
            double.NegativeInfinity, 1e22, 1e23, 0.3, 2.0 / 3, 4.35, 1.005, 9.995, 999999.5,
                0.00012345, 1e100, 5e-320,
            1234567890123.125, 0.125, 0.375, 99999999999999.95, 72057594037927936.0 };
        if (i < special.Length) return special[i];
        switch (i % 5)
        {
            case 0: return BitConverter.Int64BitsToDouble(RandomLong() * 0x100000001L);
            case 1: return s_random.Next(-1000000, 1000000) / 1000.0;
            case 2: return s_random.NextDouble();
            case 3: return s_random.Next() * Math.Pow(10, s_random.Next(-20, 20));
            default: return s_random.Next(-100000, 100000) / 8.0;
        }
    }

    static void Floats(int count)
    {
        string[] formats = { null, "G", "R", "r", "G17", "G3", "g5", "F", "F0", "F2", "F15", "E",
            "e3", "E16", "N", "N1", "P", "P1",
            "C", "0", "0.00", "#,##0.###", "0.##E+0", "000.0;neg 0.0;nil", "#.#", "0%", "00.00'u'",
                "G1", "X", "D" };
        for (int i = 0; i < count; i++)
        {
            double d = RandomDouble(i);
            float s = (float)d;
            foreach (string f in formats)
            {
                // mono's R tries a shorter form first and parses subnormal numbers wrongly
                if ((f == "R" || f == "r") && Math.Abs(d) < 2.3e-308) continue;
                Same(Try(() => d.ToString(f)), Try(() => Kor.Number.FormatDouble(d, f, null)),
                    "double " + d.ToString("R") + " as '" + f + "'");
                Same(Try(() => s.ToString(f)), Try(() => Kor.Number.FormatSingle(s, f, null)),
                    "float " + s.ToString("R") + " as '" + f + "'");
            }
            foreach (string text in new[] { d.ToString("R"), d.ToString("G17"), d.ToString("E5"),
                s.ToString("R"), d.ToString("F3") })
            {
                double parsed;
                int status = Kor.Number.ParseDouble(text, NumberStyles.Float, out parsed);
                double expected;
                bool ok = double.TryParse(text, NumberStyles.Float, null, out expected);
                // mono does not round long digit strings and subnormal numbers correctly
                if (text.Length > 20 || Math.Abs(d) < 2.3e-308) continue;
                Same(ok, status == 0, "parse of " + text);
                if (ok)
                    Same(BitConverter.DoubleToInt64Bits(expected),
                        BitConverter.DoubleToInt64Bits(parsed), "parse of double " + text);
                float single;
                Kor.Number.ParseSingle(s.ToString("R"), NumberStyles.Float, out single);
                Same(s, single, "parse of float " + s.ToString("R"));
            }
            double back;
            if (d != 0 && !double.IsNaN(d) && Kor.Number.ParseDouble(d.ToString("G17"),
                NumberStyles.Float, out back) == 0)
                Same(BitConverter.DoubleToInt64Bits(d), BitConverter.DoubleToInt64Bits(back),
                    "round trip of " + d.ToString("R"));
        }
    }

    static void Parsing()
    {
        string[] texts = { "0", "12", "-12", "+7", " 42 ", "\t9\n", "1 2", "", " ", "-", "0x10",
            "1,000", "1e3", "1.0", "1.5", "2147483647",
            "2147483648", "-2147483648", "-2147483649", "9223372036854775807",
                "9223372036854775808", "-9223372036854775808",
            "18446744073709551615", "18446744073709551616", "007", "12-", "(5)", "FF", "ff",
                "80000000", "1FFFFFFFF", "12\0", "999999999999999999999999" };
        NumberStyles[] styles = { NumberStyles.Integer, NumberStyles.HexNumber, NumberStyles.Number,
            NumberStyles.Any, NumberStyles.Float, NumberStyles.None };
        foreach (string text in texts)
            foreach (NumberStyles style in styles)
            {
                string what = "'" + text + "' with " + style;
                int i;
                long a;
                Same(int.TryParse(text, style, null, out i) ? i.ToString() : "no",
                    Kor.Number.ParseSigned(text, style, 32, int.MinValue, int.MaxValue, out a) == 0
                        ? a.ToString() : "no", "int " + what);
                long l;
                Same(long.TryParse(text, style, null, out l) ? l.ToString() : "no",
                    Kor.Number.ParseSigned(text, style, 64, long.MinValue, long.MaxValue,
                        out a) == 0 ? a.ToString() : "no", "long " + what);
                ulong u, b;
                Same(ulong.TryParse(text, style, null, out u) ? u.ToString() : "no",
                    Kor.Number.ParseUnsigned(text, style, 64, ulong.MaxValue, out b) == 0
                        ? b.ToString() : "no", "ulong " + what);
                byte y;
                Same(byte.TryParse(text, style, null, out y) ? y.ToString() : "no",
                    Kor.Number.ParseUnsigned(text, style, 8, 255, out b) == 0 ? b.ToString() : "no",
                        "byte " + what);
            }
    }

    static void Texts()
    {
        string[] formats = { "{0}", "{0,8}|{1,-6}|", "{0:X8} {1:D3}", "{{{0}}}", "{1}{0}{1}",
            "{0,5:F1}", "{0", "}", "{2}", "{0:x}{{", "{0 , 6 }", "{0:#,##0.0}" };
        object[][] arguments = { new object[] { 255, 7 }, new object[] { -1, 0 },
            new object[] { 123456, 99 } };
        foreach (string format in formats)
            foreach (object[] args in arguments)
                Same(Try(() => string.Format(format, args)),
                    Try(() => new Kor.Text.StringBuilder().AppendFormat(format, args).ToString()),
                        "format " + format);
        StringBuilder mono = new StringBuilder("start");
        Kor.Text.StringBuilder ours = new Kor.Text.StringBuilder("start");
        for (int i = 0; i < 2000; i++)
        {
            int choice = s_random.Next(8), at = s_random.Next(mono.Length + 1);
            string piece = new string((char)('a' + i % 26), s_random.Next(5));
            if (choice < 2) { mono.Append(piece); ours.Append(piece); }
            else if (choice == 2) { mono.Insert(at, piece); ours.Insert(at, piece); }
            else if (choice == 3)
                { int n = s_random.Next(mono.Length - at + 1); n = n > 9 ? 9
                    : n; mono.Remove(at, n); ours.Remove(at, n); }
            else if (choice == 4) { mono.Replace('a', 'z'); ours.Replace('a', 'z'); }
            else if (choice == 5) { mono.Append(i); ours.Append(i); }
            else if (choice == 6) { mono.Append('q', 3); ours.Append('q', 3); }
            else if (mono.Length > 300) { mono.Length = 100; ours.Length = 100; }
            Same(mono.ToString(), ours.ToString(), "StringBuilder after step " + i);
        }
    }

    static void Order()
    {
        string[] words = { "", "a", "A", "ab", "aB", "Ab", "AB", "b", "a b", "a_b", "a1", "a10",
            "a2", "1a", "coop", "Coop", "zebra", "Zebra", "x.y", "x,y", "x+y", "_", "~", "9", "ab ",
            "its" };
        foreach (string x in words)
            foreach (string y in words)
            {
                Same(string.Compare(x, y), Kor.Collation.Compare(x, y, false), "order of '" + x
                    + "' and '" + y + "'");
                Same(string.Compare(x, y, true), Kor.Collation.Compare(x, y, true),
                    "order without case of '" + x + "' and '" + y + "'");
            }
    }

    static string Listing(IDictionary table)
    {
        StringBuilder text = new StringBuilder();
        IDictionaryEnumerator e = table.GetEnumerator();
        while (e.MoveNext()) text.Append(e.Key).Append('=').Append(e.Value).Append(' ');
        return text.ToString();
    }

    static void Tables()
    {
        Hashtable mono = new Hashtable();
        Kor.Collections.Hashtable ours = new Kor.Collections.Hashtable();
        for (int i = 0; i < 3000; i++)
        {
            object key = s_random.Next(2) == 0 ? (object)s_random.Next(400) : "k"
                + s_random.Next(200);
            int choice = s_random.Next(4);
            if (choice < 2) { mono[key] = i; ours[key] = i; }
            else if (choice == 2) { mono.Remove(key); ours.Remove(key); }
            else Same(mono[key], ours[key], "lookup of " + key);
            Same(mono.Count, ours.Count, "count after step " + i);
            if (i % 50 == 0) Same(Listing(mono), Listing(ours), "enumeration after step " + i);
        }
        ArrayList list = new ArrayList();
        Kor.Collections.ArrayList own = new Kor.Collections.ArrayList();
        for (int i = 0; i < 500; i++)
        {
            int v = s_random.Next(1000);
            list.Add(v);
            own.Add(v);
            if (i % 3 == 0)
                { int at = s_random.Next(list.Count); list.RemoveAt(at); own.RemoveAt(at); }
            if (i % 5 == 0)
                { int at = s_random.Next(list.Count + 1); list.Insert(at, v); own.Insert(at, v); }
        }
        list.Sort();
        own.Sort();
        Same(string.Join(",", list.ToArray()), string.Join(",", own.ToArray()), "sorted list");
        Kor.Collections.Queue queue = new Kor.Collections.Queue();
        Queue monoQueue = new Queue();
        for (int i = 0; i < 300; i++)
        {
            queue.Enqueue(i);
            monoQueue.Enqueue(i);
            if (i % 3 == 2) Same(monoQueue.Dequeue(), queue.Dequeue(), "queue");
        }
        Same(string.Join(",", monoQueue.ToArray()), string.Join(",", queue.ToArray()),
            "queue's rest");
    }

    static void Arithmetic()
    {
        for (int i = 0; i < 4000; i++)
        {
            double d = RandomDouble(i), e = RandomDouble(i + 7);
            string what = d.ToString("R");
            Same(Math.Floor(d), Kor.Math.Floor(d), "Floor " + what);
            Same(Math.Ceiling(d), Kor.Math.Ceiling(d), "Ceiling " + what);
            Same(Math.Truncate(d), Kor.Math.Truncate(d), "Truncate " + what);
            Same(Math.Round(d), Kor.Math.Round(d), "Round " + what);
            Same(Math.Round(d, 2), Kor.Math.Round(d, 2), "Round to 2 " + what);
            Same(Math.Round(d, MidpointRounding.AwayFromZero),
                Kor.Math.Round(d, Kor.MidpointRounding.AwayFromZero), "Round away " + what);
            Same(Math.Round(d, 3, MidpointRounding.AwayFromZero),
                Kor.Math.Round(d, 3, Kor.MidpointRounding.AwayFromZero), "Round away to 3 " + what);
            Same(Math.Abs(d), Kor.Math.Abs(d), "Abs " + what);
            Same(Math.Max(d, e), Kor.Math.Max(d, e), "Max " + what + " " + e);
            Same(Math.Min(d, e), Kor.Math.Min(d, e), "Min " + what + " " + e);
            Same(Math.IEEERemainder(d, e), Kor.Math.IEEERemainder(d, e), "IEEERemainder " + what
                + " " + e);
        }
        foreach (int seed in new[] { 0, 1, -5, 42, int.MaxValue, int.MinValue })
        {
            Random mono = new Random(seed);
            Kor.Random ours = new Kor.Random(seed);
            for (int i = 0; i < 200; i++)
            {
                Same(mono.Next(), ours.Next(), "Random.Next of seed " + seed);
                Same(mono.Next(10), ours.Next(10), "Random.Next(10)");
                Same(mono.NextDouble(), ours.NextDouble(), "Random.NextDouble");
                Same(mono.Next(int.MinValue, int.MaxValue), ours.Next(int.MinValue, int.MaxValue),
                    "Random.Next of the full range");
            }
        }
    }

    static void Characters()
    {
        for (int i = 0; i < 0x10000; i++)
        {
            char c = (char)i;
            if (i < 0x100 || char.IsDigit(c))
                Same(char.GetNumericValue(c), Kor.Char.GetNumericValue(c), "GetNumericValue " + i);
            Same(char.IsLetter(c), Kor.Char.IsLetter(c), "IsLetter " + i);
            Same(char.IsDigit(c), Kor.Char.IsDigit(c), "IsDigit " + i);
            Same(char.IsWhiteSpace(c), Kor.Char.IsWhiteSpace(c), "IsWhiteSpace " + i);
            Same(char.IsUpper(c), Kor.Char.IsUpper(c), "IsUpper " + i);
            Same(char.IsLower(c), Kor.Char.IsLower(c), "IsLower " + i);
            Same(char.IsPunctuation(c), Kor.Char.IsPunctuation(c), "IsPunctuation " + i);
            Same(char.IsSymbol(c), Kor.Char.IsSymbol(c), "IsSymbol " + i);
            Same(char.IsSeparator(c), Kor.Char.IsSeparator(c), "IsSeparator " + i);
            Same(char.IsControl(c), Kor.Char.IsControl(c), "IsControl " + i);
            Same(char.IsNumber(c), Kor.Char.IsNumber(c), "IsNumber " + i);
            Same(char.ToUpperInvariant(c), Kor.Char.ToUpper(c), "ToUpper " + i);
            Same(char.ToLowerInvariant(c), Kor.Char.ToLower(c), "ToLower " + i);
        }
        string[] texts = { "", "plain", "gr\u00FC\u00DFe", "\u20AC", "\uD83D\uDE00!", "\uD83D",
            "a\uDE00b", "\u0000\u007F\u0080\u07FF\u0800\uFFFF" };
        foreach (string text in texts)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            Same(BitConverter.ToString(bytes),
                BitConverter.ToString(new Kor.Text.UTF8Encoding().GetBytes(text)),
                "UTF-8 of a text");
            Same(Encoding.UTF8.GetString(bytes), new Kor.Text.UTF8Encoding().GetString(bytes),
                "text of UTF-8");
        }
    }

    static int Main()
    {
        Integers();
        Floats(700);
        Parsing();
        Texts();
        Order();
        Tables();
        Arithmetic();
        Characters();
        Console.WriteLine("{0} comparisons, {1} differences", s_count, s_bad);
        return s_bad == 0 ? 0 : 1;
    }
}
