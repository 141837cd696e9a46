// Arrays of every element type, of structs of odd sizes, jagged and multi-dimensional ones.
namespace Conformance
{
    // @group arrays
    public static class ArraysGroup
    {
        static void Small()
        {
            sbyte[] i1 = new sbyte[3]; i1[1] = -5; i1[2] = unchecked((sbyte)200);
            T.I("i1", i1[0] * 100 + i1[1] * 10 + i1[2]);
            byte[] u1 = new byte[3]; u1[1] = 250; u1[2] = 7; u1[1] += 10;
            T.I("u1", u1[0] + u1[1] * 10 + u1[2] * 1000);
            short[] i2 = new short[3]; i2[1] = -300; i2[2]--; T.I("i2", i2[1] * 10 + i2[2]);
            ushort[] u2 = new ushort[3]; u2[1] = 65000; u2[2]--; T.I("u2", u2[1] + u2[2]);
            char[] c = new char[3]; c[1] = 'x'; c[2] = '\uffff';
            T.I("char", c[0] + c[1] * 3 + c[2]);
            bool[] b = new bool[3]; b[1] = true; b[2] = !b[0] & b[1]; T.B("bool", b[2] && !b[0]);
            int[] i4 = new int[3]; i4[1] = int.MinValue; i4[2] = -1;
            T.I("i4", i4[0] + i4[1] + i4[2]);
            uint[] u4 = new uint[3]; u4[1] = 0xffffffff; T.L("u4", u4[1] + (long)u4[0]);
            long[] i8 = new long[3]; i8[1] = long.MinValue; i8[2] = 5;
            T.L("i8", i8[0] + i8[1] + i8[2]);
            ulong[] u8 = new ulong[3]; u8[1] = ulong.MaxValue; u8[0]--;
            T.UL("u8", u8[0] ^ u8[1] ^ u8[2]);
            float[] r4 = new float[3]; r4[1] = 1.5f; r4[2] = r4[1] * 3; T.F("r4", r4[2] - r4[0]);
            double[] r8 = new double[3]; r8[1] = -2.5; r8[2] = r8[1] / 4; T.D("r8", r8[2] + r8[0]);
            string[] s = new string[3]; s[1] = "one"; T.B("string.null", s[0] == null);
            T.S("string", s[1]);
            object[] o = new object[3]; o[1] = s; o[2] = o;
            T.B("object", o[1] == (object)s && o[0] == null);
            ColorByte[] e = new ColorByte[3]; e[1] = ColorByte.Blue;
            T.I("enum", (int)e[1] * 10 + (int)e[0]);
            Cell[] cell = new Cell[2]; cell[1] = new Cell(4); cell[1].Value += 3;
            T.I("class", cell[1].Value);
        }

        static void Lengths()
        {
            T.I("length.0", new int[0].Length); T.I("length.5", new S3[5].Length);
            long n = 7; T.I("length.long", new byte[n].Length);
            uint u = 3; T.I("length.uint", new long[u].Length);
            T.I("length.big", new S64[1000].Length);
            int[] a = new int[4]; long i = 2; a[i] = 5; uint j = 3; a[j] = 6; byte k = 1; a[k] = 7;
            T.I("index.kinds", a[1] * 100 + a[2] * 10 + a[3]);
            string s = ""; for (int x = 0; x < a.Length; x++) s = string.Concat(s, a[x].ToString());
            T.S("loop", s);
        }

        static int SumAll(params int[] values)
        {
            int sum = 0; foreach (int v in values) sum = sum * 10 + v; return sum;
        }
        static int CountAll(params object[] values) { return values.Length; }

        static void Params()
        {
            T.I("params.0", SumAll(new int[0]));
            // no SumAll(): mcs makes Array.Empty<int>() of that
            T.I("params.1", SumAll(7)); T.I("params.5", SumAll(1, 2, 3, 4, 5));
            T.I("params.array", SumAll(new int[2]));
            T.I("params.objects", CountAll("a", null, "b"));
            int sum = 0; string[] words = new string[3]; words[0] = "a"; words[1] = "bcd";
            words[2] = "";
            foreach (string w in words) sum = sum * 10 + w.Length; T.I("foreach", sum);
        }

