// What the metadata, IL, source and layout tests read: one of each kind of declaration.
using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace Sample
{
    public struct PciAddress
    {
        public byte Bus;
        public byte Device;
        public byte Function;

        public PciAddress(byte bus, byte device, byte function)
        {
            Bus = bus;
            Device = device;
            Function = function;
        }
    }

    public struct PciBar
    {
        public int Index;
        public ulong BaseAddress;
        public ulong Size;
        public bool IsIo;
        public bool Is64Bit;
        public bool IsPrefetchable;
    }

    public class PciDeviceInfo
    {
        public PciAddress Address;
        public ushort VendorId;
        public ushort DeviceId;
        public byte RevisionId;
        public byte ClassCode;
        public byte SubclassCode;
        public byte ProgIf;
        public ushort SubsystemVendorId;
        public ushort SubsystemDeviceId;
        public byte HeaderType;
        public bool IsMultiFunction;
        public byte InterruptLine;
        public byte InterruptPin;
        public bool Msi;
        public bool Msix;
        public PciBar[] Bars = new PciBar[6];
        public ulong ConfigSpaceAddress;

        public void ReadProgIf()
        {
            ProgIf = 1;
        }
    }

    public enum Color : byte { Red = 1, Green, Blue = 200 }

    [StructLayout(LayoutKind.Explicit)]
    public struct Union
    {
        [FieldOffset(0)] public int I;
        [FieldOffset(0)] public float F;
        [FieldOffset(4)] public ushort S;
    }

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    public struct Packed
    {
        public byte A;
        public int B;
        public short C;
    }

    [StructLayout(LayoutKind.Sequential, Size = 40)]
    public struct Sized { public int A; }

    public struct Empty { }

    public struct Nested { public byte A; public PciBar Bar; public Color C; }

    public interface IShape { int Area(); string Name { get; } }
    public interface INamed { string Name { get; } }
    public interface ISquare : IShape { int Side(); }

    public abstract class Shape : IShape
    {
        public abstract int Area();
        public virtual string Name { get { return "shape"; } }
        public virtual void Draw(int x) { }
        public virtual void Draw(long x) { }
    }

    public class Square : Shape, ISquare, INamed
    {
        int side;
        public Square(int side) { this.side = side; }
        public override int Area() { return side * side; }
        public int Side() { return side; }
        string INamed.Name { get { return "named"; } }
        public override void Draw(long x) { side = (int)x; }
        public new virtual string ToString() { return "hidden"; }
    }

    public class Cube : Square
    {
        byte tag;
        public Cube(int side) : base(side) { tag = 1; }
        public override int Area() { return 6 * base.Area() + tag; }
        public sealed override string Name { get { return "cube"; } }
        public override string ToString() { return "cube"; }
    }

    public class Box<T>
    {
        public T Value;
        public static int Count;
        public U Convert<U>(Func<T, U> how, List<T[]> rest) { Count++; return how(Value); }
        public class Inner { public T Held; }
    }

    public delegate int Binary(int a, ref long b);

    public static class Code
    {
        public const int Answer = 42;
        static readonly int[] table = { 1, 2, 3, 5, 8, 13, 21 };
        public static string Text = "é\n";

        public static bool Bind(byte bus, byte device, byte function)
        {
            var pciDevice = new PciDeviceInfo
            {
                Address = new PciAddress(bus, device, function)
            };
            pciDevice.VendorId = 0x1AF4;
            pciDevice.ProgIf = 3;
            return pciDevice.Bars.Length == 6;
        }

        public static int Loop(int n)
        {
            int sum = 0;
            for (int i = 0; i < n; i++)
            {
                int square = i * i;
                switch (i % 5)
                {
                    case 0: sum += square; break;
                    case 1: sum -= i; break;
                    case 2: sum += table[i % table.Length]; break;
                    case 3: { long big = (long)sum << 3; sum = (int)(big >> 1); break; }
                    default: sum ^= i; break;
                }
            }
            return sum;
        }

        public static int Catch(object o, out int where)
        {
            where = 0;
            try
            {
                try
                {
                    where = 1;
                    return ((string)o).Length;
                }
                finally
                {
                    where = 2;
                }
            }
            catch (InvalidCastException e) when (e.Message != null)
            {
                return -1;
            }
            catch (NullReferenceException)
            {
                return -2;
            }
        }

        public static double Mixed(float f, double d, int i, bool pick, Shape s)
        {
            double x = pick ? f : d;
            IShape shape = pick ? (IShape)s : new Square(i);
            x += shape.Area() + (pick ? 1 : i);
            uint u = (uint)i;
            return x * u;
        }

        public static unsafe int Pointers(int* p, int n)
        {
            int total = 0;
            fixed (int* q = table)
            {
                for (int i = 0; i < n; i++)
                    total += p[i] + q[i % 7];
            }
            return total;
        }

        public static int Closure(int a)
        {
            int b = a + 1;
            Func<int, int> add = c => a + b + c;
            object boxed = b;
            int? maybe = a;
            return add((int)boxed) + (maybe ?? 0);
        }

        public static IEnumerable<int> Iterate(int n)
        {
            for (int i = 0; i < n; i++)
                yield return i;
        }

        public static int[,] Matrix(int n)
        {
            var m = new int[n, n];
            m[0, 1] = n;
            m[1, 0] += m[0, 1];
            int[][,] jagged = { m };
            return jagged[0];
        }

        public static string Strings(string[] items, params object[] rest)
        {
            string result = "";
            foreach (var item in items)
            {
                var line = item + Text + rest.Length;
                result += line;
            }
            return result;
        }
    }
}
