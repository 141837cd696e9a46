// Control flow: every kind of loop, switch and short circuit, and values that stay on the
// evaluation stack while control branches and joins.
namespace Conformance
{
    // @group branches
    public static class BranchesGroup
    {
        static int Ladder(int x)
        {
            if (x < 0) return -1;
            else if (x == 0) return 0;
            else if (x < 10) return 1;
            else if (x < 100) return 2;
            return 3;
        }

        static int Loops(int n)
        {
            int sum = 0;
            for (int i = 0; i < n; i++)
            {
                if (i % 3 == 0) continue;
                if (i > 20) break;
                sum += i;
            }
            int j = n;
            while (j > 0) { sum ^= j; j -= 2; }
            do { sum += 3; n--; } while (n > 5);
            return sum;
        }

        static int Goto(int n)
        {
            int steps = 0;
        again:
            if (n == 1) goto end;
            steps++;
            if ((n & 1) == 0) { n /= 2; goto again; }
            n = 3 * n + 1;
            goto again;
        end:
            return steps;
        }

        static string order;

        static bool Note(string s, bool result)
        {
            order = string.Concat(order, s);
            return result;
        }

        static string Short(bool a, bool b, bool c)
        {
            order = "";
            bool r = Note("a", a) && Note("b", b) || Note("c", c) && !Note("d", a);
            return string.Concat(order, r ? "+" : "-");
        }

        static int Truth(object o, string s, int i, long l, bool b, double d)
        {
            int m = 0;
            if (o != null) m |= 1;
            if (s == null) m |= 2;
            if (i != 0) m |= 4;
            if (l == 0) m |= 8;
            if (b) m |= 16;
            if (!b) m |= 32;
            if (d != 0) m |= 64;
            if (o == (object)s) m |= 128;
            return m;
        }

        static int Nested(int n)
        {
            int count = 0;
            for (int a = 0; a < n; a++)
                for (int b = a; b < n; b++)
                {
                    for (int c = b; c < n; c++)
                        if (a * a + b * b == c * c) count += a * 10000 + b * 100 + c;
                    if (count < 0) return -1;
                }
            return count;
        }

        public static void Run()
        {
            T.I("ladder(-5)", Ladder(-5)); T.I("ladder(0)", Ladder(0)); T.I("ladder(9)", Ladder(9));
            T.I("ladder(10)", Ladder(10)); T.I("ladder(100)", Ladder(100));
            T.I("loops(0)", Loops(0)); T.I("loops(7)", Loops(7)); T.I("loops(50)", Loops(50));
            T.I("goto(27)", Goto(27)); T.I("goto(1)", Goto(1));
            T.S("short(fff)", Short(false, false, false));
            T.S("short(ttf)", Short(true, true, false));
            T.S("short(tft)", Short(true, false, true));
            T.S("short(fft)", Short(false, false, true));
            T.I("truth.1", Truth(null, null, 0, 0, false, 0));
            T.I("truth.2", Truth("x", "y", 1, 2, true, 3));
            T.I("truth.3", Truth("x", "x", -1, 1L << 32, true, -0.0));
            T.I("truth.4", Truth(null, "x", 256, 256, false, double.NaN));
            T.I("nested", Nested(20));
        }
    }

    // @group switch
    public static class SwitchGroup
    {
        static int Dense(int x)
        {
            switch (x)
            {
                case 0: return 10;
                case 1: return 11;
                case 2:
                case 3: return 12;
                case 4: x += 5; goto case 1;
                case 5: break;
                case 6: goto default;
                default: return -1;
            }
            return 99;
        }

        static int Sparse(int x)
        {
            switch (x)
            {
                case -1000: return 1;
                case -3: return 2;
                case -2: return 3;
                case -1: return 4;
                case 1000: return 5;
                case 1000000: return 6;
                case int.MaxValue: return 7;
                case int.MinValue: return 8;
            }
            return 0;
        }

        static int Wide(long x)
        {
            switch (x)
            {
                case 0L: return 1;
                case 0x100000000L: return 2;
                case 0x100000001L: return 3;
                case 0x100000002L: return 4;
                case -1L: return 5;
            }
            return 0;
        }

