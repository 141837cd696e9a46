// Says what its arguments and locals are: each argument when the method begins, and every argument
// and local again after each assignment to it, one `@NAME=VALUE` line at a time. All kinds of values
// and ways to pass them. tests/gdbext/test_printed_values.py compares the lines with what frame
// commands show at every IL boundary. A value has one text for both:
//
//     integers, chars and enums as numbers, floats as their bits, true, false, null, "text",
//     [a,b] for an array, {a,b} for a struct or object, `box a` for a boxed value,
//     &a for what a reference to a variable points to
using System;
using System.Runtime.InteropServices;

enum Tiny : sbyte { Low = -128, Zero = 0, High = 127 }
enum Word : ushort { None, Middle = 300, High = 65535 }
enum Plain { Red, Green, Blue = -7 }
[Flags] enum Bits : uint { None = 0, One = 1, Two = 2, Top = 0x80000000 }
enum Huge : long { Least = long.MinValue, Zero = 0, Most = long.MaxValue }

struct S1 { public byte A; }
struct S2 { public sbyte A; public byte B; }
struct S3 { public byte A, B, C; }
struct S4 { public short A; public ushort B; }
struct S5 { public byte A, B, C, D, E; }
struct S6 { public ushort A, B, C; }
struct S7 { public byte A, B, C, D, E, F, G; }
struct S8 { public int A; public uint B; }
struct S12 { public int A, B, C; }
struct S24 { public double A; public string B; public bool C; }
struct S32 { public int A; public ulong B, C; public bool D, E; public char F; }
struct FloatPair { public float A, B; }
struct OneDouble { public double A; }
struct Nest { public byte A; public S3 B; public S12 C; }

// A frame of more than a page: its prologue probes.
[StructLayout(LayoutKind.Explicit, Size = 5000)]
struct Large
{
    [FieldOffset(0)] public int A;
    [FieldOffset(4992)] public long B;
}

static class Say
{
    static void Line(string name, string value) { Console.WriteLine("@" + name + "=" + value); }

    static string Of(bool x) { return x ? "true" : "false"; }
    static string Of(string x) { return x == null ? "null" : "\"" + x + "\""; }
    static unsafe string Of(float x) { return (*(uint*)&x).ToString(); }
    static unsafe string Of(double x) { return (*(ulong*)&x).ToString(); }
    static string Of(S3 x) { return "{" + x.A + "," + x.B + "," + x.C + "}"; }
    static string Of(S12 x) { return "{" + x.A + "," + x.B + "," + x.C + "}"; }
    static string Of(S16 x) { return "{" + x.A + "," + x.B + "}"; }

    public static void V(string name, bool x) { Line(name, Of(x)); }
    public static void V(string name, char x) { Line(name, ((int)x).ToString()); }
    public static void V(string name, sbyte x) { Line(name, x.ToString()); }
    public static void V(string name, byte x) { Line(name, x.ToString()); }
    public static void V(string name, short x) { Line(name, x.ToString()); }
    public static void V(string name, ushort x) { Line(name, x.ToString()); }
    public static void V(string name, int x) { Line(name, x.ToString()); }
    public static void V(string name, uint x) { Line(name, x.ToString()); }
    public static void V(string name, long x) { Line(name, x.ToString()); }
    public static void V(string name, ulong x) { Line(name, x.ToString()); }
    public static void V(string name, float x) { Line(name, Of(x)); }
    public static void V(string name, double x) { Line(name, Of(x)); }
    public static void V(string name, string x) { Line(name, Of(x)); }
    public static void V(string name, IntPtr x) { Line(name, x.ToInt64().ToString()); }
    public static unsafe void V(string name, int* x) { Line(name, ((ulong)x).ToString()); }

    public static void V(string name, Tiny x) { Line(name, ((sbyte)x).ToString()); }
    public static void V(string name, Word x) { Line(name, ((ushort)x).ToString()); }
    public static void V(string name, Plain x) { Line(name, ((int)x).ToString()); }
    public static void V(string name, Bits x) { Line(name, ((uint)x).ToString()); }
    public static void V(string name, Huge x) { Line(name, ((long)x).ToString()); }

