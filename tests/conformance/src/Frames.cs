// Large frames, deep and mutual recursion, and what finally blocks do on paths without exceptions.
namespace Conformance
{
    public struct Big1K { public S64 A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P; }

    // @group recursion
    public static class RecursionGroup
    {
        static int Fib(int n) { return n < 2 ? n : Fib(n - 1) + Fib(n - 2); }
        static int Ack(int m, int n)
        {
            return m == 0 ? n + 1 : n == 0 ? Ack(m - 1, 1) : Ack(m - 1, Ack(m, n - 1));
        }
        static bool Even(int n) { return n == 0 || Odd(n - 1); }
        static bool Odd(int n) { return n != 0 && Even(n - 1); }
        static long Hanoi(int n, int a, int b, int c)
        {
            return n == 0 ? 0 : Hanoi(n - 1, a, c, b) + a * 3 + b + Hanoi(n - 1, c, b, a) * 2;
        }
        static double Power(double x, int n)
        {
            return n == 0 ? 1.0 : (n & 1) == 1 ? x * Power(x, n - 1) : Power(x * x, n / 2);
        }
        static S24 Fold(S24 s, int n)
        {
            if (n == 0) return s; S24 t = s; t.l0 = s.l1 + n; t.l1 = s.l0 ^ n; t.b0++;
            S24 r = Fold(t, n - 1); r.i0 += s.i0; return r;
        }
        static int Args7(int a, int b, int c, int d, int e, int f, int n)
        {
            return n == 0 ? a + b * 2 + c * 3 + d * 4 + e * 5 + f * 6
                : Args7(b, c, d, e, f, a + n, n - 1) + a;
        }
        static int Down(int n) { return n == 0 ? 0 : Down(n - 1) + 1; }
        static string Build(int n)
        {
            return n == 0 ? "" : string.Concat(Build(n - 1), (n % 10).ToString());
        }

        public static void Run()
        {
            T.I("fib", Fib(18)); T.I("ackermann", Ack(2, 9)); T.B("even", Even(200));
            T.B("odd", Odd(201)); T.L("hanoi", Hanoi(10, 1, 2, 3)); T.D("power", Power(1.5, 31));
            T.UL("fold", Make.OfS24(Fold(Make.S24(1), 60)));
            T.I("args7", Args7(1, 2, 3, 4, 5, 6, 50)); T.I("down", Down(300));
            T.S("build", Build(30));
        }
    }

    // @group deep_recursion
    public static class DeepRecursionGroup
    {
        static int Down(int n) { return n == 0 ? 0 : Down(n - 1) + 1; }
        static long Struct(S32 s, int n)
        {
            if (n == 0) return (long)s.l0; s.l0 += s.l1; s.l1 ^= (ulong)n;
            return Struct(s, n - 1) - s.i0;
        }

        public static void Run()
        {
            T.I("down.2000", Down(2000)); T.L("struct.500", Struct(Make.S32(3), 500));
        }
    }

    // @group large_frames
    public static class LargeFramesGroup
    {
        static Big1K Fill(int seed)
        {
            Big1K b = new Big1K(); b.A = Make.S64(seed); b.H = Make.S64(seed + 1);
            b.P = Make.S64(seed + 2); return b;
        }
        static ulong Hash(ref Big1K b)
        {
            ulong h = Make.HashS64(1, ref b.A); h = Make.HashS64(h, ref b.H);
            h = Make.HashS64(h, ref b.O); return Make.HashS64(h, ref b.P);
        }
        static ulong ByValue(Big1K a, int x, Big1K b)
        {
            a.A.l0 += x; b.P.l7 -= x; return Hash(ref a) ^ Hash(ref b);
        }

        static ulong Locals()
        {
            Big1K a = Fill(1), b = Fill(2), c = Fill(3), d = Fill(4), e = Fill(5), f = Fill(6), g
                = Fill(7);
            int last = 9;
            b = a; d.P = c.A; f.H = g.P; e = d; last += (int)e.P.l0;
            return Hash(ref a) ^ Hash(ref b) * 3 ^ Hash(ref c) * 5 ^ Hash(ref d) * 7
                ^ Hash(ref e) * 11 ^ Hash(ref f) * 13 ^ Hash(ref g) * 17 ^ (ulong)last;
        }

