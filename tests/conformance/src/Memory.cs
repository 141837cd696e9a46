// Loads and stores of every size through pointers, refs, fixed arrays and stack allocations.
using System.Runtime.InteropServices;

namespace Conformance
{
    // @group pointers
    public static unsafe class PointersGroup
    {
        static ulong Bytes(byte* p, int n)
        {
            ulong h = 9;
            for (int i = 0; i < n; i++) h = T.Mix(h, p[i]);
            return h;
        }

        static void Stores()
        {
            byte* m = stackalloc byte[64];
            for (int i = 0; i < 64; i++) m[i] = 0xAA;
            *(sbyte*)(m + 1) = -2; T.UL("store.i1", *(ulong*)m);
            *(byte*)(m + 2) = 0xfe; T.UL("store.u1", *(ulong*)m);
            *(short*)(m + 4) = -2; T.UL("store.i2", *(ulong*)m);
            *(ushort*)(m + 6) = 0x1234; T.UL("store.u2", *(ulong*)m);
            *(char*)(m + 6) = 'x'; T.UL("store.char", *(ulong*)m);
            *(int*)(m + 8) = -3; T.UL("store.i4", *(ulong*)(m + 8));
            *(uint*)(m + 12) = 0x89abcdef; T.UL("store.u4", *(ulong*)(m + 8));
            *(long*)(m + 16) = -4; T.UL("store.i8", *(ulong*)(m + 16));
            *(float*)(m + 24) = 1.5f; T.UL("store.r4", *(ulong*)(m + 24));
            *(double*)(m + 32) = -2.25; T.UL("store.r8", *(ulong*)(m + 32));
            *(bool*)(m + 40) = true; T.UL("store.bool", *(ulong*)(m + 40));
            *(void**)(m + 48) = (void*)0x123456789abL; T.UL("store.ptr", *(ulong*)(m + 48));
            T.UL("store.all", Bytes(m, 64));
        }

        static void Loads()
        {
            byte* m = stackalloc byte[32];
            for (int i = 0; i < 32; i++) m[i] = (byte)(0xF0 + i);
            T.I("load.i1", *(sbyte*)(m + 1)); T.I("load.u1", *(m + 1));
            T.I("load.i2", *(short*)(m + 2)); T.I("load.u2", *(ushort*)(m + 2));
            T.I("load.char", *(char*)(m + 2)); T.I("load.i4", *(int*)(m + 4));
            T.U("load.u4", *(uint*)(m + 4)); T.L("load.u4.long", *(uint*)(m + 4));
            T.L("load.i4.long", *(int*)(m + 4)); T.L("load.i8", *(long*)(m + 8));
            T.F("load.r4", *(float*)(m + 16)); T.D("load.r8", *(double*)(m + 16));
            T.B("load.bool", *(bool*)(m + 16)); T.L("load.ptr", (long)*(void**)(m + 8));
            T.L("load.i2.unaligned", *(short*)(m + 3)); T.L("load.i4.unaligned", *(int*)(m + 5));
            T.L("load.i8.unaligned", *(long*)(m + 7)); T.D("load.r8.unaligned", *(double*)(m + 9));
            *(long*)(m + 11) = 0x1122334455667788L; T.UL("store.i8.unaligned", Bytes(m, 32));
        }

        static void Arithmetic()
        {
            int* p = stackalloc int[8];
            for (int i = 0; i < 8; i++) p[i] = i * i;
            int* q = p + 5;
            T.I("arith.deref", *q); T.L("arith.diff", q - p); T.I("arith.index", q[-2]);
            T.I("arith.post", *q++); T.I("arith.pre", *--q); q -= 3; T.I("arith.sub", *q);
            long* l = (long*)p; T.L("arith.cast", l[1]); T.B("arith.less", p < q);
            T.B("arith.eq", p + 2 == q);
            S12* s = (S12*)p; s++; T.I("arith.struct", s->i1);
            T.L("arith.bytes", (byte*)s - (byte*)p);
            (*s).i2 = 77; T.I("arith.field", p[5]); s[0] = Make.S12(3); T.I("arith.copy", p[3]);
            int** pp = &p; T.I("arith.double", **pp); (*pp)[1] = 6; T.I("arith.double2", p[1]);
            long index = 3; T.I("arith.long", p[index]); uint u = 2; T.I("arith.uint", *(p + u));
        }

        static void Addresses()
        {
            int i = 5; int* p = &i; *p = 6; T.I("addr.local", i);
            S32 s = Make.S32(1); ulong* l = &s.l1; *l = 99; T.UL("addr.field", s.l1);
            byte b = 1; byte* pb = &b; *pb += 255; T.I("addr.byte", b);
            T.I("addr.arg", Arg(7)); double d = 1; double* pd = &d; *pd *= 3; T.D("addr.double", d);
        }

