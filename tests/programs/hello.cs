// The smallest program: output on both streams, no arguments, status 0.
using System;

static class Hello
{
    static void Main()
    {
        Console.WriteLine("Hello from ring 0");
        Console.Error.WriteLine("and from the error stream");
        Console.Write("no newline at the end");
    }
}