    public static void V(string name, S1 x) { Line(name, "{" + x.A + "}"); }
    public static void V(string name, S2 x) { Line(name, "{" + x.A + "," + x.B + "}"); }
    public static void V(string name, S3 x) { Line(name, Of(x)); }
    public static void V(string name, S4 x) { Line(name, "{" + x.A + "," + x.B + "}"); }
    public static void V(string name, S5 x)
    {
        Line(name, "{" + x.A + "," + x.B + "," + x.C + "," + x.D + "," + x.E + "}");
    }
    public static void V(string name, S6 x) { Line(name, "{" + x.A + "," + x.B + "," + x.C + "}"); }
    public static void V(string name, S7 x)
    {
        Line(name, "{" + x.A + "," + x.B + "," + x.C + "," + x.D + "," + x.E + "," + x.F + ","
            + x.G + "}");
    }
    public static void V(string name, S8 x) { Line(name, "{" + x.A + "," + x.B + "}"); }
    public static void V(string name, S12 x) { Line(name, Of(x)); }
    public static void V(string name, S16 x) { Line(name, Of(x)); }
    public static void V(string name, S24 x)
    {
        Line(name, "{" + Of(x.A) + "," + Of(x.B) + "," + Of(x.C) + "}");
    }
    public static void V(string name, S32 x)
    {
        Line(name, "{" + x.A + "," + x.B + "," + x.C + "," + Of(x.D) + "," + Of(x.E) + ","
            + (int)x.F + "}");
    }
    public static void V(string name, FloatPair x) { Line(name, "{" + Of(x.A) + "," + Of(x.B) + "}"); }
    public static void V(string name, OneDouble x) { Line(name, "{" + Of(x.A) + "}"); }
    public static void V(string name, Nest x)
    {
        Line(name, "{" + x.A + "," + Of(x.B) + "," + Of(x.C) + "}");
    }
    public static void V(string name, Large x) { Line(name, "{" + x.A + "," + x.B + "}"); }

    public static void V(string name, int[] x)
    {
        string all = "";
        if (x != null)
            for (int i = 0; i < x.Length; i++) all += (i == 0 ? "" : ",") + x[i];
        Line(name, x == null ? "null" : "[" + all + "]");
    }
    public static void V(string name, string[] x)
    {
        string all = "";
        if (x != null)
            for (int i = 0; i < x.Length; i++) all += (i == 0 ? "" : ",") + Of(x[i]);
        Line(name, x == null ? "null" : "[" + all + "]");
    }
    public static void V(string name, S3[] x)
    {
        string all = "";
        if (x != null)
            for (int i = 0; i < x.Length; i++) all += (i == 0 ? "" : ",") + Of(x[i]);
        Line(name, x == null ? "null" : "[" + all + "]");
    }
    public static void V(string name, Box x)
    {
        Line(name, x == null ? "null" : "{" + x.Id + "," + x.Count + "," + Of(x.Text) + "}");
    }
    public static void V(string name, object x)
    {
        if (x == null) Line(name, "null");
        else if (x is int) Line(name, "box " + (int)x);
        else if (x is long) Line(name, "box " + (long)x);
        else if (x is S16) Line(name, "box " + Of((S16)x));
        else if (x is string) Line(name, Of((string)x));
        else V(name, (Box)x);
    }

    // Each once: the machine code of printing then lies apart from that of the methods below, where a
    // debugger has breakpoints (they slow down what shares their page).
    public static unsafe void Everything()
    {
        V("w", true); V("w", 'w'); V("w", (sbyte)-1); V("w", (byte)1); V("w", (short)-1);
        V("w", (ushort)1); V("w", -1); V("w", 1u); V("w", -1L); V("w", 1UL); V("w", 1f); V("w", 1.0);
        V("w", "w"); V("w", IntPtr.Zero); V("w", (int*)0);
        V("w", Tiny.Zero); V("w", Word.None); V("w", Plain.Red); V("w", Bits.None); V("w", Huge.Zero);
        V("w", new S1()); V("w", new S2()); V("w", new S3()); V("w", new S4()); V("w", new S5());
        V("w", new S6()); V("w", new S7()); V("w", new S8()); V("w", new S12()); V("w", new S16());
        V("w", new S24()); V("w", new S32()); V("w", new FloatPair()); V("w", new OneDouble());
        V("w", new Nest()); V("w", new Large());
        V("w", new int[1]); V("w", new string[1]); V("w", new S3[1]); V("w", (Box)null);
        V("w", (object)1); V("w", (object)1L); V("w", (object)new S16()); V("w", (object)"w");
        V("w", (object)null);
        R("w", -1); R("w", (byte)1); R("w", -1L); R("w", 1.0); R("w", "w"); R("w", new S3());
        R("w", new S16());
        Console.WriteLine("begin");
    }

