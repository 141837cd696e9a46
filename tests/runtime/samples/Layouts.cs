using System.Runtime.InteropServices;

namespace Layouts
{
    public struct Empty { }
    public struct Three { public byte A, B, C; }
    public struct Mixed { public byte A; public long B; public short C; public int D; public byte E; }
    public struct Nested { public byte First; public Three Embedded; public short Last; public Mixed Big; }
    public struct WithReference { public byte A; public string Text; public bool B; }

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    public struct Packed1 { public byte A; public long B; public short C; public int D; }
    [StructLayout(LayoutKind.Sequential, Pack = 2)]
    public struct Packed2 { public byte A; public long B; public short C; public byte D; }
    [StructLayout(LayoutKind.Sequential, Size = 24)]
    public struct Sized { public int A; }
    [StructLayout(LayoutKind.Sequential, Size = 2)]
    public struct TooSmall { public long A; }

    [StructLayout(LayoutKind.Explicit)]
    public struct Union
    {
        [FieldOffset(0)] public long Whole;
        [FieldOffset(0)] public int Low;
        [FieldOffset(4)] public int High;
        [FieldOffset(9)] public byte Tail;
    }
    [StructLayout(LayoutKind.Explicit, Size = 13)]
    public struct SizedUnion
    {
        [FieldOffset(2)] public short A;
        [FieldOffset(8)] public int B;
    }
    [StructLayout(LayoutKind.Explicit)]
    public class ExplicitClass
    {
        [FieldOffset(4)] public int A;
        [FieldOffset(0)] public short B;
    }

    public enum Small : byte { A = 3 }
    public enum Wide : long { A = -1 }

    public class Base { public int A; public byte B; }
    public class Derived : Base { public byte C; public object D; public Small E; public Wide F; }
    public sealed class Leaf : Derived { public Three G; public short H; }

    public class Statics
    {
        public const int Literal = 7;
        public static byte A;
        public static long B;
        public static Three C;
        public static short D;
        public static object E;
        public static readonly int[] Table = { 1, 2, 3, 4, 5, 6, 7 };
    }

    public unsafe struct Pointers { public byte A; public int* P; public void* Q; public System.IntPtr I; }
    public unsafe struct Fixed { public fixed ushort Buffer[5]; public byte After; }
}
