// Uses up what the machine has, in the way that the first argument names.
using System;

class Node { public Node Next; public byte[] Data; }

static class Exhausts
{
    static Node s_kept;

    static void Keep(int size)
    {
        s_kept = new Node { Next = s_kept, Data = new byte[size] };
    }

    static int Deep(int n) { return n == 0 ? 0 : 1 + Deep(n - 1); }

    static void Forever(int size) { for (;;) Keep(size); }

    static int Main(string[] args)
    {
        Console.WriteLine("before");
        int number = args.Length > 1 ? int.Parse(args[1]) : 0;
        switch (args[0][0])
        {
            case 'h': Forever(number); break;                       // heap: blocks of this size
            case 'd': return Deep(-1);                              // deep: without end
            case 'f':                                               // full: then a deep call
                for (int i = 0; i < number; i++) Keep(1000000);
                Console.WriteLine("full");
                return Deep(100000);
            case 's':                                               // string: doubled until it fails
                for (string s = "x"; ; ) s += s;
        }
        return 1;
    }
}