    // What a reference to a variable points to.
    public static void R(string name, int x) { Line(name, "&" + x); }
    public static void R(string name, byte x) { Line(name, "&" + x); }
    public static void R(string name, long x) { Line(name, "&" + x); }
    public static void R(string name, double x) { Line(name, "&" + Of(x)); }
    public static void R(string name, string x) { Line(name, "&" + Of(x)); }
    public static void R(string name, S3 x) { Line(name, "&" + Of(x)); }
    public static void R(string name, S16 x) { Line(name, "&" + Of(x)); }
}

interface ISum
{
    long Sum(int more);
}

struct S16 : ISum
{
    public long A;
    public int B;

    public S16(long a, int b) : this()
    {
        Say.R("this", this); Say.V("a", a); Say.V("b", b);
        A = a; Say.R("this", this);
        B = b; Say.R("this", this);
    }

    public long Sum(int more)
    {
        Say.R("this", this); Say.V("more", more);
        long all = A + B + more;
        Say.V("all", all);
        A = -A; Say.R("this", this);
        return all;
    }

    public S16 Moved(int a, sbyte b, S3 c)
    {
        Say.R("this", this); Say.V("a", a); Say.V("b", b); Say.V("c", c);
        S16 made = this; Say.V("made", made);
        made.A += a; Say.V("made", made);
        made.B += b + c.C; Say.V("made", made);
        return made;
    }
}

class Box : ISum
{
    public int Id;
    public long Count;
    public string Text;

    public Box(int id, long count)
    {
        Say.V("this", this); Say.V("id", id); Say.V("count", count);
        Id = id; Say.V("this", this);
        Count = count; Say.V("this", this);
    }

    public virtual long Add(byte a, double b, short c, float d, ulong e, Box other)
    {
        Say.V("this", this); Say.V("a", a); Say.V("b", b); Say.V("c", c); Say.V("d", d);
        Say.V("e", e); Say.V("other", other);
        long sum = a + c + (long)e;
        Say.V("sum", sum);
        Count += sum;
        Say.V("this", this); Say.V("other", other);
        other = null; Say.V("other", other);
        Text = "added"; Say.V("this", this);
        return Count;
    }

    public long Sum(int more)
    {
        Say.V("this", this); Say.V("more", more);
        more += Id; Say.V("more", more);
        return more + Count;
    }

    public S3 Three(byte first)
    {
        Say.V("this", this); Say.V("first", first);
        S3 made = new S3(); Say.V("made", made);
        made.A = first; Say.V("made", made);
        made.C = (byte)Id; Say.V("made", made);
        return made;
    }
}

class Crate : Box
{
    public Crate(int id) : base(id, 1L << 33)
    {
        Say.V("this", this); Say.V("id", id);
    }

    public override long Add(byte a, double b, short c, float d, ulong e, Box other)
    {
        Say.V("this", this); Say.V("a", a); Say.V("b", b); Say.V("c", c); Say.V("d", d);
        Say.V("e", e); Say.V("other", other);
        b += d; Say.V("b", b);
        d = (float)b / 2; Say.V("d", d);
        e ^= ulong.MaxValue; Say.V("e", e);
        return (long)b;
    }
}

static class Kinds
{
    public static void Nothing()
    {
        bool a = true; Say.V("a", a);
        double b = -0.0; Say.V("b", b);
        ulong c = 0xfedcba9876543210; Say.V("c", c);
    }

    public static int Signed(sbyte a, short b, int c, long d)
    {
        Say.V("a", a); Say.V("b", b); Say.V("c", c); Say.V("d", d);
        a--; Say.V("a", a);
        b -= 2; Say.V("b", b);
        c = ~c; Say.V("c", c);
        d = -d; Say.V("d", d);
        return c;
    }

