// Calls: recursion, structs by value and as return values, virtual and interface calls.
using System;

struct Vector
{
    public long X, Y, Z;

    public Vector(long x, long y, long z) { X = x; Y = y; Z = z; }

    public Vector Plus(Vector other) { return new Vector(X + other.X, Y + other.Y, Z + other.Z); }
}

interface IShape { int Area(int scale); }

class Square : IShape
{
    protected int side = 3;
    public virtual int Side(int scale) { return side * scale; }
    public int Area(int scale) { return Side(scale) * Side(scale); }
}

sealed class Tile : Square
{
    public override int Side(int scale) { return side + scale; }
}

static class Calls
{
    static int Fib(int n) { return n < 2 ? n : Fib(n - 1) + Fib(n - 2); }

    static int Round()
    {
        int sum = Fib(22);
        Vector total = new Vector(0, 0, 0), step = new Vector(1, 2, 3);
        for (int i = 0; i < 20000; i++) total = total.Plus(step);
        IShape[] shapes = new IShape[] { new Square(), new Tile() };
        for (int i = 0; i < 20000; i++) sum += shapes[i & 1].Area(i & 15);
        return sum + (int)(total.X + total.Y + total.Z);
    }

    static int Main(string[] args)
    {
        int sum = 0;
        for (int round = 0; round < args.Length; round++) sum += Round();
        Console.WriteLine(sum);
        return 0;
    }
}
