namespace System
{
    // Looks into UnicodeTables, for characters behind ASCII.
    internal static class Unicode
    {
        // UnicodeCategory's numbers: 0 to 4 letters (0 upper, 1 lower case), 8 to 10 numbers, 11 to
        // 13 separators, 14 control characters, 18 to 24 punctuation, 25 to 28 symbols.
        public static int Category(char c)
        {
            string runs = UnicodeTables.Categories;
            int run = Run(c), two = runs[2 * run + 1];
            return (c - runs[2 * run]) % 2 == 0 ? two >> 5 : two & 31;
        }

        // The last run that begins at or before the character.
        static int Run(char c)
        {
            string runs = UnicodeTables.Categories;
            int low = 0, high = runs.Length / 2;
            while (high - low > 1)
            {
                int middle = (low + high) / 2;
                if (runs[2 * middle] <= c) low = middle;
                else high = middle;
            }
            return low;
        }

        // Of a decimal digit: they come in tens.
        public static int DigitValue(char c)
        {
            return (c - UnicodeTables.Categories[2 * Run(c)]) % 10;
        }

        public static char ToUpper(char c) { return Mapped(UnicodeTables.Upper, c); }
        public static char ToLower(char c) { return Mapped(UnicodeTables.Lower, c); }

        static char Mapped(string ranges, char c)
        {
            int low = 0, high = ranges.Length / 4;
            while (low < high)
            {
                int middle = (low + high) / 2;
                if (ranges[4 * middle + 1] < c) low = middle + 1;
                else high = middle;
            }
            int at = 4 * low;
            if (at == ranges.Length || c < ranges[at] || (c - ranges[at]) % ranges[at + 2] != 0)
                return c;
            return unchecked((char)(c + ranges[at + 3]));
        }
    }
}