    public static ulong Unsigned(byte a, ushort b, uint c, ulong d)
    {
        Say.V("a", a); Say.V("b", b); Say.V("c", c); Say.V("d", d);
        a++; Say.V("a", a);
        b -= 2; Say.V("b", b);
        c = ~c; Say.V("c", c);
        d >>= 1; Say.V("d", d);
        return d;
    }

    public static char Flags(bool a, char b, bool c, char d, bool e, char f)
    {
        Say.V("a", a); Say.V("b", b); Say.V("c", c); Say.V("d", d); Say.V("e", e); Say.V("f", f);
        a = !a; Say.V("a", a);
        b++; Say.V("b", b);
        e = c & a; Say.V("e", e);
        f = '\0'; Say.V("f", f);
        return b;
    }

    public static double Floats(float a, double b, float c, double d, float e, double f)
    {
        Say.V("a", a); Say.V("b", b); Say.V("c", c); Say.V("d", d); Say.V("e", e); Say.V("f", f);
        a += c; Say.V("a", a);
        d = b / 0; Say.V("d", d);
        e = -e; Say.V("e", e);
        float g = (float)f; Say.V("g", g);
        return d;
    }

    public static float Mixed(int a, double b, long c, float d, double e, byte f)
    {
        Say.V("a", a); Say.V("b", b); Say.V("c", c); Say.V("d", d); Say.V("e", e); Say.V("f", f);
        b = a; Say.V("b", b);
        c = (long)e; Say.V("c", c);
        return d;
    }

    public static long Ten(
        sbyte a, byte b, short c, ushort d, int e, uint f, long g, ulong h, char i, bool j)
    {
        Say.V("a", a); Say.V("b", b); Say.V("c", c); Say.V("d", d); Say.V("e", e); Say.V("f", f);
        Say.V("g", g); Say.V("h", h); Say.V("i", i); Say.V("j", j);
        long all = a + b + c + d + e;
        Say.V("all", all);
        f = (uint)all; Say.V("f", f);
        h = f; Say.V("h", h);
        i = 'z'; Say.V("i", i);
        j = !j; Say.V("j", j);
        return all;
    }

    public static string Strings(string a, string b, string c)
    {
        Say.V("a", a); Say.V("b", b); Say.V("c", c);
        string d = a + b;
        Say.V("d", d);
        a = null; Say.V("a", a);
        c = "late"; Say.V("c", c);
        return d;
    }

    public static int Arrays(int[] a, string[] b, S3[] c, int[] d)
    {
        Say.V("a", a); Say.V("b", b); Say.V("c", c); Say.V("d", d);
        a[1] = 70; Say.V("a", a); Say.V("b", b); Say.V("c", c);
        d = new int[2]; Say.V("d", d);
        b[0] = "new"; Say.V("a", a); Say.V("b", b); Say.V("c", c); Say.V("d", d);
        c[1].B = 9; Say.V("a", a); Say.V("b", b); Say.V("c", c); Say.V("d", d);
        a = null; Say.V("a", a);
        return d.Length;
    }

    public static object Objects(Box a, object b, object c, object d, object e)
    {
        Say.V("a", a); Say.V("b", b); Say.V("c", c); Say.V("d", d); Say.V("e", e);
        c = b; Say.V("c", c);
        d = a; Say.V("d", d);
        object f = 5L; Say.V("f", f);
        a = null; Say.V("a", a);
        return f;
    }

    public static Huge Enums(Tiny a, Word b, Plain c, Bits d, Huge e)
    {
        Say.V("a", a); Say.V("b", b); Say.V("c", c); Say.V("d", d); Say.V("e", e);
        a = Tiny.High; Say.V("a", a);
        b = (Word)7; Say.V("b", b);
        c = Plain.Blue; Say.V("c", c);
        d |= Bits.Top; Say.V("d", d);
        e = Huge.Most; Say.V("e", e);
        return e;
    }

    public static unsafe IntPtr Native(IntPtr a, int* b, IntPtr c)
    {
        Say.V("a", a); Say.V("b", b); Say.V("c", c);
        b++; Say.V("b", b);
        a = c; Say.V("a", a);
        return a;
    }

