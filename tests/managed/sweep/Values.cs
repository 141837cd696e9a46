// The arguments of the sweep, fresh ones at each call, and how results are noted. See generate.py.
using System;
using System.Collections;
using System.Globalization;
using System.Text;

[Flags]
enum Bits { None = 0, One = 1, Two = 2, Three = 3, Eight = 8 }

enum Plain : short { Low = -5, Zero = 0, High = 300 }

static class Values
{
    public static bool Boolean(int i) { return i == 1; }

    public static char Char(int i)
    {
        return "aZ 0\t\0-5_+,\u00e9\u00df\u0130\u4e00\ud83d\ude00\uffff$\u2003m"[i];
    }

    static readonly long[] s_integers =
    {
        0, 1, -1, 2, 7, 10, -10, 65, 100, 127, 128, -128, -129, 255, 256, 1000, 32767, 32768,
        -32768, 65535, 65536, 1000000, 2147483647, 2147483648, -2147483648, 4294967295,
        1234567890123456789, long.MaxValue, long.MinValue, -999999999999
    };
    public static long Int64(int i) { return s_integers[i]; }
    public static ulong UInt64(int i) { return (ulong)s_integers[i]; }
    public static int Int32(int i) { return (int)s_integers[i]; }
    public static uint UInt32(int i) { return (uint)s_integers[i]; }
    public static short Int16(int i) { return (short)s_integers[i]; }
    public static ushort UInt16(int i) { return (ushort)s_integers[i]; }
    public static sbyte SByte(int i) { return (sbyte)s_integers[i]; }
    public static byte Byte(int i) { return (byte)s_integers[i]; }
    public static int Small(int i) { return i - 1; }
    public static int Radix(int i) { return i == 2 ? 10 : i == 3 ? 16 : i * 6 + 2; }

    static readonly double[] s_doubles =
    {
        0, -0.0, 1, -1, 0.5, 1.5, 2.5, -2.5, 0.1, 3.14159265358979, -123.456, 100, 127.5, 128,
        255.5, 256, 1e5, 123456789.125, 2147483647.4, 2147483647.5, -2147483648.5, 4294967295.5,
        1e15, 1e16, 9.2e18, 9.3e18, 1.8e19, 1e100, 1e-5, 1e-7, 5e-324, double.MaxValue,
        double.MinValue, double.NaN, double.PositiveInfinity, double.NegativeInfinity,
        0.4999999999999999, 4503599627370497.5, 1.005, 2.675
    };
    public static double Double(int i) { return s_doubles[i]; }
    public static float Single(int i) { return (float)s_doubles[i]; }

    static readonly string[] s_texts =
    {
        null, "", "a", "abc", "ABC", "aBcAbC", "hello, world", " pad ", "\t tabs\r\n",
        "\u00e9t\u00e9", "stra\u00dfe", "a,b,,c", "aaa", "abcabc", "1", "0-9", "x\0y",
        "\ud83d\ude00", "co-op", "coop"
    };
    public static string Text(int i) { return s_texts[i]; }

    static readonly string[] s_numbers =
    {
        null, "", "0", "1", "-1", "+7", " 42 ", "127", "128", "-128", "-129", "255", "256",
        "65536", "2147483647", "2147483648", "-2147483648", "4294967296", "9223372036854775807",
        "18446744073709551615", "18446744073709551616", "1,234", "1.5", "-0", "-0.0", "1e3",
        "1E-3", "1.7976931348623157E+308", "4.9E-324", "NaN", "Infinity", "-Infinity", "ff", "FF",
        "0x1F", "1010", "777", "(5)", "$3", "12x", ".5", "5.", "--1", "1 2", "true", "False",
        " TRUE ", "x", "0.1", "123456789.123456789", "7-", "\t8\n", "1e400"
    };
    public static string Number(int i) { return s_numbers[i]; }

    static readonly string[] s_formats =
    {
        null, "", "G", "g", "D", "D5", "X", "x8", "X2", "N", "N0", "n3", "F", "F0", "f4", "E",
        "e2", "E10", "P", "P1", "C", "c0", "R", "r", "G3", "G17", "g5", "0", "000.00", "#",
        "#,##0.0", "0.0;(0.0);zero", "0.##e+00", "0%", "'q'0", "F20", "N15", "b", "Z9", "D2"
    };
    public static string Format(int i) { return s_formats[i]; }

    static readonly string[] s_composites =
    {
        "", "plain", "{0}", "{0,8}|", "{0,-8}|", "{0:X}", "{0:F2} {0}", "{{{0}}}",
        "{0:N1}-{0:000}", "{1}{0}", "{0,6:0.0}{1,3}{2}", "{", "{0", "{a}", "{3}", "}"
    };
    public static string Composite(int i) { return s_composites[i]; }

