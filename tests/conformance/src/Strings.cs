// Strings: literals, length, indexer, equality, concatenation, ToString of integers.
namespace Conformance
{
    // @group strings
    public static class StringsGroup
    {
        static string Join(string a, string b) { return a + b; }
        static bool Same(string a, string b) { return a == b; }
        static bool Differ(string a, string b) { return a != b; }

        static int Hash(string s)
        {
            int h = 5381;
            for (int i = 0; i < s.Length; i++) h = h * 33 ^ s[i];
            return h;
        }

        public static void Run()
        {
            T.S("literal", "hello"); T.S("empty", ""); T.I("empty.length", "".Length);
            T.I("length", "hello".Length);
            T.I("index.0", "hello"[0]); T.I("index.4", "hello"[4]);
            T.I("unicode", Hash("\u20ac\u0416\uffff\ud83d\ude00")); T.I("nul", Hash("a\0b\0"));
            T.I("nul.length", "a\0b\0".Length);
            T.I("ascii", Hash("The quick brown fox jumps over the lazy dog"));
            T.S("concat.2", Join("ab", "cd")); T.S("concat.null", Join(null, "x"));
            T.I("concat.nulls", Join(null, null).Length);
            T.S("concat.3", Join("a", "b") + "c" + Join("d", ""));
            T.S("concat.5", Join("1", "2") + "3" + Join("4", "5") + "6" + Join("7", "8"));
            T.B("eq.literal", Same("abc", "abc")); T.B("eq.computed", Same(Join("a", "bc"), "abc"));
            T.B("eq.case", Same("abc", "abC"));
            T.B("eq.length", Same("abc", "abcd")); T.B("eq.null", Same(null, "abc"));
            T.B("eq.nulls", Same(null, null)); T.B("ne", Differ("a", "b"));
            T.B("ne.same", Differ("b", Join("", "b")));
            T.B("interned", (object)"abc" == (object)"abc");
            T.B("not.same.object", (object)Join("a", "bc") == (object)"abc");
            T.S("int", (42).ToString());
            int n = -1; T.S("int.negative", n.ToString());
            n = int.MinValue; T.S("int.min", n.ToString());
            n = int.MaxValue; T.S("int.max", n.ToString());
            n = 0; T.S("int.zero", n.ToString());
            long l = long.MinValue; T.S("long.min", l.ToString());
            ulong u = ulong.MaxValue; T.S("ulong.max", u.ToString());
            byte b = 200; T.S("byte", b.ToString());
            sbyte sb = -128; T.S("sbyte", sb.ToString());
            short s = -5; T.S("short", s.ToString());
            uint ui = 4000000000; T.S("uint", ui.ToString());
            T.S("mix.int", "n=" + n + ";"); T.S("mix.long", l + "|" + u);
            char c = 'x'; T.S("mix.char", "<" + c + ">");
            bool t = true; T.S("mix.bool", "is " + t);
            object o = null; T.S("mix.null", "[" + o + "]");
            string acc = "";
            for (int i = 0; i < 12; i++) { acc += i; if (i % 4 == 3) acc += ","; }
            T.S("loop", acc); T.I("loop.hash", Hash(acc));
            string x = "left"; string y = x; x += "right"; T.S("immutable", y);
            T.S("const", Constant + Constant.Length);
        }

        const string Constant = "con" + "st";
    }
}