        static void Neighbours()
        {
            // Two arrays allocated one after the other: writing one must leave the other alone.
            S7[] a = new S7[5]; S7[] b = new S7[5];
            for (int i = 0; i < 5; i++) a[i] = Make.S7(i);
            ulong h = 1; for (int i = 0; i < 5; i++) h = Make.HashS7(h, ref b[i]);
            T.UL("neighbour.S7", h);
            S32[] c = new S32[6]; object o = new Cell(77);
            for (int i = 0; i < 6; i++) c[i] = Make.S32(100 + i);
            T.I("neighbour.S32", ((Cell)o).Value);
            bool[] d = new bool[9]; byte[] e = new byte[9]; for (int i = 0; i < 9; i++) d[i] = true;
            int sum = 0; for (int i = 0; i < 9; i++) sum += e[i];
            T.I("neighbour.bool", sum + d.Length);
        }

        static void Jagged()
        {
            int[][] j = new int[3][]; T.B("jagged.null", j[1] == null);
            for (int i = 0; i < 3; i++)
            {
                j[i] = new int[i + 1]; for (int k = 0; k <= i; k++) j[i][k] = i * 10 + k;
            }
            T.I("jagged.2.1", j[2][1]);
            j[2][1] += 5; j[1][0]++; T.I("jagged.sum", j[2][1] * 100 + j[1][0]);
            T.I("jagged.length", j[2].Length);
            S12[][] s = new S12[2][]; s[1] = new S12[2]; s[1][1].i2 = 9; s[1][1].i0 += 4;
            T.I("jagged.struct", s[1][1].i2 * 10 + s[1][1].i0);
            string[][][] t = new string[1][][]; t[0] = new string[1][]; t[0][0] = new string[2];
            t[0][0][1] = "deep"; T.S("jagged.deep", t[0][0][1]);
        }

        public static void Run()
        {
            Small(); Lengths(); Params(); Neighbours(); Jagged();
        }
    }

    // @group array_initializers
    public static class ArrayInitializersGroup
    {
        static readonly int[] table = { 5, -4, 3, 2, 1, 0, int.MaxValue, int.MinValue };
        static readonly string[] words = { "zero", "one", "two", "three" };

        public static void Run()
        {
            T.I("int", table[1] + table[6] + table.Length); T.S("string", words[3]);
            byte[] b = { 1, 2, 3, 250, 251, 252, 253 }; T.I("byte", b[3] * 10 + b[6]);
            long[] l = { 1L << 40, -1, 5, 6, 7 }; T.L("long", l[0] + l[4]);
            double[] d = { 1.5, -2.5, double.NaN, 1e300 }; T.D("double", d[0] * d[1]);
            T.D("double.big", d[3]);
            char[] c = { 'a', '\u20ac', 'z', '\0', 'q' }; T.I("char", c[1] + c[2]);
            float[] f = { 1.25f, 2.5f, -0.0f, 8f }; T.F("float", f[0] + f[3]);
            ushort[] u = { 65535, 1, 2, 3, 4 }; T.I("ushort", u[0] + u[4]);
            bool[] t = { true, false, true, true }; T.B("bool", t[2] && !t[1]);
            int n = table[3]; int[] mixed = { n, n * 2, 7, n + 1, 9 };
            T.I("mixed", mixed[1] * 100 + mixed[2] * 10 + mixed[3]);
            object[] o = { "s", null, words }; T.I("object", o.Length);
            int[][] j = { new[] { 1, 2, 3, 4 }, new[] { 5 }, null };
            T.I("jagged", j[0][3] * 10 + j[1][0]);
            S4[] s = { Make.S4(1), new S4(), Make.S4(2) };
            T.I("struct", s[0].h0 + s[1].h0 + s[2].h0);
        }
    }

