// An index outside an array or string, a negative length, a wrong type stored into an array.
// case read: unhandled System.IndexOutOfRangeException
// case read_negative: unhandled System.IndexOutOfRangeException
// case read_long: unhandled System.IndexOutOfRangeException
// case write: unhandled System.IndexOutOfRangeException
// case write_struct: unhandled System.IndexOutOfRangeException
// case address: unhandled System.IndexOutOfRangeException
// case empty: unhandled System.IndexOutOfRangeException
// case multidim: unhandled System.IndexOutOfRangeException
// case string: unhandled System.IndexOutOfRangeException
// case negative_length: unhandled System.OverflowException
// case store_type: unhandled System.ArrayTypeMismatchException
// case address_type: unhandled System.ArrayTypeMismatchException
using System;

struct Triple { public byte A, B, C; }

static class Bounds
{
    static int Read(int[] a, int i) { return a[i]; }
    static int ReadLong(int[] a, long i) { return a[i]; }
    static int Write(int[] a, int i) { a[i] = 7; return 0; }
    static int WriteStruct(Triple[] a, int i) { a[i] = new Triple(); return 0; }
    static void Set(ref int r) { r = 5; }
    static int Address(int[] a, int i) { Set(ref a[i]); return 0; }
    static int Multi(int[,] a, int i, int j) { return a[i, j]; }
    static int Text(string s, int i) { return s[i]; }
    static int Make(int n) { return new int[n].Length; }
    static int Store(object[] a, object o) { a[0] = o; return 0; }
    static void SetObject(ref object o) { o = "x"; }
    static int AddressType(object[] a) { SetObject(ref a[0]); return 0; }

    static int Main(string[] args)
    {
        Console.WriteLine("before " + args[0]);
        int r = 0;
        string name = args[0];
        if (name == "read") r = Read(new int[3], 3);
        if (name == "read_negative") r = Read(new int[3], -1);
        if (name == "read_long") r = ReadLong(new int[3], 4);
        if (name == "write") r = Write(new int[3], int.MaxValue);
        if (name == "write_struct") r = WriteStruct(new Triple[5], 5);
        if (name == "address") r = Address(new int[2], 2);
        if (name == "empty") r = Read(new int[0], 0);
        if (name == "multidim") r = Multi(new int[2, 3], 1, 3);
        if (name == "string") r = Text("abc", 3);
        if (name == "negative_length") r = Make(-1);
        if (name == "store_type") r = Store(new string[1], new Exception());
        if (name == "address_type") r = AddressType(new string[1]);
        Console.WriteLine("after " + r);
        return 3;
    }
}