    public static object Object(int i)
    {
        switch (i)
        {
            case 0: return null;
            case 1: return 0;
            case 2: return -7;
            case 3: return "12";
            case 4: return "abc";
            case 5: return 'c';
            default: return More(i);
        }
    }

    static object More(int i)
    {
        switch (i)
        {
            case 6: return 2.5;
            case 7: return 1.25f;
            case 8: return true;
            case 9: return 5000000000L;
            case 10: return (byte)200;
            case 11: return (short)-3;
            default: return i == 12 ? (object)Bits.Three : i == 13 ? (object)Plain.High
                : i == 14 ? (object)ulong.MaxValue : i == 15 ? (object)(sbyte)-1 : (object)"ABC";
        }
    }

    public static IFormatProvider Provider(int i)
    {
        return i == 0 ? null : CultureInfo.InvariantCulture;
    }

    public static CultureInfo Culture(int i) { return CultureInfo.InvariantCulture; }

    public static IComparer Comparer(int i)
    {
        return i == 0 ? null : i == 1 ? (IComparer)System.Collections.Comparer.Default
            : new Backwards();
    }

    class Backwards : IComparer
    {
        public int Compare(object a, object b)
        {
            return System.Collections.Comparer.Default.Compare(b, a);
        }
    }

    public static NumberStyles Styles(int i)
    {
        NumberStyles[] all = { NumberStyles.None, NumberStyles.Integer, NumberStyles.Number,
            NumberStyles.Float, NumberStyles.Any, NumberStyles.HexNumber, NumberStyles.Currency,
            NumberStyles.AllowHexSpecifier, NumberStyles.AllowLeadingSign };
        return all[i];
    }

    public static StringComparison Comparison(int i)
    {
        return i == 0 ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;
    }

    public static StringSplitOptions Splitting(int i) { return (StringSplitOptions)i; }
    public static MidpointRounding Rounding(int i) { return (MidpointRounding)i; }
    public static TypeCode Code(int i) { return (TypeCode)i; }
    public static Enum Enumeration(int i)
    {
        return i < 5 ? (Enum)(Bits)(i * 2) : i == 5 ? Plain.Low : i == 6 ? (Plain)7 : Plain.High;
    }

    public static Type Type(int i)
    {
        Type[] all = { null, typeof(int), typeof(string), typeof(object), typeof(double),
            typeof(Bits),
            typeof(Plain), typeof(int[]), typeof(ArrayList), typeof(IComparable), typeof(char),
            typeof(Array), typeof(ulong), typeof(bool), typeof(string[,]), typeof(void) };
        return all[i];
    }

    public static char[] Chars(int i)
    {
        return i == 0 ? null : i == 1 ? new char[0] : i == 2 ? new[] { ',', ' ', 'a' }
            : "hello world".ToCharArray();
    }

    public static string[] Texts(int i)
    {
        return i == 0 ? null : i == 1 ? new string[0] : i == 2 ? new[] { "b", null, "ab", ",", "" }
            : new[] { "delta", "Alpha", "charlie", "bravo", "alpha" };
    }

    public static object[] Objects(int i)
    {
        return i == 0 ? null : i == 1 ? new object[0] : i == 2 ? new object[] { 3, 1, 2, 1 }
            : new object[] { "x", 1.5, null, 'c' };
    }

    public static byte[] Bytes(int i)
    {
        return i == 0 ? null : i == 1 ? new byte[0] : i == 2 ? new byte[] { 1, 2, 3 }
            : new byte[] { 0xC3, 0xA9, 0x41, 0xE4, 0xB8, 0x80, 0xFF, 0x80, 0x00, 0x7F, 0xF0, 0x9F };
    }

    public static int[] Ints(int i)
    {
        return i == 0 ? null : i == 1 ? new int[0] : i == 2 ? new[] { 1, 0 } : new[] { 5, 3, 9, 1,
            3 };
    }

    public static Array Array(int i)
    {
        switch (i)
        {
            case 0: return Ints(3);
            case 1: return Texts(3);
            case 2: return new double[] { 2.5, -1, double.NaN, 0, 7 };
            case 3: return Objects(2);
            case 4: return new int[2, 3] { { 1, 2, 3 }, { 4, 5, 6 } };
            default: return i == 5 ? (Array)new byte[] { 9, 8, 7, 6, 5, 4, 3, 2, 1 }
                : new char[] { 'q', 'a', 'z' };
        }
    }

    public static ArrayList List(int i)
    {
        var list = new ArrayList();
        if (i > 0) list.AddRange(i == 1 ? (ICollection)Ints(3) : Texts(3));
        return list;
    }

