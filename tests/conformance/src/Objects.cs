// Boxing, casts, virtual and interface dispatch, constructors.
namespace Conformance
{
    public enum EnumI1 : sbyte { Low = -128, High = 127 }
    public enum EnumI2 : short { Low = -32768, High = 32767 }
    public enum EnumU2 : ushort { Low, High = 65535 }
    public enum EnumI4 { Low = int.MinValue, Mid = 5, High = int.MaxValue }
    public enum EnumU4 : uint { High = uint.MaxValue }
    public enum EnumI8 : long { Low = long.MinValue, High = long.MaxValue }
    public enum EnumU8 : ulong { High = ulong.MaxValue }

    // @group boxing
    public static class BoxingGroup
    {
        static object Twice(object o) { return o; }
        static int UnboxInt(object o) { return (int)o; }
        static bool IsInt(object o) { return o is int; }

        static void Round()
        {
            sbyte i1 = -5; T.I("sbyte", (sbyte)Twice(i1));
            byte u1 = 250; T.I("byte", (byte)Twice(u1));
            short i2 = -500; T.I("short", (short)Twice(i2));
            ushort u2 = 65000; T.I("ushort", (ushort)Twice(u2));
            char c = '\uabcd'; T.I("char", (char)Twice(c));
            bool b = true; T.B("bool", (bool)Twice(b));
            int i4 = -70000; T.I("int", (int)Twice(i4));
            uint u4 = 0xfffffff5; T.U("uint", (uint)Twice(u4));
            long i8 = -1L << 40; T.L("long", (long)Twice(i8));
            ulong u8 = ulong.MaxValue - 3; T.UL("ulong", (ulong)Twice(u8));
            float r4 = 1.25f; T.F("float", (float)Twice(r4));
            double r8 = -2.5; T.D("double", (double)Twice(r8));
            S3 s3 = Make.S3(3); T.UL("S3", Make.OfS3((S3)Twice(s3)));
            S7 s7 = Make.S7(3); T.UL("S7", Make.OfS7((S7)Twice(s7)));
            S64 s64 = Make.S64(3); T.UL("S64", Make.OfS64((S64)Twice(s64)));
            T.L("unbox.widen", (int)Twice(i4)); T.I("unbox.field", ((S12)Twice(Make.S12(4))).i1);
            T.I("unbox.literal", UnboxInt(77) + UnboxInt(-1));
        }

        static void Identity()
        {
            int i = 5; object a = i; object b = i; i = 6; T.I("copy", (int)a);
            T.B("different", a == b);
            T.B("is.int", IsInt(a)); T.B("is.long", IsInt(5L)); T.B("is.uint", IsInt(5U));
            T.B("is.null", IsInt(null)); T.B("is.string", IsInt("5"));
            object o = "text"; T.B("is.object", o is string);
            object e = EnumI4.Mid; T.B("enum.is.int", e is int); T.B("enum.is.enum", e is EnumI4);
            T.B("valuetype", a is System.ValueType); T.B("enum.base", e is System.Enum);
            T.B("equals", a.Equals(b)); T.B("equals.other", a.Equals(5L));
            T.B("object.equals", object.Equals(a, b));
            T.B("reference.equals", object.ReferenceEquals(a, a)); T.S("tostring", a.ToString());
        }

        static void Enums()
        {
            object e = EnumI4.Mid; T.I("enum.i4", (int)(EnumI4)e);
            e = EnumI1.Low; T.I("enum.i1", (int)(EnumI1)e);
            e = EnumU2.High; T.I("enum.u2", (int)(EnumU2)e);
            e = EnumI8.Low; T.L("enum.i8", (long)(EnumI8)e);
            e = EnumU8.High; T.UL("enum.u8", (ulong)(EnumU8)e);
            e = EnumI2.Low; T.I("enum.i2", (int)(EnumI2)e);
            e = EnumU4.High; T.U("enum.u4", (uint)(EnumU4)e);
            EnumI4 x = EnumI4.Mid; x++; T.I("enum.step", (int)x);
            x |= (EnumI4)0x100; T.I("enum.or", (int)x); T.I("enum.diff", EnumI4.High - EnumI4.Mid);
            T.B("enum.less", x < EnumI4.High);
            x = ~x; T.I("enum.not", (int)x);
            EnumI1 s = EnumI1.High; T.I("enum.wrap", (int)unchecked((EnumI1)((int)s + 1)));
            switch (x)
            {
                case EnumI4.Mid: T.I("enum.switch", 1);
                break; default: T.I("enum.switch", 2);
                break;
            }
        }

