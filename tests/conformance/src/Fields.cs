// Instance and static fields of every type, defaults, inheritance, static constructors.
namespace Conformance
{
    public class AllFields
    {
        public sbyte I1; public byte U1; public short I2; public ushort U2; public int I4;
        public uint U4;
        public long I8; public ulong U8; public float R4; public double R8; public bool B;
        public char C;
        public string S; public object O; public S3 A; public S7 D; public S32 E; public int[] Arr;
        public Cell Ref;
        public R8 G; public ColorByte Enum;
    }

    public enum ColorByte : byte { Red, Green = 200, Blue }

    public class BaseFields { public byte A = 1; public long B = 2; public byte C = 3; }
    public class MiddleFields : BaseFields
    {
        public byte D = 4; public new int A = 5; public S5 E = Make.S5(1);
    }
    public class TopFields : MiddleFields
    {
        public short F = 6; public double G = 7; public byte H = 8; public string I = "nine";
    }

    // @group fields
    public static class FieldsGroup
    {
        static sbyte i1; static byte u1; static short i2; static ushort u2; static int i4;
        static uint u4;
        static long i8; static ulong u8; static float r4; static double r8; static bool b;
        static char c;
        static string s; static object o; static S3 a; static S7 d; static S32 e; static int[] arr;
        static ColorByte en;

        static ulong Hash(AllFields f)
        {
            ulong h = 1;
            h = T.Mix(h, (ulong)f.I1); h = T.Mix(h, f.U1); h = T.Mix(h, (ulong)f.I2);
            h = T.Mix(h, f.U2);
            h = T.Mix(h, (ulong)f.I4); h = T.Mix(h, f.U4); h = T.Mix(h, (ulong)f.I8);
            h = T.Mix(h, f.U8);
            h = T.MixF(h, f.R4); h = T.MixD(h, f.R8); h = T.Mix(h, f.B ? 1UL : 0UL);
            h = T.Mix(h, f.C);
            h = T.Mix(h, f.S == null ? 7UL : (ulong)f.S.Length);
            h = T.Mix(h, f.O == null ? 8UL : 9UL);
            h = Make.HashS3(h, ref f.A); h = Make.HashS7(h, ref f.D); h = Make.HashS32(h, ref f.E);
            h = T.Mix(h, f.Arr == null ? 0UL : (ulong)f.Arr.Length); h = Make.HashR8(h, ref f.G);
            return T.Mix(h, (ulong)f.Enum);
        }

        static void Instance()
        {
            AllFields f = new AllFields();
            T.UL("instance.default", Hash(f));
            f.I1 = -1; T.UL("instance.i1", Hash(f)); f.U1 = 255; T.UL("instance.u1", Hash(f));
            f.I2 = -2; T.UL("instance.i2", Hash(f)); f.U2 = 65534; T.UL("instance.u2", Hash(f));
            f.I4 = -3; T.UL("instance.i4", Hash(f));
            f.U4 = 0xfffffff0; T.UL("instance.u4", Hash(f));
            f.I8 = -4; T.UL("instance.i8", Hash(f));
            f.U8 = ulong.MaxValue; T.UL("instance.u8", Hash(f));
            f.R4 = 1.5f; T.UL("instance.r4", Hash(f)); f.R8 = -2.5; T.UL("instance.r8", Hash(f));
            f.B = true; T.UL("instance.bool", Hash(f));
            f.C = '\ufffe'; T.UL("instance.char", Hash(f));
            f.S = "xyz"; T.UL("instance.string", Hash(f));
            f.O = f; T.UL("instance.object", Hash(f));
            f.A = Make.S3(4); T.UL("instance.S3", Hash(f));
            f.D = Make.S7(5); T.UL("instance.S7", Hash(f));
            f.E = Make.S32(6); T.UL("instance.S32", Hash(f));
            f.E.l0 = 1; T.UL("instance.nested", Hash(f));
            f.Arr = new int[3]; T.UL("instance.array", Hash(f));
            f.G.x = new Cell(3); T.UL("instance.R8", Hash(f));
            f.Enum = ColorByte.Blue; T.UL("instance.enum", Hash(f));
            f.U1 += 3; f.I2 <<= 1; f.C++; T.UL("instance.step", Hash(f));
            f.I1 = unchecked((sbyte)f.I4); f.U2 = (ushort)f.I8; T.UL("instance.narrow", Hash(f));
            T.I("instance.a.b1", f.A.b1); T.I("instance.e.l0", (int)f.E.l0);
            T.I("instance.e.f2", f.E.f2 ? 1 : 0);
        }