        static int Unsigned(uint x)
        {
            switch (x)
            {
                case 0xfffffffe: return 1;
                case 0xffffffff: return 2;
                case 0: return 3;
                case 1: return 4;
            }
            return 5;
        }

        static int Char(char c)
        {
            switch (c)
            {
                case 'a': return 1;
                case 'b': return 2;
                case 'c': return 3;
                case 'd': return 4;
                case '\u1234': return 5;
            }
            return 6;
        }

        static int Byte(byte b)
        {
            switch (b)
            {
                case 254: return 1;
                case 255: return 2;
                case 0: return 3;
            }
            return 4;
        }

        static int Text(string s)
        {
            switch (s)
            {
                case "one": return 1;
                case "two": return 2;
                case "three": return 3;
            }
            return 0;
        }

        static int Machine(string program)
        {
            int state = 0, sum = 0;
            for (int i = 0; i < program.Length; i++)
            {
                switch (state)
                {
                    case 0:
                        switch (program[i])
                        {
                            case '+': state = 1; break;
                            case '-': state = 2; break;
                            default: sum = -1; break;
                        }
                        continue;
                    case 1: sum += program[i] - '0'; state = 0; break;
                    case 2: sum -= program[i] - '0'; state = 0; break;
                }
                sum *= 2;
            }
            return sum;
        }

        public static void Run()
        {
            T.I("dense(-1)", Dense(-1)); T.I("dense(0)", Dense(0)); T.I("dense(1)", Dense(1));
            T.I("dense(2)", Dense(2)); T.I("dense(3)", Dense(3)); T.I("dense(4)", Dense(4));
            T.I("dense(5)", Dense(5)); T.I("dense(6)", Dense(6)); T.I("dense(7)", Dense(7));
            T.I("dense(min)", Dense(int.MinValue)); T.I("dense(max)", Dense(int.MaxValue));
            T.I("sparse(-1000)", Sparse(-1000)); T.I("sparse(-3)", Sparse(-3));
            T.I("sparse(-1)", Sparse(-1));
            T.I("sparse(0)", Sparse(0)); T.I("sparse(1000)", Sparse(1000));
            T.I("sparse(million)", Sparse(1000000));
            T.I("sparse(max)", Sparse(int.MaxValue)); T.I("sparse(min)", Sparse(int.MinValue));
            T.I("wide(0)", Wide(0)); T.I("wide(2^32)", Wide(1L << 32));
            T.I("wide(2^32+2)", Wide((1L << 32) + 2));
            T.I("wide(1)", Wide(1)); T.I("wide(2)", Wide(2)); T.I("wide(-1)", Wide(-1));
            T.I("wide(2^32-1)", Wide(0xffffffffL));
            T.I("unsigned(-2)", Unsigned(0xfffffffe)); T.I("unsigned(-1)", Unsigned(0xffffffff));
            T.I("unsigned(0)", Unsigned(0)); T.I("unsigned(1)", Unsigned(1));
            T.I("unsigned(2)", Unsigned(2));
            T.I("char(a)", Char('a')); T.I("char(d)", Char('d')); T.I("char(e)", Char('e'));
            T.I("char(u)", Char('\u1234'));
            T.I("byte(254)", Byte(254)); T.I("byte(255)", Byte(255)); T.I("byte(0)", Byte(0));
            T.I("byte(1)", Byte(1));
            T.I("text(one)", Text("one")); T.I("text(three)", Text("three"));
            T.I("text(null)", Text(null)); T.I("text()", Text(""));
            T.I("machine", Machine("+5-3+9x-1"));
        }
    }

    // @group joins
    public static class JoinsGroup
    {
        static int Id(int x) { return x; }
        static long Wide(long x) { return x + 1; }

