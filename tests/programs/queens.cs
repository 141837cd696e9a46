// Eight queens by backtracking, and a knight's tour by Warnsdorff's rule: recursion and arrays.
// args: 6 8
using System;

static class Queens
{
    static int solutions;

    static void Place(int row, int n, uint columns, uint left, uint right)
    {
        if (row == n) { solutions++; return; }
        uint free = ~(columns | left | right) & ((1U << n) - 1);
        while (free != 0)
        {
            uint bit = free & (uint)-(int)free;
            free ^= bit;
            Place(row + 1, n, columns | bit, (left | bit) << 1, (right | bit) >> 1);
        }
    }

    static readonly sbyte[] dx = { 1, 2, 2, 1, -1, -2, -2, -1 };
    static readonly sbyte[] dy = { -2, -1, 1, 2, 2, 1, -1, -2 };

    static int Exits(short[,] board, int x, int y)
    {
        int n = 0;
        for (int d = 0; d < 8; d++) if (Free(board, x + dx[d], y + dy[d])) n++;
        return n;
    }

    static bool Free(short[,] board, int x, int y)
    {
        return x >= 0 && y >= 0 && x < board.GetLength(0) && y < board.GetLength(1)
            && board[x, y] == 0;
    }

    static int Tour(int size)
    {
        short[,] board = new short[size, size];
        int x = 0, y = 0;
        for (short step = 1; ; step++)
        {
            board[x, y] = step;
            int best = -1, fewest = 9;
            for (int d = 0; d < 8; d++)
                if (Free(board, x + dx[d], y + dy[d]))
                {
                    int exits = Exits(board, x + dx[d], y + dy[d]);
                    if (exits < fewest) { fewest = exits; best = d; }
                }
            if (best < 0) { Print(board); return step; }
            x += dx[best];
            y += dy[best];
        }
    }

    static void Print(short[,] board)
    {
        for (int y = 0; y < board.GetLength(1); y++)
        {
            string line = "";
            for (int x = 0; x < board.GetLength(0); x++) line += board[x, y].ToString().PadLeft(4);
            Console.WriteLine(line);
        }
    }

    static int Main(string[] args)
    {
        int last = 0;
        foreach (string arg in args)
        {
            int n = int.Parse(arg);
            solutions = 0;
            Place(0, n, 0, 0, 0);
            last = Tour(n);
            Console.WriteLine("{0} queens: {1} solutions; tour of {2} squares", n, solutions, last);
        }
        return last + solutions;
    }
}