        public static void Run() { Round(); Identity(); Enums(); }
    }

    public interface IShape { int Area(); }
    public interface INamedShape : IShape { string Name(); }
    public interface IOther { int Area(); string Name(); }
    public abstract class Shape : INamedShape
    {
        public abstract int Area();
        public virtual string Name() { return "shape"; }
        public string Describe() { return string.Concat(Name(), ":", Area().ToString()); }
    }
    public class Square : Shape
    {
        public int Side;
        public Square(int s) { Side = s; }
        public override int Area() { return Side * Side; }
        public override string Name() { return "square"; }
    }
    public class Cube : Square
    {
        public Cube(int s) : base(s) { }
        public override int Area() { return base.Area() * 6; }
        public new string Name() { return "cube"; }
    }
    public sealed class Tesseract : Cube, IOther
    {
        public Tesseract(int s) : base(s) { }
        public override int Area() { return base.Area() * 4; }
        string IOther.Name() { return "other"; }
        int IOther.Area() { return -1; }
    }
    public class Reimpl : Square, IShape
    {
        public Reimpl() : base(2) { } int IShape.Area() { return 1000; }
    }

    // @group casts
    public static class CastsGroup
    {
        static string Kinds(object o)
        {
            string s = "";
            if (o is object) s += "o"; if (o is Shape) s += "s"; if (o is Square) s += "q";
            if (o is Cube) s += "c"; if (o is Tesseract) s += "t";
            if (o is IShape) s += "I"; if (o is INamedShape) s += "N"; if (o is IOther) s += "O";
            if (o is string) s += "S"; if (o is System.Array) s += "A";
            if (o is int[]) s += "i"; if (o is object[]) s += "j"; if (o is Shape[]) s += "k";
            if (o is IShape[]) s += "l"; if (o is int[][]) s += "m"; if (o is int[,]) s += "n";
            if (o is S12[]) s += "p"; if (o is S12) s += "r";
            return s;
        }

        public static void Run()
        {
            T.S("null", Kinds(null)); T.S("object", Kinds(new object()));
            T.S("square", Kinds(new Square(1))); T.S("cube", Kinds(new Cube(1)));
            T.S("tesseract", Kinds(new Tesseract(1))); T.S("string", Kinds("s"));
            T.S("int[]", Kinds(new int[1])); T.S("object[]", Kinds(new object[1]));
            T.S("cube[]", Kinds(new Cube[1])); T.S("ishape[]", Kinds(new IShape[1]));
            T.S("int[][]", Kinds(new int[1][])); T.S("int[,]", Kinds(new int[1, 1]));
            T.S("S12[]", Kinds(new S12[1])); T.S("S12", Kinds(new S12()));
            T.S("string[]", Kinds(new string[0]));
            object o = new Cube(3); T.I("castclass.class", ((Square)o).Side);
            T.I("castclass.interface", ((IShape)o).Area());
            T.S("castclass.named", ((INamedShape)o).Name());
            T.B("as.fail", (o as Tesseract) == null); T.B("as.ok", (o as Shape) != null);
            T.B("as.interface.fail", (o as IOther) == null);
            o = null; T.B("castclass.null", (Cube)o == null);
            T.B("castclass.null.interface", (IShape)o == null);
            o = new Cube[2]; T.I("castclass.array", ((Shape[])o).Length);
            T.I("castclass.array.interface", ((IShape[])o).Length);
            T.I("castclass.array.base", ((System.Array)o).Length);
            string s = null; object t = s; T.B("as.string.null", (t as string) == null);
            T.B("null.is", t is string);
        }
    }