    // @group array_multidim
    public static class ArrayMultidimGroup
    {
        public static void Run()
        {
            int[,] a = new int[3, 4];
            for (int i = 0; i < 3; i++) for (int k = 0; k < 4; k++) a[i, k] = i * 100 + k;
            T.I("int.2.3", a[2, 3]); T.I("int.1.0", a[1, 0]);
            a[1, 2] += 7; a[2, 1]++; T.I("int.compound", a[1, 2] * 1000 + a[2, 1]);
            T.I("length", a.Length); T.I("length.0", a.GetLength(0));
            T.I("length.1", a.GetLength(1)); T.I("rank", a.Rank);
            byte[,,] b = new byte[2, 3, 4]; b[1, 2, 3] = 200; b[0, 0, 0] = 1; b[1, 0, 1] = 5;
            int sum = 0;
            for (int i = 0; i < 2; i++)
                for (int j = 0; j < 3; j++) for (int k = 0; k < 4; k++) sum = sum * 3 + b[i, j, k];
            T.I("byte.3d", sum);
            S7[,] s = new S7[2, 2]; s[1, 0] = Make.S7(5); s[0, 1].b4 = 3; S7 t = s[1, 0];
            T.UL("struct", Make.OfS7(t)); T.I("struct.field", s[0, 1].b4);
            string[,] w = new string[2, 2]; w[1, 1] = "corner"; T.S("string", w[1, 1]);
            T.B("string.null", w[0, 1] == null);
            double[,] d = new double[2, 2]; ref double r = ref d[1, 0]; r = 2.5;
            T.D("ref", d[1, 0]);
            long[,] l = new long[1, 1]; l[0, 0] = 1L << 50; T.L("long", l[0, 0]);
            float[,] f = new float[2, 3]; f[1, 2] = 0.5f; T.F("float", f[1, 2]);
            int[,] init = { { 1, 2, 3 }, { 4, 5, 6 } };
            T.I("initializer", init[0, 2] * 10 + init[1, 0]);
            int[][,] jm = new int[2][,]; jm[1] = new int[2, 2]; jm[1][1, 1] = 8;
            T.I("jagged", jm[1][1, 1]);
        }
    }

    // @group array_covariance
    public static class ArrayCovarianceGroup
    {
        class Animal { public virtual string Name() { return "animal"; } }
        class Dog : Animal { public override string Name() { return "dog"; } }
        interface INamed { string Called(); }
        class Named : INamed { public string Called() { return "named"; } }

        static void Put(object[] a, int i, object o) { a[i] = o; }
        static void PutAnimal(Animal[] a, int i, Animal o) { a[i] = o; }

        public static void Run()
        {
            string[] s = new string[2]; object[] o = s; Put(o, 1, "stored");
            T.S("store.string", s[1]);
            Put(o, 1, null); T.B("store.null", s[1] == null);
            Dog[] d = new Dog[2]; Animal[] a = d; PutAnimal(a, 0, new Dog());
            T.S("store.dog", d[0].Name()); T.S("load.animal", a[0].Name());
            Animal[] z = new Animal[2]; PutAnimal(z, 0, new Dog()); PutAnimal(z, 1, new Animal());
            T.S("virtual.0", z[0].Name()); T.S("virtual.1", z[1].Name());
            INamed[] n = new INamed[1]; n[0] = new Named(); T.S("interface", n[0].Called());
            object[] no = n; Put(no, 0, new Named()); T.B("interface.store", no[0] is Named);
            object x = d; T.B("is.animals", x is Animal[]); T.B("is.objects", x is object[]);
            T.B("is.strings", x is string[]);
            object[] outer = new object[2]; Put(outer, 0, outer); Put(outer, 1, new int[3]);
            T.B("self", outer[0] == outer); T.B("boxed.array", outer[1] is int[]);
            object[] jag = new int[2][]; Put(jag, 1, new int[5]);
            T.I("jagged", ((int[][])jag)[1].Length);
            Put(outer, 1, 5); T.I("boxed.int", (int)outer[1]);
        }
    }
}
