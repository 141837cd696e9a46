// Code that was not made for the kernel's fault switches. With the name of a fault as argument it does
// what the fault would break, and returns 0 when all is right, 1 when a value is wrong.
using System;

public static class FirstHere
{
    public static int Which() { return 2; }     // row 1, as First.Which in faultylib
}

public struct Small { public byte A, B, C; }

public struct Row { public int Index; public ulong Low, High; public bool Flag, Other; }

public struct Pair { public long First, Second; }

public struct Big { public long A, B, C, D, E, F, G, H; }

public class Device
{
    public Small Where;
    public ushort Vendor;
    public byte Kind;
    public ulong Base;

    public Device() { }
    public Device(long a, long b) { Base = (ulong)(a + b); }

    public byte Latch() { Kind = 7; return Kind; }
    public virtual int Handle(int x) { return x + 1; }
    public virtual int Handle(long x) { return (int)x + 2; }
}

// Its static constructor is called by the kernel's C code, which has something of its own to go on with.
public static class Settled
{
    public static Device One;
    public static byte[] Behind;

    static Settled()
    {
        Row row = new Row();
        row.Low = 5;
        One = new Device((long)row.Low, 2);
        Behind = new byte[96];
    }
}

public static class Faulty
{
    static bool s_failed;

    static void Equal(long expected, long actual, string what)
    {
        if (expected == actual) return;
        Console.WriteLine(what + ": expected " + expected + ", got " + actual);
        s_failed = true;
    }

    static int Zero(int value) { return value; }

    static void ArrayElement()
    {
        long[] rows = new long[8];
        byte[] next = new byte[64];
        for (int i = 0; i < rows.Length; i++) rows[i] = -1;
        for (int i = 0; i < next.Length; i++) Equal(0, next[i], "the array behind");
        Equal(64, next.Length, "its length");
    }

    static void ArrayStride()
    {
        Row[] rows = new Row[6];
        long[] next = new long[16];
        for (int i = 0; i < rows.Length; i++) { rows[i].High = ~0UL; rows[i].Low = ~0UL; rows[i].Index = -1; }
        Equal(16, next.Length, "the length of the array behind");
        for (int i = 0; i < next.Length; i++) Equal(0, next[i], "the array behind");
    }

    static void ThisLost()
    {
        Device device = new Device();
        Zero(0);
        Equal(7, device.Latch(), "Latch");
        Equal(7, device.Kind, "Kind");
    }

    static unsafe void ValueTypeFields()
    {
        Small small = new Small();
        small.A = 1; small.B = 2; small.C = 3;
        byte* bytes = (byte*)&small;
        Equal(1, bytes[0], "A"); Equal(2, bytes[1], "B"); Equal(3, bytes[2], "C");
    }

    static long Fill(long seed)
    {
        Big big = new Big();
        big.A = seed; big.B = seed + 1; big.C = seed + 2; big.D = seed + 3;
        big.E = seed + 4; big.F = seed + 5; big.G = seed + 6; big.H = seed + 7;
        return big.A + big.H;
    }

    static unsafe void Embedded()
    {
        Device device = new Device();
        device.Vendor = 0x1af4; device.Kind = 9; device.Base = 5;
        fixed (byte* where = &device.Where.A)
        {
            Equal(0xf4, where[4], "the byte of Vendor's place");
            Equal(9, where[6], "the byte of Kind's place");
        }
    }

    static void Shadow()
    {
        Device device = new Device(40, 2);
        Equal(42, (long)device.Base, "Base");
    }

    static long Sixth(long a, long b, long c, long d, long e, long f) { return e * 10 + f; }

    static Pair MakePair(long a, long b) { Pair pair; pair.First = a; pair.Second = b; return pair; }

    static Row MakeRow(ulong low) { Row row = new Row(); row.Low = low; row.High = low + 1; row.Index = 3; return row; }

    static ulong Divide(ulong a, ulong b) { return a / b; }

    static void Run(string name)
    {
        switch (name.Length * 100 + name[0])
        {
            case 1600 + 'a': ArrayElement(); break;
            case 2200 + 'a': ArrayStride(); break;
            case 1400 + 't': ThisLost(); break;
            case 1500 + 'v': ValueTypeFields(); break;
            case 1200 + 'l': Equal(107, Fill(50), "Fill"); break;
            case 1900 + 'e': Embedded(); break;
            case 2000 + 's': Shadow(); break;
            case 1500 + 's': Equal(56, Sixth(1, 2, 3, 4, 5, 6), "fifth and sixth"); break;
            case 2300 + 'h':
                Pair pair = MakePair(11, 22);
                Equal(11, pair.First, "First"); Equal(22, pair.Second, "Second");
                break;
            case 1200 + 'd':
                Row a, b;
                a = b = MakeRow(77);
                Equal(77, (long)a.Low, "a.Low"); Equal(77, (long)b.Low, "b.Low");
                Equal(78, (long)a.High, "a.High"); Equal(78, (long)b.High, "b.High");
                break;
            case 2100 + 'v':
                Device device = new Device();
                Equal(6, device.Handle(5), "Handle(int)"); Equal(7, device.Handle(5L), "Handle(long)");
                break;
            case 1400 + 'w': Equal(0x40000000, (long)Divide(0x8000000000000000, 0x200000000), "quotient"); break;
            case 1700 + 'c': case 2100 + 'l':
                Equal(7, (long)Settled.One.Base, "One.Base");
                foreach (byte one in Settled.Behind) Equal(0, one, "the array behind");
                break;
            case 1900 + 't':
                Equal(1, First.Which(), "the library's"); Equal(2, FirstHere.Which(), "ours");
                break;
        }
    }

    static int Main(string[] args)
    {
        foreach (string name in args) Run(name);
        Console.WriteLine(s_failed ? "wrong" : "right");
        return s_failed ? 1 : 0;
    }
}
