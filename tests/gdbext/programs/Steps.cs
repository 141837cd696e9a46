// What stepping meets: calls of every kind, loops, and returns of every kind of value. The comments
// at the ends of lines are where `clr-step` and `clr-next` are expected (see test_stepping.py).
using System;

enum Color : byte { Red, Green, Blue }

struct Small { public short X; public short Y; }

struct Large
{
    public long A;
    public int B;
    public string Name;
}

interface IShape { int Area(int scale); }

abstract class Shape : IShape
{
    public abstract int Sides();

    public int Area(int scale)
    {
        return Sides() * scale;
    }
}

sealed class Square : Shape
{
    public override int Sides()
    {
        return 4;
    }
}

static class Returns
{
    public static int Int(int x) { return x * 2; }
    public static long Long(long x) { return x << 33; }
    public static byte Byte(int x) { return (byte)x; }
    public static sbyte SByte(int x) { return (sbyte)x; }
    public static bool Bool(int x) { return x > 1; }
    public static char Char(int x) { return (char)x; }
    public static float Float(float x) { return x / 2; }
    public static double Double(double x) { return x * 2; }
    public static Color Enum(int x) { return (Color)x; }
    public static string Text(string x) { return x; }
    public static object Null() { return null; }
    public static Square Object(Square x) { return x; }
    public static int[] Array(int n) { return new int[n]; }
    public static Small Small(short x) { Small s; s.X = x; s.Y = -1; return s; }
    public static Large Large(int x) { Large s; s.A = 1; s.B = x; s.Name = "big"; return s; }
    public static void Nothing() { }
}

static class Program
{
    static int Twice(int x)
    {
        int y = x + x;
        return y;
    }

    static int Main()
    {
        Square square = new Square();
        int sum = 0;
        for (int i = 0; i < 2; i++)
        {
            sum += Twice(i);
        }
        sum += square.Sides();
        IShape shape = square;
        sum += shape.Area(3);
        Console.WriteLine(sum);
        Values(square);
        return sum;
    }

    static void Values(Square square)
    {
        Returns.Int(21);
        Returns.Long(1);
        Returns.Byte(511);
        Returns.SByte(-3);
        Returns.Bool(2);
        Returns.Char(65);
        Returns.Float(3);
        Returns.Double(1.25);
        Returns.Enum(2);
        Returns.Text("hello");
        Returns.Null();
        Returns.Object(square);
        Returns.Array(3);
        Returns.Small(7);
        Returns.Large(9);
        Returns.Nothing();
    }
}
