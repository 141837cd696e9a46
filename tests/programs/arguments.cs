// Arguments come through unchanged: spaces, empty ones, quotes, commas, non-ASCII.
// args: one "two words" "" a,b,,c 'quo"ted' "--flag=1" "ümläut €" "tab	tab"
using System;

static class Arguments
{
    static int Main(string[] args)
    {
        for (int i = 0; i < args.Length; i++)
        {
            int sum = 0;
            foreach (char c in args[i]) sum += c;
            Console.WriteLine("{0}: [{1}] length {2} sum {3}", i, args[i], args[i].Length, sum);
        }
        return args.Length;
    }
}
