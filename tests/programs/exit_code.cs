// Exit statuses: Environment.Exit in the middle, with what was written before it kept.
// args: 300
using System;

static class ExitCode
{
    static void Leave(int status)
    {
        Console.WriteLine("leaving with " + status);
        Environment.Exit(status);
    }

    static int Main(string[] args)
    {
        if (args.Length > 0) Leave(int.Parse(args[0]));
        Console.WriteLine("never printed");
        return 1;
    }
}