    public class V0
    {
        public string Log = "";
        public V0() { Log += "V0:" + M() + ";"; }
        public virtual string M() { return "V0.M"; }
        public virtual string M(int a) { return "V0.M(int)"; }
        public virtual string M(long a) { return "V0.M(long)"; }
        public virtual string M(object a) { return "V0.M(object)"; }
        public virtual string M(string a) { return "V0.M(string)"; }
        public virtual string M(int a, int b) { return "V0.M(int,int)"; }
        public virtual string M(ref int a) { a++; return "V0.M(ref)"; }
        public virtual string M(int[] a) { return "V0.M(int[])"; }
        public virtual string M(S12 a) { return "V0.M(S12)"; }
        public string NonVirtual() { return "V0.NV"; }
        public virtual string Last() { return "V0.Last"; }
        public static string Stat(int a) { return "V0.Stat"; }
    }
    public class V1 : V0
    {
        protected int f = 7;
        public V1() { Log += "V1;"; }
        public V1(int x) : this() { Log += x.ToString(); f = x; }
        public override string M() { return "V1.M" + f.ToString(); }
        public override string M(long a) { return "V1.M(long)"; }
        public override string M(S12 a) { return "V1.M(S12)" + a.i0.ToString() + base.M(a); }
        public new string NonVirtual() { return "V1.NV" + base.NonVirtual(); }
        public virtual string Added() { return "V1.Added"; }
        public new virtual string Last() { return "V1.Last"; }
    }
    public class V2 : V1
    {
        public V2() : base(9) { Log += "V2;"; }
        public override string M(int a, int b) { return "V2.M(int,int)"; }
        public sealed override string M(object a) { return "V2.M(object)+" + base.M(a); }
        public override string Added() { return "V2.Added"; }
        public override string Last() { return "V2.Last"; }
        public override string ToString() { return "I am V2"; }
        public override int GetHashCode() { return 222; }
        public override bool Equals(object o) { return o is V2; }
    }

    // @group virtuals
    public static class VirtualsGroup
    {
        static void All(string n, V0 v)
        {
            int i = 4;
            T.S(n + ".M", v.M()); T.S(n + ".M(int)", v.M(1)); T.S(n + ".M(long)", v.M(1L));
            T.S(n + ".M(object)", v.M((object)v)); T.S(n + ".M(string)", v.M("s"));
            T.S(n + ".M(int,int)", v.M(1, 2)); T.S(n + ".M(ref)", v.M(ref i)); T.I(n + ".ref", i);
            T.S(n + ".M(int[])", v.M(new int[1])); T.S(n + ".M(S12)", v.M(Make.S12(2)));
            T.S(n + ".NonVirtual", v.NonVirtual()); T.S(n + ".Last", v.Last());
            T.S(n + ".Log", v.Log);
        }

        public static void Run()
        {
            All("V0", new V0()); All("V1", new V1()); V2 v = new V2(); All("V2", v);
            T.S("as.V1.NonVirtual", ((V1)v).NonVirtual()); T.S("as.V1.Last", ((V1)v).Last());
            T.S("as.V1.Added", ((V1)v).Added()); T.S("V1.ctor.int", new V1(3).Log);
            object o = v; T.S("object.ToString", o.ToString());
            T.I("object.GetHashCode", o.GetHashCode());
            T.B("object.Equals.same", o.Equals(new V2()));
            T.B("object.Equals.other", o.Equals(new V1()));
            T.B("object.Equals.default", new V1().Equals(new V1())); T.S("static", V0.Stat(1));
            Shape[] shapes = new Shape[4]; shapes[0] = new Square(3); shapes[1] = new Cube(3);
            shapes[2] = new Tesseract(3); shapes[3] = new Reimpl();
            for (int i = 0; i < shapes.Length; i++)
                T.S("shape." + i.ToString(), shapes[i].Describe());
            T.S("cube.new", ((Cube)shapes[1]).Name());
            T.S("tesseract.new", ((Tesseract)shapes[2]).Name());
        }
    }

