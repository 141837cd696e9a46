// Primes by the sieve of Eratosthenes; the count is the exit status modulo 256.
// args: 2000
using System;

static class Sieve
{
    static int Main(string[] args)
    {
        int limit = args.Length > 0 ? int.Parse(args[0]) : 1000;
        bool[] composite = new bool[limit + 1];
        int count = 0;
        for (int i = 2; i <= limit; i++)
        {
            if (composite[i]) continue;
            count++;
            if (count % 25 == 0) Console.WriteLine("prime {0,4} is {1,6}", count, i);
            for (int j = i * 2; j <= limit; j += i) composite[j] = true;
        }
        Console.WriteLine("{0} primes up to {1}", count, limit);
        return count;
    }
}
