// Recursion without end runs into the guard page under the stack: a page fault that is reported,
// not a triple fault. The big frames must not step over the guard page.
// case small: fault 14
// case big: fault 14
// case localloc: fault 14
using System;

struct Page { public long A, B, C, D, E, F, G, H; }
struct Pages { public Page A, B, C, D, E, F, G, H; }
struct Many { public Pages A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P; }

static class Stack
{
    static int Small(int n) { return Small(n + 1) + 1; }
    static long Big(long n)
    {
        Many m = new Many(); m.A.A.A = n; m.P.H.H = n; return Big(n + 1) + m.A.A.A + m.P.H.H;
    }
    static unsafe int Localloc(int n)
    {
        byte* p = stackalloc byte[20000]; p[0] = 1; return Localloc(n + 1) + p[0];
    }

    static int Main(string[] args)
    {
        Console.WriteLine("before " + args[0]);
        string name = args[0];
        if (name == "small") return Small(0);
        if (name == "big") return (int)Big(0);
        if (name == "localloc") return Localloc(0);
        return 3;
    }
}