    public interface IA { string F(); }
    public interface IB : IA { string G(); }
    public interface IC : IA { string F(int x); }
    public interface ID : IB, IC { string H(S12 s, double d, long l, int i); }
    public class Diamond : ID
    {
        public virtual string F() { return "F"; }
        public string G() { return "G"; }
        public string F(int x) { return "F" + x.ToString(); }
        public string H(S12 s, double d, long l, int i)
        {
            return "H" + (s.i0 + (int)d + (int)l + i).ToString();
        }
    }
    public class Diamond2 : Diamond, IA
    {
        public override string F() { return "F2"; } string IA.F() { return "IA.F2"; }
    }
    public class Late : Diamond { public override string F() { return "late"; } }
    public class Inherit0 { public string F() { return "inherited F"; } }
    public class Inherit1 : Inherit0, IA { }
    public interface ICounter { int Next(); int Value { get; set; } int this[int i] { get; } }
    public struct Counter : ICounter
    {
        int n;
        public Counter(int s) { n = s; }
        public int Next() { return ++n; }
        public int Value { get { return n; } set { n = value; } }
        public int this[int i] { get { return n * i; } }
    }
    public struct Wide32 : ICounter
    {
        public long A, B, C; public int N;
        public int Next() { N += 2; A++; return N; }
        int ICounter.Value { get { return N + 1; } set { N = value; C = -1; } }
        int ICounter.this[int i] { get { return N + i; } }
    }

    // @group interfaces
    public static class InterfacesGroup
    {
        static void Count(string n, ICounter c)
        {
            T.I(n + ".next", c.Next()); T.I(n + ".next2", c.Next());
            c.Value = 40; T.I(n + ".set", c.Value); T.I(n + ".after", c.Next());
            T.I(n + ".indexer", c[3]);
            c.Value += 5; T.I(n + ".compound", c.Value);
        }

        static void Many(string n, object o)
        {
            IA a = (IA)o; IB b = (IB)o; IC c = (IC)o; ID d = (ID)o;
            T.S(n + ".IA.F", a.F()); T.S(n + ".IB.F", b.F()); T.S(n + ".IB.G", b.G());
            T.S(n + ".IC.F", c.F()); T.S(n + ".IC.F(int)", c.F(5));
            T.S(n + ".ID.H", d.H(Make.S12(1), 2.5, 3, 4)); T.S(n + ".ID.F", ((IA)d).F());
            T.S(n + ".class.F", ((Diamond)o).F());
        }

        public static void Run()
        {
            Many("diamond", new Diamond()); Many("diamond2", new Diamond2());
            Many("late", new Late()); T.S("inherit", ((IA)new Inherit1()).F());
            IShape r = new Reimpl(); T.I("reimpl", r.Area());
            INamedShape rn = new Reimpl(); T.I("reimpl.named", rn.Area());
            T.I("reimpl.class", new Reimpl().Area());
            Tesseract t = new Tesseract(2); IOther other = t; T.I("other.area", other.Area());
            T.S("other.name", other.Name()); T.I("shape.area", ((IShape)t).Area());
            T.S("shape.name", ((INamedShape)t).Name());
            Count("counter", new Counter(3)); Count("wide", new Wide32());
            Counter s = new Counter(1); ICounter boxed = s; boxed.Next(); boxed.Next();
            T.I("boxed", boxed.Value); T.I("original", s.Value);
            s.Next(); T.I("original.next", s.Value);
            Counter back = (Counter)boxed; T.I("unboxed", back.Value);
            ICounter[] list = new ICounter[3]; list[0] = s; list[1] = new Wide32(); list[2] = boxed;
            int sum = 0; foreach (ICounter c in list) sum = sum * 100 + c.Next(); T.I("list", sum);
            IA[] poly = new IA[4]; poly[0] = new Diamond(); poly[1] = new Late();
            poly[2] = new Inherit1(); poly[3] = new Diamond2(); string text = "";
            for (int i = 0; i < 8; i++) text += poly[i & 3].F() + ","; T.S("polymorphic", text);
        }
    }
}
