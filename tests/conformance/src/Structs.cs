// Struct methods with `this` by reference, nesting, overrides called through `constrained.`.
using System.Runtime.InteropServices;

namespace Conformance
{
    public struct Vec
    {
        public int X, Y, Z;
        public static int Made;
        public Vec(int x, int y, int z) { X = x; Y = y; Z = z; Made++; }
        public Vec(int all) : this(all, all, all) { }
        public void Scale(int k) { X *= k; Y *= k; Z *= k; }
        public Vec Scaled(int k) { Vec v = this; v.Scale(k); return v; }
        public Vec Self() { return this; }
        public void Assign(Vec other) { this = other; }
        public void Reset() { this = new Vec(); }
        public int Sum { get { return X + Y + Z; } }
        public int this[int i]
        {
            get { return i == 0 ? X : i == 1 ? Y : Z; }
            set { if (i == 0) X = value; else if (i == 1) Y = value; else Z = value; }
        }
        public static Vec operator +(Vec a, Vec b)
        {
            return new Vec(a.X + b.X, a.Y + b.Y, a.Z + b.Z);
        }
        public static Vec operator -(Vec a) { return new Vec(-a.X, -a.Y, -a.Z); }
        public static bool operator ==(Vec a, Vec b)
        {
            return a.X == b.X && a.Y == b.Y && a.Z == b.Z;
        }
        public static bool operator !=(Vec a, Vec b) { return !(a == b); }
        public static implicit operator Vec(int i) { return new Vec(i); }
        public static explicit operator int(Vec v) { return v.X; }
        public override string ToString()
        {
            return string.Concat(X.ToString(), ",", Y.ToString(), string.Concat(",", Z.ToString()));
        }
        public override int GetHashCode() { X++; return Sum; }
        public override bool Equals(object o) { return o is Vec && (Vec)o == this; }
        public static void Ref(ref Vec v) { v.X += 100; v.Scale(2); }
    }

    public struct Line
    {
        public byte Tag; public Vec From; public short Width; public Vec To; public string Name;
        public int Length() { return To.X - From.X + From.Scaled(2).Sum; }
    }
    public struct Poly { public Line First; public Line Second; public Vec[] More; }
    public struct Empty { public int Zero() { return 0; } public static int Count; }
    public struct HasEmpty { public Empty A; public int B; public Empty C; public byte D; }
    public class HasLine
    {
        public int Before = 1; public Line L; public readonly Vec Fixed = new Vec(1, 2, 3);
        public int After = 2;
        public Vec P { get; set; }
    }

    // @group struct_methods
    public static class StructMethodsGroup
    {
        static Vec field;
        static Vec[] array = new Vec[3];

        static int ByValue(Vec v) { v.Scale(10); return v.Sum; }
        static Vec Make3(int x) { return new Vec(x, x + 1, x + 2); }

        static void Basics()
        {
            Vec v = new Vec(1, 2, 3); v.Scale(3); T.I("local", v.Sum); T.I("by.value", ByValue(v));
            T.I("unchanged", v.Sum);
            v.Assign(new Vec(4)); T.I("assign.this", v.Sum);
            Vec.Ref(ref v); T.I("ref", v.X);
            v[1] = 50; v[2] += 7; T.I("indexer", v[0] + v[1] * 10 + v[2] * 1000);
            T.I("chain", v.Scaled(2).Self().Scaled(3).Sum); T.I("temporary", Make3(5).Sum);
            T.I("newobj.call", new Vec(7).Scaled(2).Y);
            v.Reset(); T.I("reset", v.Sum);
            field = Make3(1); field.Scale(2); T.I("static.field", field.Sum);
            Vec.Ref(ref field); T.I("static.ref", field.Y);
            array[1] = Make3(2); array[1].Scale(3); array[1].Z++; Vec.Ref(ref array[1]);
            T.I("array", array[1].Sum); T.I("array.other", array[0].Sum + array[2].Sum);
            T.I("made", Vec.Made);
            Vec d = default(Vec); T.I("default", d.Sum);
            Vec w; w.X = 1; w.Y = 2; w.Z = 3; T.I("by.field", w.Sum);
        }