    public static ICollection Collection(int i) { return List(i); }
    public static Stack Stack(int i) { return new Stack(List(i)); }
    public static Queue Queue(int i) { return new Queue(List(i)); }

    public static Hashtable Table(int i)
    {
        var table = new Hashtable();
        foreach (object o in List(i)) table[o] = o.ToString();
        if (i > 1) table["abc"] = 'c';
        return table;
    }

    public static IDictionary Dictionary(int i) { return Table(i); }

    public static StringBuilder Builder(int i)
    {
        return new StringBuilder(i == 0 ? "" : i == 1 ? "abcabc" : "hello, world; hello again");
    }

    public static Encoding Encoding(int i)
    {
        return i == 0 ? System.Text.Encoding.UTF8 : i == 1 ? System.Text.Encoding.ASCII
            : System.Text.Encoding.Unicode;
    }

    public static Random Random(int i) { return new Random(i * 1000 - 1); }
    public static TimeSpan Span(int i) { return new TimeSpan(s_integers[i]); }
    public static DateTime Date(int i) { return new DateTime(s_integers[i]); }
}

// Notes results: prints a line for each member, with a hash of them or, asked for one member, all.
static class Note
{
    public static string Only;
    static string s_mask;
    static int s_call;
    static uint s_hash;
    static string s_name;
    static bool s_all;
    static StringBuilder s_probed;

    public static bool Begin(string name, string mask)
    {
        if (Only != null && Only != "" && Only != name) return false;
        s_name = name;
        s_mask = mask;
        s_call = -1;
        s_hash = 2166136261;
        s_all = Only == name || Only == "";
        s_probed = new StringBuilder();
        if (!s_all) Console.Write(name);
        return true;
    }

    // Whether the next call is one that does not throw.
    public static bool Next()
    {
        s_call++;
        if (s_mask.Length == 0 || s_mask[s_call] == '1')
        {
            if (s_all) Console.Write(s_name + " #" + s_call);
            return true;
        }
        return false;
    }

    public static void Probed(bool good) { s_probed.Append(good ? '1' : '0'); }

    public static void End()
    {
        if (s_all) return;
        Console.WriteLine(s_probed.Length > 0 ? " " + s_probed : " = " + s_hash.ToString("x8"));
    }

    static void Add(string text)
    {
        for (int i = 0; i < text.Length; i++) s_hash = (s_hash ^ text[i]) * 16777619;
        if (!s_all) return;
        Console.Write(" ");
        for (int i = 0; i < text.Length; i++)
            if (text[i] >= ' ' && text[i] <= '~') Console.Write(text[i]);
            else Console.Write("\\u" + ((int)text[i]).ToString("x4"));
    }

    public static void Done()
    {
        Add(";");
        if (s_all) Console.WriteLine();
    }

    public static void Put(bool value) { Add(value ? "true" : "false"); }
    public static void Put(char value) { Add("'" + value); }
    public static void Put(long value) { Add(value.ToString()); }
    public static void Put(ulong value) { Add(value.ToString()); }
    public static void Put(string value) { Add(value == null ? "null" : "\"" + value + "\""); }

    public static void Put(double value)
    {
        // a NaN's sign and payload are nobody's promise
        Add(value != value ? "nan" : BitConverter.DoubleToInt64Bits(value).ToString("x16"));
    }

    public static void Put(object value)
    {
        if (value == null) Add("null");
        else if (value is string) Put((string)value);
        else if (value is double) Put((double)value);
        else if (value is float) Put((double)(float)value);
        else if (value is DictionaryEntry)
        {
            Put(((DictionaryEntry)value).Key);
            Put(((DictionaryEntry)value).Value);
        }
        else if (value is StringBuilder) Put(value.ToString());
        else if (value is Random) Put((long)((Random)value).Next());
        else if (value is Hashtable) Sorted((Hashtable)value);
        else if (value is IEnumerable)
        {
            Add("[");
            foreach (object item in (IEnumerable)value) Put(item);
            Add("]");
        }
        else if (value is TimeSpan) Put(((TimeSpan)value).Ticks);
        else if (value is DateTime) Put(((DateTime)value).Ticks);
        else Add(value.GetType().FullName + ":" + value);
    }

    // Order within a table is nobody's promise either.
    static void Sorted(Hashtable table)
    {
        Put((long)table.Count);
        string[] all = new string[table.Count];
        int used = 0;
        foreach (DictionaryEntry entry in table) all[used++] = entry.Key + "=" + entry.Value;
        for (int i = 1; i < used; i++)
            for (int j = i; j > 0 && string.CompareOrdinal(all[j - 1], all[j]) > 0; j--)
            {
                string other = all[j];
                all[j] = all[j - 1];
                all[j - 1] = other;
            }
        for (int i = 0; i < used; i++) Put(all[i]);
    }
}
