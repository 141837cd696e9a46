namespace System
{
    // The order of the invariant culture for ASCII and Latin-1: '-', the apostrophe, control
    // characters and surrogates count only when all else is equal; then blanks, other signs,
    // digits, letters. Accents decide behind that, case last, small letters first. Behind Latin-1
    // it is the code's order. What counts as two letters elsewhere (\u00e6, \u00df) is one here.
    internal static class Collation
    {
        const string Signs = " \u00a0\t\n\v\f\r!\"#$%&()*,./:;?@[\\]^_`{|}~+<=>0123456789";
        const string Plain = "aaaaaa\u00e6ceeeeiiii\u00f0nooooo\u00d7ouuuuy\u00fe\u00df"
            + "aaaaaa\u00e6ceeeeiiii\u00f0nooooo\u00f7ouuuuy\u00fey";

        static bool Ignored(char c)
        {
            return c == '-' || c == '\'' || c < ' ' && (c < '\t' || c > '\r')
                || c >= '\u007f' && c < '\u00a0' || c == '\u00ad' || Char.IsSurrogate(c);
        }

        // The small letter without its accent.
        static char Letter(char c)
        {
            return c >= '\u00c0' && c <= '\u00ff' ? Plain[c - '\u00c0'] : Char.ToLower(c);
        }

        static int Weight(char c)
        {
            c = Letter(c);
            if (c >= 'a' && c <= 'z') return 200 + c - 'a';
            if (c >= '\u0080' && Char.IsLetter(c) || c >= '\u0100') return 300 + c;
            for (int i = 0; i < Signs.Length; i++)
                if (Signs[i] == c) return 1 + i;
            return c < '\u0100' ? 50 + c - '\u00a0' : 0;
        }

        public static int Compare(string a, string b, bool ignoreCase)
        {
            if ((object)a == (object)b) return 0;
            if ((object)a == null) return -1;
            if ((object)b == null) return 1;
            int i = 0, j = 0, byAccent = 0, byCase = 0, byIgnored = 0;
            while (true)
            {
                int skippedA = 0, skippedB = 0;
                for (; i < a.Length && Ignored(a[i]); i++)
                    if (a[i] != '\0') skippedA++;
                for (; j < b.Length && Ignored(b[j]); j++)
                    if (b[j] != '\0') skippedB++;
                if (byIgnored == 0 && skippedA != skippedB)
                    byIgnored = skippedA < skippedB ? -1 : 1;
                if (i >= a.Length || j >= b.Length) break;
                char x = a[i++], y = b[j++];
                if (x == y) continue;
                int difference = Weight(x) - Weight(y);
                if (difference != 0) return difference < 0 ? -1 : 1;
                if (Char.ToLower(x) != Char.ToLower(y))
                {
                    if (byAccent == 0) byAccent = Char.ToLower(x) < Char.ToLower(y) ? -1 : 1;
                }
                else if (byCase == 0) byCase = Char.IsLower(x) ? -1 : 1;
            }
            if (i < a.Length) return 1;
            if (j < b.Length) return -1;
            if (byAccent != 0) return byAccent;
            if (byCase != 0 && !ignoreCase) return byCase;
            return byIgnored;
        }
    }
}
