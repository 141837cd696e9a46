// Bytes in an array, simple loops: primes below 200,000, as often as there are arguments.
using System;

static class Sieve
{
    const int Limit = 200000;

    static int Count()
    {
        byte[] composite = new byte[Limit];
        int count = 0;
        for (int i = 2; i < Limit; i++)
        {
            if (composite[i] != 0) continue;
            count++;
            for (int k = i + i; k < Limit; k += i) composite[k] = 1;
        }
        return count;
    }

    static int Main(string[] args)
    {
        int sum = 0;
        for (int round = 0; round < args.Length; round++) sum += Count();
        Console.WriteLine(sum);
        return 0;
    }
}