        static void Operators()
        {
            Vec a = new Vec(1, 2, 3), b = 5; T.S("add", (a + b).ToString());
            T.S("neg", (-a).ToString()); T.B("eq", a == new Vec(1, 2, 3)); T.B("ne", a != b);
            T.I("explicit", (int)(a + b + a));
            T.S("implicit", (a + 3).ToString());
            a += 1; T.S("compound", a.ToString());
            T.S("nested", (a + (b + (a + (b + a)))).ToString()); T.B("equals.boxed", a.Equals(a));
            T.B("equals.other", a.Equals("x"));
            T.I("hash.changes", a.GetHashCode()); T.I("hash.changed", a.X);
            object o = a; T.S("boxed.ToString", o.ToString()); T.I("boxed.hash", o.GetHashCode());
            T.I("boxed.kept", ((Vec)o).X); T.I("original.kept", a.X);
        }

        static void Nested()
        {
            Line l = new Line(); l.Tag = 255; l.Width = -1; l.From = new Vec(1); l.To = Make3(10);
            l.Name = "n"; T.I("nested.length", l.Length());
            l.From.Scale(2); l.To.X += l.From.Y; T.S("nested.from", l.From.ToString());
            T.S("nested.to", l.To.ToString()); T.I("nested.around", l.Tag * 10 + l.Width);
            Line copy = l; copy.From.X = 77; T.I("nested.copy", l.From.X);
            Poly p = new Poly(); p.First = l; p.Second = copy; p.More = array;
            p.Second.From.Scale(2); Vec.Ref(ref p.First.To);
            T.S("poly.second", p.Second.From.ToString()); T.S("poly.first", p.First.To.ToString());
            T.S("poly.name", p.Second.Name);
            p.More[2] = p.First.From; T.S("poly.array", array[2].ToString());
            HasLine h = new HasLine(); h.L = l; h.L.To.Scale(2); h.L.From = h.L.To;
            T.S("class.to", h.L.From.ToString()); T.I("class.after", h.After * 10 + h.Before);
            h.Fixed.Scale(5); T.S("class.readonly", h.Fixed.ToString());
            h.P = new Vec(8); T.I("class.property", h.P.Scaled(2).Sum);
            Line[] lines = new Line[2]; lines[1] = l; lines[1].To.Z = -9;
            lines[0].From = lines[1].To; T.S("array.nested", lines[0].From.ToString());
            T.I("array.nested.tag", lines[1].Tag + lines[0].Tag);
        }

        static int TakeEmpty(int a, Empty e, int b, Empty f, int c, int d)
        {
            return a + b * 10 + c * 100 + d * 1000 + e.Zero();
        }
        static Empty ReturnEmpty(int x) { Empty.Count += x; return new Empty(); }

        static unsafe void Empties()
        {
            Empty e = new Empty(); T.I("empty.call", e.Zero());
            T.I("empty.args", TakeEmpty(1, e, 2, ReturnEmpty(5), 3, 4));
            T.I("empty.count", Empty.Count); T.I("empty.size", sizeof(Empty));
            object o = e; T.B("empty.box", o is Empty);
            Empty[] a = new Empty[3]; a[1] = e; T.I("empty.array", a.Length);
            HasEmpty h = new HasEmpty(); h.B = 5; h.D = 6; h.A = e; h.C = ReturnEmpty(1);
            T.I("empty.fields", h.B * 10 + h.D); T.I("empty.holder.size", sizeof(HasEmpty));
        }

        public static void Run() { Basics(); Operators(); Nested(); Empties(); }
    }

