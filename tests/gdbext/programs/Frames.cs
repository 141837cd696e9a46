// Methods whose arguments and locals the tests know at every instruction. It prints what it has.
using System;

public enum Color : byte { Red, Green, Blue }

public struct Pair
{
    public long First;
    public long Second;
}

public struct Small
{
    public byte X;
    public byte Y;
}

public class Box
{
    public int N;

    public int Add(int x, float scale)
    {
        int y = N + x;
        return y * (int)scale;
    }

    public Pair Make(short low)
    {
        Pair made = new Pair();
        made.First = N;
        made.Second = low;
        return made;
    }
}

public static class Frames
{
    public static long Mix(sbyte a, string b, double c, Pair d, Small e, uint f, Color g, Box h)
    {
        bool large = f > 3;
        Pair copy = d;
        char letter = 'q';
        int[] numbers = null;
        long sum = a + copy.First + copy.Second + e.X + e.Y + (long)c;
        Color other = g;
        ulong wide = 0x8000000000000001;
        if (!large) numbers = new int[2];
        return sum + (long)f;
    }

    static int Main(string[] args)
    {
        Pair pair = new Pair();
        pair.First = 1;
        pair.Second = -2;
        Small small = new Small();
        small.X = 7;
        small.Y = 8;
        Box box = new Box();
        box.N = 40;
        Console.WriteLine(Mix(-5, "seen", 1.5, pair, small, 4000000000, Color.Green, box));
        Console.WriteLine(box.Add(2, 3.0f));
        Pair made = box.Make(-7);
        Console.WriteLine(made.First + " " + made.Second);
        return 0;
    }
}
