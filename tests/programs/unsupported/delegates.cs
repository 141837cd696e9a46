// Delegates, made and called.
// case make: Make delegate
// case lambda: Lambda delegate
using System;

delegate int Op(int a, int b);

static class Delegates
{
    static int Add(int a, int b) { return a + b; }
    static int Make() { Op op = new Op(Add); return op(2, 3); }
    static int Lambda() { int k = 4; Op op = (a, b) => a * b + k; return op(2, 3); }

    static int Main(string[] args)
    {
        Console.WriteLine("before " + args[0]);
        int r = 0;
        if (args[0] == "make") r = Make();
        if (args[0] == "lambda") r = Lambda();
        Console.WriteLine("after " + r);
        return r;
    }
}