        static void Statics()
        {
            T.I("static.default.i4", i4); T.B("static.default.string", s == null);
            T.L("static.default.S32", (long)e.l1);
            i1 = -1; u1 = 255; i2 = -2; u2 = 65534; i4 = -3; u4 = 0xfffffff0; i8 = -4;
            u8 = ulong.MaxValue;
            r4 = 1.5f; r8 = -2.5; b = true; c = '\ufffe'; s = "xyz"; o = s; a = Make.S3(4);
            d = Make.S7(5);
            e = Make.S32(6); arr = new int[3]; en = ColorByte.Green;
            T.I("static.i1", i1); T.I("static.u1", u1); T.I("static.i2", i2); T.I("static.u2", u2);
            T.I("static.i4", i4); T.U("static.u4", u4); T.L("static.i8", i8); T.UL("static.u8", u8);
            T.F("static.r4", r4); T.D("static.r8", r8); T.B("static.bool", b);
            T.I("static.char", c);
            T.S("static.string", s); T.B("static.object", o == (object)s);
            T.UL("static.S3", Make.OfS3(a));
            T.UL("static.S7", Make.OfS7(d)); T.UL("static.S32", Make.OfS32(e));
            T.I("static.array", arr.Length);
            T.I("static.enum", (int)en);
            e.l1 = 5; e.i0++; T.UL("static.nested", Make.OfS32(e));
            u1++; i2 -= 32767; T.I("static.step", u1 * 70000 + i2);
            S7 copy = d; copy.b3 = 1; T.UL("static.copy", Make.OfS7(d));
            r4 += 0.25f; T.F("static.r4.add", r4);
        }

        static void Inherited()
        {
            TopFields t = new TopFields();
            T.I("inherited.A", t.A); T.I("inherited.base.A", ((BaseFields)t).A);
            T.L("inherited.B", t.B); T.I("inherited.C", t.C);
            T.I("inherited.D", t.D); T.UL("inherited.E", Make.OfS5(t.E)); T.I("inherited.F", t.F);
            T.D("inherited.G", t.G);
            T.I("inherited.H", t.H); T.S("inherited.I", t.I);
            t.B = -1; t.C = 255; t.E = Make.S5(9); t.F = -1; t.H = 255; ((BaseFields)t).A = 99;
            T.I("inherited.D.after", t.D); T.D("inherited.G.after", t.G);
            T.S("inherited.I.after", t.I); T.I("inherited.A.after", t.A);
        }

        public static void Run()
        {
            Instance(); Statics(); Inherited();
        }
    }

    public static class CctorLog
    {
        public static string Text = "";
        public static void Add(string s) { Text = string.Concat(Text, s); }
    }
    public class CctorA
    {
        public static int X;
        static CctorA() { CctorLog.Add("A"); X = 5; }
        public static int Get() { return X; }
        public int I = 3;
    }
    public class CctorB
    {
        public static int Y;
        static CctorB() { CctorLog.Add("B("); Y = CctorA.X + 1; CctorLog.Add(")"); }
        public CctorB() { CctorLog.Add("b"); }
    }
    public class CctorC : CctorB
    {
        public static int Z;
        static CctorC() { CctorLog.Add("C"); Z = 2; }
        public CctorC() { CctorLog.Add("c"); }
    }
    public class CctorD
    {
        public static int V = Init();
        static CctorD() { CctorLog.Add("D"); }
        static int Init() { CctorLog.Add("init"); return 8; }
        public static void M() { }
    }
    public class CctorLoop1
    {
        public static int P; static CctorLoop1() { CctorLog.Add("1"); P = CctorLoop2.Q + 1; }
    }
    public class CctorLoop2
    {
        public static int Q; static CctorLoop2() { CctorLog.Add("2"); Q = CctorLoop1.P + 10; }
    }
    public class Lazy
    {
        public static int W = 42; public static string T = string.Concat("la", "zy");
        public static int[] A = new int[4]; public static Cell R = new Cell(6);
        public static readonly S32 K = Make.S32(8);
    }
    public struct CctorS
    {
        public static int N; public int F;
        static CctorS() { CctorLog.Add("S"); N = 4; }
        public CctorS(int f) { F = f + N; }
    }

    // @group cctors
    public static class CctorsGroup
    {
        static bool once;

        static int Maybe(bool use) { return use ? CctorD.V : 0; }

        public static void Run()
        {
            CctorLog.Text = "";
            T.I("A.get", once ? 0 : CctorA.Get()); T.S("A.order", CctorLog.Text);
            new CctorC(); T.S("C.order", CctorLog.Text); T.I("C.Z", CctorC.Z); T.I("B.Y", CctorB.Y);
            T.I("D.unused", Maybe(false)); T.S("D.not.yet", CctorLog.Text);
            CctorD.M(); T.S("D.order", CctorLog.Text); T.I("D.V", Maybe(true));
            T.I("loop.P", CctorLoop1.P); T.I("loop.Q", CctorLoop2.Q);
            T.S("loop.order", CctorLog.Text);
            T.I("lazy.W", Lazy.W); T.S("lazy.T", Lazy.T); T.I("lazy.A", Lazy.A.Length);
            T.I("lazy.R", Lazy.R.Value); T.UL("lazy.K", Lazy.K.l1);
            T.I("struct.ctor", new CctorS(3).F); T.S("struct.order", CctorLog.Text);
            new CctorA(); T.S("once", CctorLog.Text);
            once = true;
        }
    }
}
