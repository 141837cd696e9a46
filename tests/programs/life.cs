// Conway's game of life on a torus, drawn with a StringBuilder.
using System;
using System.Text;

static class Life
{
    const int Width = 24, Height = 12;

    static bool[,] Step(bool[,] world)
    {
        bool[,] next = new bool[Height, Width];
        for (int y = 0; y < Height; y++)
            for (int x = 0; x < Width; x++)
            {
                int n = 0;
                for (int dy = -1; dy <= 1; dy++)
                    for (int dx = -1; dx <= 1; dx++)
                        if ((dx != 0 || dy != 0)
                            && world[(y + dy + Height) % Height, (x + dx + Width) % Width]) n++;
                next[y, x] = n == 3 || n == 2 && world[y, x];
            }
        return next;
    }

    static string Draw(bool[,] world)
    {
        StringBuilder text = new StringBuilder();
        for (int y = 0; y < Height; y++)
        {
            for (int x = 0; x < Width; x++) text.Append(world[y, x] ? '#' : '.');
            text.Append('\n');
        }
        return text.ToString();
    }

    static void Main()
    {
        bool[,] world = new bool[Height, Width];
        string glider = ".#...#### ";
        for (int i = 0; i < 9; i++) world[i / 3, i % 3] = glider[i] == '#';
        for (int x = 10; x < 20; x++) world[6, x] = true;
        for (int generation = 0; generation <= 20; generation++)
        {
            if (generation % 10 == 0)
                Console.WriteLine("generation {0}\n{1}", generation, Draw(world));
            world = Step(world);
        }
    }
}
