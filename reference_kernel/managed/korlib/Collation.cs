namespace System
{
    // The order of the invariant culture for ASCII: '-' and the apostrophe count only when all else
    // is equal, then other signs, digits, letters; case decides last, small letters first.
    internal static class Collation
    {
        const string Signs = " !\"#$%&()*,./:;?@[\\]^_`{|}~+<=>0123456789";

        static bool Ignored(char c) { return c == '-' || c == '\''; }

        static int Weight(char c)
        {
            if (c >= 'a' && c <= 'z') return 100 + c - 'a';
            if (c >= 'A' && c <= 'Z') return 100 + c - 'A';
            if (c >= '\u0080') return 200 + Char.ToLower(c);
            for (int i = 0; i < Signs.Length; i++)
                if (Signs[i] == c) return 1 + i;
            return 0;
        }

        public static int Compare(string a, string b, bool ignoreCase)
        {
            if ((object)a == (object)b) return 0;
            if ((object)a == null) return -1;
            if ((object)b == null) return 1;
            int i = 0, j = 0, byCase = 0, byIgnored = 0;
            while (true)
            {
                int skippedA = i, skippedB = j;
                while (i < a.Length && Ignored(a[i])) i++;
                while (j < b.Length && Ignored(b[j])) j++;
                skippedA = i - skippedA;
                skippedB = j - skippedB;
                if (byIgnored == 0 && skippedA != skippedB)
                    byIgnored = skippedA < skippedB ? -1 : 1;
                if (i >= a.Length || j >= b.Length) break;
                char x = a[i++], y = b[j++];
                if (x == y) continue;
                int difference = Weight(x) - Weight(y);
                if (difference != 0) return difference < 0 ? -1 : 1;
                if (byCase == 0 && Char.ToLower(x) == Char.ToLower(y))
                    byCase = Char.IsLower(x) ? -1 : 1;
            }
            if (i < a.Length) return 1;
            if (j < b.Length) return -1;
            if (byCase != 0 && !ignoreCase) return byCase;
            return byIgnored;
        }
    }
}
