// Exceptions thrown by the program or by the class library, which nobody catches.
// case base: unhandled System.Exception
// case custom: unhandled Broken
// case deep: unhandled System.InvalidOperationException
// case finally: unhandled System.ArgumentException
// case parse: unhandled System.FormatException
using System;

class Broken : Exception
{
    public Broken(string what) : base("broken: " + what) { }
}

static class Throws
{
    static int Base() { throw new Exception("plain"); }
    static int Custom(int x) { throw new Broken("case " + x); }
    static int Deep(int n)
    {
        if (n == 0) throw new InvalidOperationException("deep down"); return Deep(n - 1) + 1;
    }
    static int left;
    static int Finally() { try { throw new ArgumentException("in try"); } finally { left++; } }

    static int Main(string[] args)
    {
        Console.WriteLine("before " + args[0]);
        int r = 0;
        string name = args[0];
        if (name == "base") r = Base();
        if (name == "custom") r = Custom(4);
        if (name == "deep") r = Deep(20);
        if (name == "finally") r = Finally();
        if (name == "parse") r = int.Parse("twelve");
        Console.WriteLine("after " + r);
        return 3;
    }
}
