// Casts to a type that the object is not.
// case class: unhandled System.InvalidCastException
// case sibling: unhandled System.InvalidCastException
// case interface: unhandled System.InvalidCastException
// case array: unhandled System.InvalidCastException
// case unbox: unhandled System.InvalidCastException
// case unbox_size: unhandled System.InvalidCastException
// case unbox_class: unhandled System.InvalidCastException
using System;

class A { public int X = 1; }
class B : A { }
class C : A { }

static class Casts
{
    static int Class(object o) { return ((A)o).X; }
    static int Sibling(A a) { return ((C)a).X; }
    static int Interface(object o) { return ((IDisposable)o) == null ? 1 : 2; }
    static int Array(object o) { return ((string[])o).Length; }
    static int Unbox(object o) { return (int)o; }
    static int UnboxLong(object o) { return (int)(long)o; }

    static int Main(string[] args)
    {
        Console.WriteLine("before " + args[0]);
        int r = 0;
        string name = args[0];
        if (name == "class") r = Class("text");
        if (name == "sibling") r = Sibling(new B());
        if (name == "interface") r = Interface(new A());
        if (name == "array") r = Array(new object[1]);
        if (name == "unbox") r = Unbox(5U);
        if (name == "unbox_size") r = UnboxLong(5);
        if (name == "unbox_class") r = Unbox(new A());
        Console.WriteLine("after " + r);
        return 3;
    }
}