    public static S7 Small(S1 a, S2 b, S3 c, S4 d, S5 e, S6 f, S7 g, S8 h)
    {
        Say.V("a", a); Say.V("b", b); Say.V("c", c); Say.V("d", d);
        Say.V("e", e); Say.V("f", f); Say.V("g", g); Say.V("h", h);
        a.A = 255; Say.V("a", a);
        b.B = 1; Say.V("b", b);
        c.C = 33; Say.V("c", c);
        d.A = -1; Say.V("d", d);
        e.E = 5; Say.V("e", e);
        f.C = 65535; Say.V("f", f);
        g.G = 77; Say.V("g", g);
        h.A--; Say.V("h", h);
        S7 kept = g; Say.V("kept", kept);
        g = new S7(); Say.V("g", g);
        return kept;
    }

    public static S32 Big(S16 a, S32 b, S12 c, S24 d, Nest e)
    {
        Say.V("a", a); Say.V("b", b); Say.V("c", c); Say.V("d", d); Say.V("e", e);
        a.B = -3; Say.V("a", a);
        b.C = 1; Say.V("b", b);
        c.B += 4; Say.V("c", c);
        d.B = "other"; Say.V("d", d);
        e.B.C = 200; Say.V("e", e);
        e.C = c; Say.V("e", e);
        S32 copy = b; Say.V("copy", copy);
        copy.F = 'q'; Say.V("copy", copy);
        return copy;
    }

    public static FloatPair Packed(FloatPair a, OneDouble b, FloatPair c)
    {
        Say.V("a", a); Say.V("b", b); Say.V("c", c);
        a.B = c.A; Say.V("a", a);
        b.A = -b.A; Say.V("b", b);
        return a;
    }

    public static S12 Buffer(int a, long b, short c, double d)
    {
        Say.V("a", a); Say.V("b", b); Say.V("c", c); Say.V("d", d);
        S12 made;
        made.A = a;
        made.B = (int)b;
        made.C = c;
        Say.V("made", made);
        a = 0; Say.V("a", a);
        return made;
    }

    public static void References(ref int a, ref string b, ref S16 c, out byte d, ref double e)
    {
        Say.R("a", a); Say.R("b", b); Say.R("c", c); Say.R("e", e);
        d = 9; Say.R("a", a); Say.R("b", b); Say.R("c", c); Say.R("d", d); Say.R("e", e);
        a += 5; Say.R("a", a); Say.R("b", b); Say.R("c", c); Say.R("d", d); Say.R("e", e);
        b = b + "!"; Say.R("a", a); Say.R("b", b); Say.R("c", c); Say.R("d", d); Say.R("e", e);
        c.B = 12; Say.R("a", a); Say.R("b", b); Say.R("c", c); Say.R("d", d); Say.R("e", e);
    }

    public static long Page(Large a, int b)
    {
        Say.V("a", a); Say.V("b", b);
        Large c;
        c.A = b;
        c.B = a.B - 1;
        Say.V("c", c);
        b = -1; Say.V("b", b);
        return c.B;
    }
}

static class Flow
{
    public static int Loop(int count)
    {
        Say.V("count", count);
        int total = 0; Say.V("total", total);
        int i;
        for (i = 0; i < count; i++)
        {
            Say.V("i", i);
            long square = i * i; Say.V("square", square);
            total += (int)square; Say.V("total", total);
        }
        Say.V("i", i);
        return total;
    }

    public static int Nested(int rows)
    {
        Say.V("rows", rows);
        int seen = 0; Say.V("seen", seen);
        int row = 0; Say.V("row", row);
        while (true)
        {
            int column = rows; Say.V("column", column);
            do
            {
                column--; Say.V("column", column);
                if (column == row) continue;
                seen++; Say.V("seen", seen);
            } while (column > 0);
            row++; Say.V("row", row);
            if (row == rows) break;
        }
        return seen;
    }

    public static string Branch(int a, bool b)
    {
        Say.V("a", a); Say.V("b", b);
        string text;
        int late;
        if (a > 0 && b)
        {
            text = "both"; Say.V("text", text);
            late = a; Say.V("late", late);
        }
        else if (a > 0 || b)
        {
            text = "one"; Say.V("text", text);
        }
        else
        {
            late = -1; Say.V("late", late);
            text = null; Say.V("text", text);
        }
        a = b ? a + 1 : a - 1; Say.V("a", a);
        return text;
    }

