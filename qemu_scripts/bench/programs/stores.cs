// The worst case for a store trace: a loop that does little but store to fields, 4,000 times for each
// character of an argument.
using System;

sealed class Cell
{
    public int A, B;
    public long C, D;
}

static class Stores
{
    static void Fill(Cell cell, int count)
    {
        for (int i = 0; i < count; i++)
        {
            cell.A = i;
            cell.B = 7;
            cell.C = 1;
            cell.D = 2;
        }
    }

    static int Main(string[] args)
    {
        Cell cell = new Cell();
        Fill(cell, 1);      // compiled before the time is taken
        int start = Environment.TickCount;
        for (int round = 0; round < args.Length; round++) Fill(cell, args[round].Length * 1000);
        Console.WriteLine(Environment.TickCount - start);
        return 0;
    }
}