        static int Keep(int a, int b, bool c)
        {
            return a * 3 + (c ? b : a) - (c ? Id(a) : Id(b) * 2);
        }
        static long KeepLong(long a, bool c, bool d)
        {
            return a - (c ? (d ? Wide(a) : 7L) : (d ? -1L : Wide(3))) * 5;
        }
        static double KeepDouble(double a, bool c)
        {
            return a * 2 - (c ? a : 0.5) / (c ? 4.0 : 8.0);
        }
        static float KeepFloat(float a, bool c) { return a + (c ? a : 0.25f); }
        static string KeepString(string s, bool c)
        {
            return string.Concat("<", c ? s : null, c ? "|" : s, ">");
        }
        static object KeepObject(bool c) { return c ? (object)"text" : new Cell(4); }
        static S32 KeepStruct(S32 a, S32 b, bool c) { return c ? a : b; }
        static S3 KeepOdd(S3 a, S3 b, bool c, bool d) { return c ? (d ? a : b) : (d ? b : a); }
        static int Args(int a, int b, int c, int d, int e, int f)
        {
            return a + b * 10 + c * 100 + d * 1000 + e * 10000 + f * 100000;
        }
        static int Inside(bool c, int n)
        {
            return Args(1, c ? n : 2, c && n > 2 ? 3 : 4, n, c || n > 5 ? Id(n) : 6, c ? 7 : 8);
        }
        static int Coalesce(string s) { return (s ?? "default").Length; }
        static bool And(int a, int b) { return a > 3 && b < 4 || a == b; }
        static int BoolSum(int a, int b)
        {
            return (a > b ? 1 : 0) + (a == b ? 2 : 0) + (a < b ? 4 : 0);
        }
        static int Deep(int a)
        {
            return a + (a > 1 ? a + (a > 2 ? a + (a > 3 ? a + (a > 4 ? a * 2 : 5) : 4) : 3) : 2);
        }

        static int Compound(int[] x, int i)
        {
            x[i] += i > 0 ? x[i - 1] : 100;
            x[i++] *= 2;
            x[i] = x[i - 1]++ + ++x[i] - (x[i] > 3 ? x[i]-- : --x[i]);
            return x[0] + x[1] * 100 + x[2] * 10000;
        }

        public static void Run()
        {
            T.I("keep.t", Keep(5, 7, true)); T.I("keep.f", Keep(5, 7, false));
            T.L("long.tt", KeepLong(1L << 40, true, true));
            T.L("long.tf", KeepLong(1L << 40, true, false));
            T.L("long.ft", KeepLong(1L << 40, false, true));
            T.L("long.ff", KeepLong(1L << 40, false, false));
            T.D("double.t", KeepDouble(1.5, true)); T.D("double.f", KeepDouble(1.5, false));
            T.F("float.t", KeepFloat(1.5f, true)); T.F("float.f", KeepFloat(1.5f, false));
            T.S("string.t", KeepString("q", true)); T.S("string.f", KeepString("q", false));
            T.B("object.t", KeepObject(true) is string);
            T.B("object.f", KeepObject(false) is string);
            S32 a = Make.S32(1), b = Make.S32(2);
            T.UL("struct.t", Make.OfS32(KeepStruct(a, b, true)));
            T.UL("struct.f", Make.OfS32(KeepStruct(a, b, false)));
            S3 c = Make.S3(1), d = Make.S3(2);
            T.UL("odd.tt", Make.OfS3(KeepOdd(c, d, true, true)));
            T.UL("odd.tf", Make.OfS3(KeepOdd(c, d, true, false)));
            T.I("inside.t1", Inside(true, 1)); T.I("inside.t9", Inside(true, 9));
            T.I("inside.f1", Inside(false, 1)); T.I("inside.f9", Inside(false, 9));
            T.I("coalesce.null", Coalesce(null)); T.I("coalesce.text", Coalesce("abc"));
            T.B("and.1", And(4, 3)); T.B("and.2", And(4, 4)); T.B("and.3", And(3, 9));
            T.I("boolsum.1", BoolSum(1, 2)); T.I("boolsum.2", BoolSum(2, 2));
            T.I("boolsum.3", BoolSum(3, 2));
            T.I("deep.1", Deep(1)); T.I("deep.3", Deep(3)); T.I("deep.5", Deep(5));
            int[] x = new int[3]; x[0] = 3; x[1] = 4; x[2] = 5;
            T.I("compound.0", Compound(x, 0)); T.I("compound.1", Compound(x, 1));
        }
    }
}
