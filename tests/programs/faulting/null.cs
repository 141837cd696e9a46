// A null reference, reached in every way that touches an object.
// case field: fault 14 or unhandled System.NullReferenceException
// case far_field: fault 14 or unhandled System.NullReferenceException
// case store: fault 14 or unhandled System.NullReferenceException
// case call: fault 14 or unhandled System.NullReferenceException
// case virtual: fault 14 or unhandled System.NullReferenceException
// case interface: fault 14 or unhandled System.NullReferenceException
// case array: fault 14 or unhandled System.NullReferenceException
// case length: fault 14 or unhandled System.NullReferenceException
// case string: fault 14 or unhandled System.NullReferenceException
// case unbox: fault 14 or unhandled System.NullReferenceException
// case struct_field: fault 14 or unhandled System.NullReferenceException
// case throw_null: unhandled System.NullReferenceException
using System;

interface IThing { int Get(); }

class Thing : IThing
{
    public int First;
    public long A, B, C, D;
    public Big Struct;
    public int Last;
    public int Plain() { return First; }
    public virtual int Virtual() { return 1; }
    public int Get() { return 2; }
}

struct Big { public long A, B, C; public byte D; }

static class Null
{
    static int Field(Thing t) { return t.First; }
    static int FarField(Thing t) { return t.Last; }
    static int Store(Thing t) { t.C = 5; return 0; }
    static int Call(Thing t) { return t.Plain(); }
    static int Virtual(Thing t) { return t.Virtual(); }
    static int Interface(IThing t) { return t.Get(); }
    static int Array(int[] a) { return a[2]; }
    static int Length(int[] a) { return a.Length; }
    static int Text(string s) { return s[1]; }
    static int Unbox(object o) { return (int)o; }
    static int StructField(Thing t) { return t.Struct.D; }
    static int ThrowNull(Exception e) { throw e; }

    static int Main(string[] args)
    {
        Console.WriteLine("before " + args[0]);
        int r = 0;
        string name = args[0];
        if (name == "field") r = Field(null);
        if (name == "far_field") r = FarField(null);
        if (name == "store") r = Store(null);
        if (name == "call") r = Call(null);
        if (name == "virtual") r = Virtual(null);
        if (name == "interface") r = Interface(null);
        if (name == "array") r = Array(null);
        if (name == "length") r = Length(null);
        if (name == "string") r = Text(null);
        if (name == "unbox") r = Unbox(null);
        if (name == "struct_field") r = StructField(null);
        if (name == "throw_null") r = ThrowNull(null);
        Console.WriteLine("after " + r);
        return 3;
    }
}