    [StructLayout(LayoutKind.Explicit)]
    public struct Union
    {
        [FieldOffset(0)] public int I; [FieldOffset(0)] public float F;
        [FieldOffset(0)] public byte B0; [FieldOffset(1)] public byte B1;
        [FieldOffset(2)] public ushort High; [FieldOffset(4)] public long L;
        [FieldOffset(4)] public double D; [FieldOffset(8)] public int Top;
    }
    [StructLayout(LayoutKind.Explicit, Size = 24)]
    public struct Sparse
    {
        [FieldOffset(3)] public short Odd; [FieldOffset(11)] public int Odder;
        [FieldOffset(16)] public S3 Three;
    }
    [StructLayout(LayoutKind.Explicit)]
    public class ExplicitClass
    {
        [FieldOffset(0)] public long L; [FieldOffset(2)] public short Mid;
        [FieldOffset(8)] public string S; [FieldOffset(16)] public byte Last;
    }
    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    public struct Pack1
    {
        public byte A; public int B; public long C; public short D; public double E; public byte F;
    }
    [StructLayout(LayoutKind.Sequential, Pack = 2)]
    public struct Pack2
    {
        public byte A; public int B; public byte C; public long D; public byte E;
    }
    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    public struct Pack4
    {
        public byte A; public long B; public byte C; public double D; public short E;
    }
    [StructLayout(LayoutKind.Sequential, Pack = 8)]
    public struct Pack8 { public byte A; public long B; public byte C; }
    [StructLayout(LayoutKind.Sequential)]
    public struct Natural
    {
        public byte A; public short B; public byte C; public int D; public byte E; public long F;
        public byte G;
    }
    [StructLayout(LayoutKind.Sequential)]
    public struct Outer
    {
        public byte A; public Pack1 B; public byte C; public Natural D; public byte E; public S3 F;
        public S6 G; public Pack2 H;
    }
    [StructLayout(LayoutKind.Sequential, Size = 40)]
    public struct Sized { public int A; public byte B; }
    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    public struct VirtqDesc
    {
        public ulong Address; public uint Length; public ushort Flags; public ushort Next;
    }

    // @group layout
    public static unsafe class LayoutGroup
    {
        static long Off(void* field, void* start) { return (byte*)field - (byte*)start; }

        static void Sizes()
        {
            T.I("size.Union", sizeof(Union)); T.I("size.Sparse", sizeof(Sparse));
            T.I("size.Pack1", sizeof(Pack1)); T.I("size.Pack2", sizeof(Pack2));
            T.I("size.Pack4", sizeof(Pack4)); T.I("size.Pack8", sizeof(Pack8));
            T.I("size.Natural", sizeof(Natural)); T.I("size.Outer", sizeof(Outer));
            T.I("size.Sized", sizeof(Sized)); T.I("size.VirtqDesc", sizeof(VirtqDesc));
        }

        static void Offsets()
        {
            Pack1 a = new Pack1(); T.L("pack1.B", Off(&a.B, &a)); T.L("pack1.C", Off(&a.C, &a));
            T.L("pack1.D", Off(&a.D, &a)); T.L("pack1.E", Off(&a.E, &a));
            T.L("pack1.F", Off(&a.F, &a));
            Pack2 b = new Pack2(); T.L("pack2.B", Off(&b.B, &b)); T.L("pack2.C", Off(&b.C, &b));
            T.L("pack2.D", Off(&b.D, &b)); T.L("pack2.E", Off(&b.E, &b));
            Pack4 c = new Pack4(); T.L("pack4.B", Off(&c.B, &c)); T.L("pack4.C", Off(&c.C, &c));
            T.L("pack4.D", Off(&c.D, &c)); T.L("pack4.E", Off(&c.E, &c));
            Natural n = new Natural(); T.L("natural.B", Off(&n.B, &n));
            T.L("natural.D", Off(&n.D, &n)); T.L("natural.F", Off(&n.F, &n));
            T.L("natural.G", Off(&n.G, &n));
            Outer o = new Outer(); T.L("outer.B", Off(&o.B, &o)); T.L("outer.C", Off(&o.C, &o));
            T.L("outer.D", Off(&o.D, &o)); T.L("outer.E", Off(&o.E, &o));
            T.L("outer.F", Off(&o.F, &o)); T.L("outer.G", Off(&o.G, &o));
            T.L("outer.H", Off(&o.H, &o));
            Sparse s = new Sparse(); T.L("sparse.Odder", Off(&s.Odder, &s));
            T.L("sparse.Three", Off(&s.Three, &s));
            Natural* none = null; T.L("null.field", Off(&none->F, null));
        }

