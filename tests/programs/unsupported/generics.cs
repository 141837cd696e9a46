// Generic types, generic methods and what compilers make of them.
// case type: Box generic
// case method: Largest generic
// case list: Lists generic
using System;
using System.Collections.Generic;

class Box<T>
{
    public T Value;
    public Box(T value) { Value = value; }
    public T Get() { return Value; }
}

static class Generics
{
    static T Pick<T>(T a, T b, bool first) { return first ? a : b; }
    static int Box() { return new Box<int>(5).Get(); }
    static int Largest() { return Pick(3, 4, false); }
    static int Lists() { List<int> list = new List<int>(); list.Add(9); return list[0]; }

    static int Main(string[] args)
    {
        Console.WriteLine("before " + args[0]);
        int r = 0;
        if (args[0] == "type") r = Box();
        if (args[0] == "method") r = Largest();
        if (args[0] == "list") r = Lists();
        Console.WriteLine("after " + r);
        return r;
    }
}