    public static int Switch(int a)
    {
        Say.V("a", a);
        int result;
        switch (a)
        {
            case 0: result = 10; Say.V("result", result); break;
            case 1: result = 11; Say.V("result", result); break;
            case 2: case 3: result = 12; Say.V("result", result); break;
            case 4: return 4;
            default: result = -1; Say.V("result", result); break;
        }
        return result;
    }

    static int Twice(int x)
    {
        Say.V("x", x);
        x *= 2; Say.V("x", x);
        return x;
    }

    static int Sum(int a, int b, int c, int d, int e)
    {
        Say.V("a", a); Say.V("b", b); Say.V("c", c); Say.V("d", d); Say.V("e", e);
        int sum = a + b + c + d + e; Say.V("sum", sum);
        return sum;
    }

    public static int Calls(int a, S3 b)
    {
        Say.V("a", a); Say.V("b", b);
        int outer = Sum(Twice(a), a, Sum(1, 2, Twice(b.C), 4, 5), b.A, Twice(-1));
        Say.V("outer", outer);
        return outer;
    }

    public static int Deep(int depth, string path, S16 along)
    {
        Say.V("depth", depth); Say.V("path", path); Say.V("along", along);
        string longer = path + depth; Say.V("longer", longer);
        along.B += depth; Say.V("along", along);
        int below = depth == 0 ? 0 : Deep(depth - 1, longer, along);
        Say.V("below", below);
        return below + 1;
    }

    public static int Finally(int a)
    {
        Say.V("a", a);
        int state = 1; Say.V("state", state);
        try
        {
            state = 2; Say.V("state", state);
            if (a == 0) return state;
            a = state; Say.V("a", a);
        }
        finally
        {
            state = 3; Say.V("state", state);
            long inner = a; Say.V("inner", inner);
        }
        return state + a;
    }
}

static class Values
{
    static S16 Pair(long a, int b)
    {
        Say.V("a", a); Say.V("b", b);
        S16 made = new S16(a, b); Say.V("made", made);
        return made;
    }

    static void Integers()
    {
        int a = Kinds.Signed(-128, -32767, 2147483647, long.MinValue); Say.V("a", a);
        ulong b = Kinds.Unsigned(255, 1, 0x80000001, ulong.MaxValue); Say.V("b", b);
        char c = Kinds.Flags(false, 'x', true, '\u20ac', false, '\uffff'); Say.V("c", c);
        long d = Kinds.Ten(-1, 2, -300, 65535, int.MinValue, 7, -1L << 40, 1UL << 63, 'i', true);
        Say.V("d", d);
        Huge e = Kinds.Enums(Tiny.Low, Word.Middle, Plain.Green, Bits.One | Bits.Two, Huge.Least);
        Say.V("e", e);
    }

    static unsafe void Others()
    {
        Kinds.Nothing();
        double a = Kinds.Floats(1.5f, -2.25, 3e38f, 4e-310, -0.1f, 1e-30); Say.V("a", a);
        float b = Kinds.Mixed(-9, 0.1, 1L << 50, 2.5f, -7e10, 200); Say.V("b", b);
        string c = Kinds.Strings("first", "", null); Say.V("c", c);
        S3[] d = new S3[2]; Say.V("d", d);
        int e = Kinds.Arrays(new int[] { 1, -2, 3 }, new string[] { null, "b" }, d, null);
        Say.V("d", d); Say.V("e", e);
        IntPtr f = Kinds.Native(new IntPtr(-5), (int*)0x1234567890, new IntPtr(1L << 62));
        Say.V("d", d); Say.V("f", f);
    }

    static void Structs()
    {
        S1 a; a.A = 1; Say.V("a", a);
        S2 b; b.A = -2; b.B = 22; Say.V("b", b);
        S3 c = new S3(); c.A = 3; Say.V("c", c);
        S4 d; d.A = -4; d.B = 40000; Say.V("d", d);
        S5 e = new S5(); e.A = 51; e.E = 55; Say.V("e", e);
        S6 f = new S6(); f.B = 60000; Say.V("f", f);
        S7 g = new S7(); g.A = 71; g.D = 74; Say.V("g", g);
        S8 h; h.A = int.MinValue; h.B = 8; Say.V("h", h);
        S7 i = Kinds.Small(a, b, c, d, e, f, g, h); Say.V("i", i);
        FloatPair j; j.A = 1.25f; j.B = -8; Say.V("j", j);
        OneDouble k; k.A = 1e100; Say.V("k", k);
        FloatPair l = Kinds.Packed(j, k, j); Say.V("l", l);
    }