        static ulong HashPack1(Pack1 p)
        {
            ulong h = T.Mix(1, p.A); h = T.Mix(h, (ulong)p.B); h = T.Mix(h, (ulong)p.C);
            h = T.Mix(h, (ulong)p.D); h = T.MixD(h, p.E); return T.Mix(h, p.F);
        }
        static Pack1 MakePack1(int i)
        {
            Pack1 p; p.A = (byte)i; p.B = i * -7; p.C = i * 12345678901L; p.D = (short)(i * 11);
            p.E = i / 8.0; p.F = 255; return p;
        }
        static Union Through(Union u) { u.B1 ^= 0xff; return u; }

        static void Values()
        {
            Union u = new Union(); u.I = 0x12345678; T.I("union.B0", u.B0); T.I("union.B1", u.B1);
            T.I("union.High", u.High);
            u.F = 1.5f; T.I("union.I", u.I);
            u.D = -2.5; T.L("union.L", u.L); T.I("union.Top", u.Top);
            u.B1 = 0xee; T.F("union.F", u.F);
            u.Top = 5; T.L("union.L2", u.L);
            u = Through(u); T.I("union.through", u.I);
            Sparse s = new Sparse(); s.Odd = -2; s.Odder = 0x11223344; s.Three = Make.S3(5);
            Sparse t = s; t.Odder++; T.I("sparse.odd", s.Odd);
            T.I("sparse.odder", t.Odder - s.Odder); T.UL("sparse.three", Make.OfS3(t.Three));
            ExplicitClass e = new ExplicitClass(); e.L = -1; e.Mid = 0; e.S = "kept"; e.Last = 9;
            T.L("class.L", e.L); T.S("class.S", e.S); T.I("class.Last", e.Last);
            T.UL("pack1.pass", HashPack1(MakePack1(9)));
            Pack1[] a = new Pack1[3]; a[1] = MakePack1(3); a[2].C = a[1].C + 1; a[2].E = 0.5;
            T.UL("pack1.array", HashPack1(a[1]) ^ HashPack1(a[2]));
            fixed (Pack1* p = a) T.L("pack1.stride", (byte*)(p + 1) - (byte*)p);
            Outer o = new Outer(); o.B = MakePack1(4); o.C = 1; o.D.F = -1; o.D.G = 2; o.E = 3;
            o.F = Make.S3(1); o.G = Make.S6(1); o.H.D = 1L << 44; o.H.E = 4;
            T.UL("outer.copy.B", HashPack1(o.B) + (ulong)o.H.D);
            T.I("outer.bytes", o.A + o.C + o.D.G * 10 + o.E * 100 + o.H.E * 1000);
            T.UL("outer.FG", Make.OfS3(o.F) ^ Make.OfS6(o.G));
            VirtqDesc d; d.Address = 0xfedcba9876543210; d.Length = 512; d.Flags = 3;
            d.Next = 0xffff; byte* raw = (byte*)&d; ulong h = 2;
            for (int i = 0; i < sizeof(VirtqDesc); i++) h = T.Mix(h, raw[i]); T.UL("virtq.raw", h);
            Sized z = new Sized(); z.B = 7; Sized z2 = z; T.I("sized", z2.B);
            decimalLike = z; T.I("sized.static", decimalLike.B);
        }

        static Sized decimalLike;

        public static void Run() { Sizes(); Offsets(); Values(); }
    }
}