        static int Arg(int x) { int* p = &x; (*p)++; return x; }

        static void Sizes()
        {
            T.I("sizeof.S3", sizeof(S3)); T.I("sizeof.S7", sizeof(S7));
            T.I("sizeof.S24", sizeof(S24));
            T.I("sizeof.S32", sizeof(S32)); T.I("sizeof.S48", sizeof(S48));
            T.I("sizeof.F12", sizeof(F12));
            T.I("sizeof.ptr", sizeof(int*)); T.I("sizeof.ID16", sizeof(ID16));
            T.I("sizeof.bool", sizeof(bool));
        }

        public static void Run()
        {
            Stores(); Loads(); Arithmetic(); Addresses(); Sizes();
        }
    }

    // @group stackalloc
    public static unsafe class StackallocGroup
    {
        static ulong Fill(int n)
        {
            byte* p = stackalloc byte[n];
            ulong h = 1;
            for (int i = 0; i < n; i++) h = T.Mix(h, p[i]);
            for (int i = 0; i < n; i++) p[i] = (byte)(i * 7);
            for (int i = 0; i < n; i++) h = T.Mix(h, p[i]);
            return h;
        }

        static long Two(int n)
        {
            long* a = stackalloc long[n];
            int* b = stackalloc int[n];
            for (int i = 0; i < n; i++) { a[i] = i; b[i] = -i; }
            long sum = 0;
            for (int i = 0; i < n; i++) sum += a[i] * 3 + b[i];
            return sum * 16 + ((long)a & 15);
        }

        static int Recurse(int depth)
        {
            int* p = stackalloc int[16];
            p[depth & 15] = depth;
            int below = depth == 0 ? 0 : Recurse(depth - 1);
            return below + p[depth & 15];
        }

        static int Around(int n, int a, long b, double c, S12 s)
        {
            short* p = stackalloc short[n];
            p[n - 1] = 5;
            return Use(p, n, a, b, c, s) + a + (int)b + (int)c + s.i2;
        }

        static int Use(short* p, int n, int a, long b, double c, S12 s)
        {
            return p[n - 1] * 2 + a + (int)b + (int)c + s.i0;
        }

        static int Structs(int n)
        {
            S12* p = stackalloc S12[n];
            for (int i = 0; i < n; i++) p[i] = Make.S12(i);
            int sum = 0;
            for (int i = n - 1; i >= 0; i--) sum = sum * 3 + p[i].i1;
            return sum;
        }

        public static void Run()
        {
            T.UL("fill(1)", Fill(1)); T.UL("fill(17)", Fill(17)); T.UL("fill(255)", Fill(255));
            T.UL("fill(4096)", Fill(4096)); T.UL("fill(10000)", Fill(10000));
            T.L("two(1)", Two(1)); T.L("two(9)", Two(9)); T.I("recurse", Recurse(40));
            T.I("around", Around(11, 3, 4, 5.5, Make.S12(2))); T.I("structs", Structs(7));
        }
    }

    // @group refs
    public static class RefsGroup
    {
        static void I1(ref sbyte r) { r += 100; r += 100; }
        static void U1(ref byte r) { r += 200; }
        static void I2(ref short r) { r -= 30000; r -= 30000; }
        static void U2(ref ushort r) { r *= 3; }
        static void C(ref char r) { r++; }
        static void I4(ref int r) { r = r * r; }
        static void U4(ref uint r) { r = ~r; }
        static void I8(ref long r) { r <<= 33; }
        static void R4(ref float r) { r /= 3; r = (float)r; }
        static void R8(ref double r) { r = -r; }
        static void Bool(ref bool r) { r = !r; }
        static void Str(ref string r) { r = string.Concat(r, "!"); }
        static void Obj(ref object r) { r = r == null ? "was null" : null; }
        static void Array(ref int[] r)
        {
            int[] old = r; r = new int[old.Length + 1]; r[old.Length] = 8;
        }
        static void Out(out int a, out long b, out string c, out S16 d)
        {
            a = 1; b = 2; c = "c"; d = Make.S16(3);
        }
        static int Both(ref int a, ref int b) { a = 5; b = 6; return a * 10 + b; }
        static ref int Max(ref int a, ref int b) { if (a > b) return ref a; return ref b; }
        static ref S12 At(S12[] a, int i) { return ref a[i]; }
        static void Through(ref int r) { I4(ref r); r++; }

        static int statics;
        class Holder { public int Field; public S16 Pair; public string Text; }

