// One of everything that has a metadata table of its own: the reader's tests compare each row.
using System;
using System.Collections.Generic;
using System.Reflection;
using System.Runtime.InteropServices;

[assembly: AssemblyVersion("1.2.3.4")]
[assembly: AssemblyTitle("Formen \u00fc\u4e2d\U0001F600")]

namespace Shapes
{
    [Flags] public enum Colour : byte { None = 0, Red = 1, Blue = 2 }

    [StructLayout(LayoutKind.Explicit, Size = 24)]
    public struct Overlay
    {
        [FieldOffset(0)] public long Whole;
        [FieldOffset(4)] public int High;
        [FieldOffset(16)] public double Last;
    }

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    public struct Packed { public byte A; public int B; public short C; }

    public interface IArea { int Area { get; } void Scale(ref int by, out int old); }
    public interface IPair<TFirst, TSecond> where TFirst : class, IArea where TSecond : struct
    {
        TFirst First { get; }
    }

    public abstract class Shape : IArea
    {
        public const string Name = "shape\u00e9";
        public const int Answer = -42;
        public const ulong Big = 0xFEDCBA9876543210;
        public const float Half = 0.5f;
        public const object Nothing = null;
        public static readonly int[] Table = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };
        public int[,] Grid = new int[2, 3];
        public int[][,,] Deep;
        public unsafe void* Raw;
        public unsafe int** Indirect;
        public volatile int Seen;
        public event EventHandler Changed;
        public abstract int Area { get; }
        void IArea.Scale(ref int by, out int old) { old = by; by *= 2; if (Changed != null) Changed(this, null); }
        public virtual int this[int i, string key] { get { return i; } set { Seen = value; } }
        public static implicit operator int(Shape s) { return s.Area; }

        [DllImport("libc.so.6", EntryPoint = "strlen", CharSet = CharSet.Ansi, SetLastError = true)]
        public static extern int Length([MarshalAs(UnmanagedType.LPStr)] string text);

        public class Square : Shape, IPair<Shape, int>
        {
            int side;
            public override int Area { get { return side * side; } }
            public Shape First { get { return this; } }
            protected class Inner { internal struct Innermost { public Overlay O; } }
        }
    }

    public class Box<T, U>
    {
        public T Item;
        public U[] Others;
        public List<Dictionary<string, T>> Map = new List<Dictionary<string, T>>();
        public V Convert<V>(Func<T, U, V> f) where V : IComparable<V> { return f(Item, Others[0]); }
        public static Box<int[], string> Make() { return new Box<T, U>().Self<int[]>(); }
        Box<int[], string> Self<W>() { return null; }
    }

    public static class Program
    {
        public static long Sum(params int[] values)
        {
            long sum = 0;
            foreach (int v in values) sum += v;
            return sum;
        }

        public static IEnumerable<int> Count(int to) { for (int i = 0; i < to; i++) yield return i; }

        public static int Guarded(string text, int[] data)
        {
            try
            {
                try { return data[int.Parse(text)]; }
                catch (FormatException e) when (e.Message.Length > 3) { return 1; }
                catch (IndexOutOfRangeException) { return 2; }
                finally { Console.WriteLine("finally \u2713"); }
            }
            catch { return 3; }
        }

        public static int Optional(int a, string b = "default", double c = 2.5, Colour d = Colour.Blue)
        {
            switch (b)
            {
                case "a": return 1; case "b": return 2; case "c": return 3; case "d": return 4;
                case "e": return 5; case "f": return 6; case "g": return 7; default: return a;
            }
        }

        public static void Many(__arglist) { }

        public static int Main(string[] args)
        {
            Many(__arglist(1, "two", 3.0));
            Func<int, int> twice = x => x * 2 + args.Length;
            var pair = new { Key = 1, Value = "v" };
            decimal money = 12.5m;
            Console.WriteLine(pair.ToString() + money + new Box<Program2, string>().Convert<int>((t, u) => 1));
            return twice(21);
        }
    }

    public class Factory<T> where T : new() { public T Make() { return new T(); } }

    public class Program2 { ~Program2() { } }
}