    static void Larger()
    {
        S16 a = Pair(1L << 40, -6); Say.V("a", a);
        S32 b = new S32(); b.A = -32; b.B = ulong.MaxValue; b.E = true; Say.V("b", b);
        S12 c = Kinds.Buffer(1, -2, 3, 0.5); Say.V("c", c);
        S24 d = new S24(); d.A = 24; d.B = "held"; d.C = true; Say.V("d", d);
        Nest e = new Nest(); e.A = 1; e.B.A = 2; e.C.C = 3; Say.V("e", e);
        S32 f = Kinds.Big(a, b, c, d, e); Say.V("f", f);
        Large g = new Large(); g.A = 5; g.B = 1L << 60; Say.V("g", g);
        long h = Kinds.Page(g, 77); Say.V("h", h);
        S3 i = new S3(); i.C = 100; Say.V("i", i);
        S16 j = a.Moved(-8, -1, i); Say.V("a", a); Say.V("j", j);
        long k = j.Sum(5); Say.V("j", j); Say.V("k", k);
        ISum l = a; Say.V("l", l);
        long m = l.Sum(6); Say.V("l", l); Say.V("m", m);
    }

    static void Boxes()
    {
        Box a = new Box(7, -70); Say.V("a", a);
        Crate b = new Crate(8); Say.V("a", a); Say.V("b", b);
        long c = a.Add(1, 2, -3, 4, 5, b); Say.V("a", a); Say.V("b", b); Say.V("c", c);
        a = b; Say.V("a", a);
        long d = a.Add(255, 2.5, 32767, 0.25f, 1, b); Say.V("a", a); Say.V("b", b); Say.V("d", d);
        ISum e = b; Say.V("e", e);
        long f = e.Sum(4); Say.V("a", a); Say.V("b", b); Say.V("e", e); Say.V("f", f);
        S3 g = b.Three(30); Say.V("a", a); Say.V("b", b); Say.V("e", e); Say.V("g", g);
        object h = Kinds.Objects(b, 6, null, "text", Pair(2, 3));
        Say.V("a", a); Say.V("b", b); Say.V("e", e); Say.V("h", h);
    }

    static void Places()
    {
        int a = 1; Say.V("a", a);
        string b = "b"; Say.V("b", b);
        S16 c = new S16(3, 4); Say.V("c", c);
        byte d;
        double e = 0.75; Say.V("e", e);
        Kinds.References(ref a, ref b, ref c, out d, ref e);
        Say.V("a", a); Say.V("b", b); Say.V("c", c); Say.V("d", d); Say.V("e", e);
    }

    static int Flows()
    {
        int a = Flow.Loop(3); Say.V("a", a);
        a += Flow.Nested(2); Say.V("a", a);
        string b = Flow.Branch(1, true); Say.V("b", b);
        b = Flow.Branch(1, false); Say.V("b", b);
        b = Flow.Branch(0, true); Say.V("b", b);
        b = Flow.Branch(0, false); Say.V("b", b);
        a = Flow.Switch(0) + Flow.Switch(1) + Flow.Switch(3) + Flow.Switch(4) + Flow.Switch(9);
        Say.V("a", a);
        S3 c = new S3(); c.A = 50; c.C = 60; Say.V("c", c);
        a = Flow.Calls(6, c); Say.V("a", a);
        S16 d = new S16(-1, -2); Say.V("d", d);
        a = Flow.Deep(2, ">", d); Say.V("a", a);
        a = Flow.Finally(0) + Flow.Finally(5); Say.V("a", a);
        return a;
    }

    public static int All()
    {
        Integers();
        Others();
        Structs();
        Larger();
        Boxes();
        Places();
        int last = Flows(); Say.V("last", last);
        return last;
    }
}

static class Start
{
    static int Main()
    {
        Say.Everything();
        return Values.All();
    }
}