        public static void Run()
        {
            sbyte i1 = 1; I1(ref i1); T.I("i1", i1); byte u1 = 100; U1(ref u1); T.I("u1", u1);
            short i2 = 1; I2(ref i2); T.I("i2", i2); ushort u2 = 40000; U2(ref u2); T.I("u2", u2);
            char c = '\uffff'; C(ref c); T.I("char", c); int i4 = 70000; I4(ref i4); T.I("i4", i4);
            uint u4 = 5; U4(ref u4); T.U("u4", u4); long i8 = 3; I8(ref i8); T.L("i8", i8);
            float r4 = 1; R4(ref r4); T.F("r4", r4); double r8 = 2; R8(ref r8); T.D("r8", r8);
            bool b = false; Bool(ref b); T.B("bool", b);
            string s = "s"; Str(ref s); T.S("string", s);
            object o = s; Obj(ref o); T.B("object.null", o == null);
            Obj(ref o); T.S("object.text", (string)o);
            int[] a = new int[2]; Array(ref a); T.I("array", a.Length * 10 + a[2]);
            int oa; long ob; string oc; S16 od; Out(out oa, out ob, out oc, out od);
            T.I("out.int", oa); T.L("out.long", ob); T.S("out.string", oc);
            T.L("out.struct", od.l1);
            T.I("alias", Both(ref i4, ref i4)); T.I("both", Both(ref i4, ref a[1]));
            T.I("both.element", a[1]);
            Holder h = new Holder(); h.Field = 9; I4(ref h.Field); T.I("field", h.Field);
            I8(ref h.Pair.l1); h.Pair.l0 = 1; I8(ref h.Pair.l0); T.L("field.nested", h.Pair.l0);
            h.Text = "t"; Str(ref h.Text); T.S("field.string", h.Text);
            statics = 7; Through(ref statics); T.I("static", statics);
            int x = 3, y = 4; Max(ref x, ref y) = 10; T.I("return.ref", x * 100 + y);
            ref int local = ref Max(ref x, ref y); local++; T.I("local.ref", y);
            S12[] arr = new S12[3]; At(arr, 2).i1 = 44; ref S12 e = ref At(arr, 2); e.i0 = 5;
            e.i2 = e.i1 + e.i0;
            T.I("struct.ref", arr[2].i2);
            S12 copy = At(arr, 2); copy.i0 = 0; T.I("struct.copy", arr[2].i0);
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    public unsafe struct WithBuffer
    {
        public int Before;
        public fixed short Data[5];
        public fixed byte Raw[3];
        public long After;
    }

    // @group fixed
    public static unsafe class FixedGroup
    {
        static int Sum(byte[] a)
        {
            int sum = 0;
            fixed (byte* p = a)
                for (int i = 0; i < a.Length; i++) sum = sum * 5 + p[i];
            return sum;
        }

        static int Text(string s)
        {
            int sum = 0;
            fixed (char* p = s)
                for (char* q = p; *q != 0; q++) sum = sum * 7 + *q;
            return sum;
        }

        class Box { public int A = 1; public long B = 2; }

        public static void Run()
        {
            byte[] a = new byte[5];
            for (int i = 0; i < a.Length; i++) a[i] = (byte)(i * 60);
            T.I("array", Sum(a)); T.I("string", Text("Hi \u20ac"));
            Box box = new Box();
            fixed (long* p = &box.B) *p = -1;
            T.L("field", box.B);
            long[] l = new long[4];
            fixed (long* p = &l[2]) { p[0] = 5; p[1] = 6; p[-1] = 4; }
            T.L("element", l[1] * 100 + l[2] * 10 + l[3]);
            fixed (int* p = new int[3]) { p[2] = 9; T.I("temporary", p[0] + p[2]); }
            WithBuffer w = new WithBuffer();
            w.Before = 1; w.After = 2; w.Data[0] = -5; w.Data[4] = 7; w.Raw[2] = 200;
            T.I("buffer", w.Data[0] * 1000 + w.Data[4] + w.Raw[2]);
            T.I("buffer.size", sizeof(WithBuffer));
            T.L("buffer.after", (byte*)&w.After - (byte*)&w); T.L("buffer.raw", w.Raw - (byte*)&w);
            WithBuffer v = w; w.Data[4] = 0; T.I("buffer.copy", v.Data[4]);
        }
    }

    // @group volatile
    public static class VolatileGroup
    {
        static volatile int si; static volatile bool sb; static volatile byte su;
        static volatile string ss;
        class Inst
        {
            public volatile short S; public volatile float F; public volatile object O;
            public volatile uint U;
        }

        public static void Run()
        {
            si = -5; sb = true; su = 200; ss = "v"; si += 2; su++;
            T.I("static.int", si); T.B("static.bool", sb); T.I("static.byte", su);
            T.S("static.string", ss);
            Inst i = new Inst(); i.S = -7; i.F = 1.25f; i.O = "o"; i.U = 0x80000000; i.S--;
            T.I("short", i.S); T.F("float", i.F); T.S("object", (string)i.O); T.U("uint", i.U);
        }
    }
}