        static ulong Recurse(int n)
        {
            Big1K a = Fill(n), b = Fill(n + 1), c = Fill(n + 2), d = Fill(n + 3), e = a;
            ulong below = n == 0 ? 0 : Recurse(n - 1);
            return below * 31 + (Hash(ref a) ^ Hash(ref b) ^ Hash(ref c) ^ Hash(ref d)
                ^ Hash(ref e));
        }
        static ulong Zeroed()
        {
            Big1K a = new Big1K(), b = new Big1K(), c, d; c = a; d = b;
            return Hash(ref a) + Hash(ref b) + Hash(ref c) + Hash(ref d);
        }

        public static void Run()
        {
            T.UL("locals", Locals()); T.UL("recurse", Recurse(5));
            Big1K x = Fill(8), y; y = x; T.UL("by.value", ByValue(x, 3, y));
            T.UL("unchanged", Hash(ref x)); T.UL("zeroed", Zeroed());
            Big1K[] a = new Big1K[3]; a[1] = x; a[2] = a[1]; a[1].A.l3 = 5;
            T.UL("array", Hash(ref a[1]) ^ Hash(ref a[2]) * 3 ^ Hash(ref a[0]));
            object o = x; Big1K z = (Big1K)o; T.UL("box", Hash(ref z));
            x = y = Fill(10); T.UL("chain", Hash(ref x) + Hash(ref y));
        }
    }

    public class Resource : System.IDisposable
    {
        public static string Log = ""; string name;
        public Resource(string n) { name = n; Log += "+" + n; }
        public void Dispose() { Log += "-" + name; }
    }

    // @group finally
    public static class FinallyGroup
    {
        static string log;
        static int Simple(int x)
        {
            try { log += "t"; x *= 2; } finally { log += "f"; x += 1; } return x;
        }
        static int Return(int x)
        {
            try { if (x > 5) return x * 10; log += "a"; }
            finally { log += "f"; x = 0; }
            return x - 1;
        }
        static int Loop(int n)
        {
            int sum = 0;
            for (int i = 0; i < n; i++)
            {
                try { if (i == 2) continue; if (i == 5) break; sum += i; }
                finally { sum += 100; log += i.ToString(); }
            }
            return sum;
        }
        static int Nested(int x)
        {
            try
            {
                try { if (x == 1) return 1; log += "1"; }
                finally { log += "2"; try { log += "3"; } finally { log += "4"; } }
                log += "5";
            }
            finally { log += "6"; }
            return 7;
        }
        static S32 Struct(int x)
        {
            S32 s = Make.S32(x); try { return s; } finally { s.l0 = 0; log += "s"; }
        }
        static double Float(double d) { try { return d * 2; } finally { d = 0; log += "d"; } }
        static int Using(int x)
        {
            using (new Resource("a")) using (new Resource("b"))
            {
                if (x > 0) return x; Resource.Log += "!";
            }
            return -1;
        }
        static int Lock(object o) { lock (o) { log += "L"; return 5; } }
        static int Stack(int a) { return a + Simple(a) * Return(a) - Loop(a); }
        static int Goto(int x)
        {
            again: try { x--; if (x > 3) goto again; if (x == 3) goto end; log += "n"; }
            finally { log += "g"; }
            return x; end: return 100;
        }

        public static void Run()
        {
            log = ""; T.I("simple", Simple(4)); T.I("return.early", Return(6));
            T.I("return.late", Return(5)); T.I("loop", Loop(9)); T.I("nested.1", Nested(1));
            T.I("nested.2", Nested(2)); T.UL("struct", Make.OfS32(Struct(5)));
            T.D("float", Float(1.5)); T.S("log", log);
            log = "";
            T.I("using.1", Using(1)); T.I("using.0", Using(0)); T.S("using.log", Resource.Log);
            Resource.Log = ""; T.I("stack", Stack(7)); T.I("goto.6", Goto(6));
            T.I("goto.2", Goto(2)); T.S("log.2", log);
        }
    }

    // @group lock
    public static class LockGroup
    {
        static int depth;
        static int Locked(object o, int n)
        {
            lock (o) { depth++; return n == 0 ? depth : Locked(o, n - 1) + 1; }
        }

        public static void Run() { T.I("nested", Locked(new object(), 3)); T.I("depth", depth); }
    }
}
