// IL that ordinary programs use seldom: localloc, finally, arrays of several dimensions, constrained
// calls, remainders of floats, overflow checks, ldtoken. Their code is what the mutants are made of.
using System;

public struct Named
{
    public int Value;
    public override string ToString() { return "named"; }
}

public struct Plain
{
    public int Value;
}

public static unsafe class Rare
{
    static int log;

    static int Stack(int count)
    {
        int* block = stackalloc int[count];
        int sum = 0;
        for (int i = 0; i < count; i++)
            block[i] = i * i;
        for (int i = 0; i < count; i++)
            sum += block[i];
        return sum;
    }

    static int Leave(int how)
    {
        try
        {
            try
            {
                if (how == 1)
                    return 10;
                log += 1;
            }
            finally
            {
                log += 100;
            }
            log += 2;
        }
        finally
        {
            log += 1000;
        }
        return 20;
    }

    static void Bump(ref int place) { place += 7; }

    static int Grid()
    {
        int[,] grid = new int[2, 3];
        string[,] names = new string[2, 2];
        grid[1, 2] = 5;
        names[1, 0] = "x";
        Bump(ref grid[1, 2]);
        return grid[1, 2] + grid[0, 0] + names[1, 0].Length;
    }

    static int Texts(Named named, Plain plain)
    {
        return named.ToString().Length + (plain.ToString().Length > 0 ? 1 : 0);
    }

    static double Rest(double a, double b, float c, float d)
    {
        return a % b + c % d;
    }

    static int Checked(int a, int b, long c)
    {
        checked
        {
            return a + b * 2 - (int)c + (byte)b;
        }
    }

    static int Table(int index)
    {
        int[] table = { 2, 3, 5, 7, 11, 13 };
        switch (index)
        {
            case 0: return table[0];
            case 1: return table[5];
            case 2: return table[3];
            case 3: return table[1];
            default: return table[index % 6];
        }
    }

    public static int Main()
    {
        int sum = Stack(5) + Leave(0) + Leave(1) + Grid() + Texts(new Named(), new Plain());
        sum += (int)Rest(7.5, 2.0, 5.5f, 2.0f) + Checked(1, 2, 3) + Table(1) + log;
        Console.WriteLine(sum);
        return sum == 0 ? 1 : 0;
    }
}
