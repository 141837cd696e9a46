// Sorting, above all what becomes of elements that compare as equal; the same under mono and in the
// guest.
using System;
using System.Collections;

static class Sorting
{
    sealed class Item : IComparable
    {
        public int Key, Place;

        public int CompareTo(object other) { return Key.CompareTo(((Item)other).Key); }
    }

    sealed class Backwards : IComparer
    {
        public int Compare(object a, object b) { return ((Item)b).Key - ((Item)a).Key; }
    }

    static uint s_state = 12345;

    static int Next(int below)
    {
        s_state = s_state * 1664525 + 1013904223;
        return (int)((s_state >> 8) % (uint)below);
    }

    // Random, ascending, descending, all alike, and what takes median-of-three apart.
    static int Key(int shape, int i, int count, int keys)
    {
        switch (shape)
        {
            case 0: return Next(keys);
            case 1: return i * keys / count;
            case 2: return (count - i) * keys / count;
            case 3: return 7;
            default: return i % 2 == 0 ? i : count - i;
        }
    }

    static Item[] Items(int shape, int count, int keys)
    {
        Item[] items = new Item[count];
        for (int i = 0; i < count; i++)
            items[i] = new Item { Key = Key(shape, i, count, keys), Place = i };
        return items;
    }

    static void Print(string what, IEnumerable items)
    {
        uint hash = 17;
        Console.Write(what + ":");
        int shown = 0;
        foreach (Item item in items)
        {
            hash = hash * 31 + (uint)item.Place;
            if (shown++ < 12) Console.Write(" " + item.Key + "/" + item.Place);
        }
        Console.WriteLine(" = " + hash.ToString("x8"));
    }

    static int Main(string[] arguments)
    {
        int[] sizes = { 1, 2, 3, 4, 15, 16, 17, 18, 33, 100, 500 };
        for (int shape = 0; shape < 5; shape++)
            foreach (int size in sizes)
            {
                string what = "shape " + shape + ", " + size;
                Item[] items = Items(shape, size, size / 3 + 1);
                Array.Sort((Array)items);
                Print(what, items);
                items = Items(shape, size, 3);
                Array.Sort(items, size / 4, size / 2, new Backwards());
                Print(what + " part backwards", items);
                ArrayList list = new ArrayList(Items(shape, size, 5));
                list.Sort();
                Print(what + " list", list);
            }
        double[] numbers = { 2, double.NaN, -1, 0.0, -0.0, double.PositiveInfinity, 1, double.NaN };
        Array.Sort((Array)numbers);
        foreach (double number in numbers) Console.Write(1 / number + " ");
        string[] words = { "b", "B", "a", "A", "co-op", "coop", "CO-OP", "\u00e9", "e", "f", null,
            "" };
        Array.Sort((Array)words);
        foreach (string word in words) Console.Write((word ?? "null") + " ");
        Console.WriteLine();
        return sizes.Length;
    }
}
