namespace System
{
    public struct Char : IComparable, IConvertible
    {
        public const char MaxValue = '\uFFFF';
        public const char MinValue = '\0';

        internal char m_value;

        public int CompareTo(object value)
        {
            if (value == null) return 1;
            if (!(value is char)) throw new ArgumentException("Object must be of type Char.");
            return CompareTo((char)value);
        }

        public int CompareTo(char value) { return m_value - value; }

        public override bool Equals(object obj) { return obj is char && (char)obj == m_value; }

        public bool Equals(char obj) { return m_value == obj; }

        public override int GetHashCode() { return m_value | (m_value << 16); }

        public override string ToString() { return new string(m_value, 1); }

        public string ToString(IFormatProvider provider) { return ToString(); }

        public static string ToString(char c) { return new string(c, 1); }

        public static char Parse(string s)
        {
            if (s == null) throw new ArgumentNullException("s");
            if (s.Length != 1)
                throw new FormatException("String must be exactly one character long.");
            return s[0];
        }

        public static bool TryParse(string s, out char result)
        {
            result = '\0';
            if (s == null || s.Length != 1) return false;
            result = s[0];
            return true;
        }

        // ASCII at once, the rest by its Unicode category.

        public static bool IsDigit(char c)
        {
            return c < '\u0080' ? c >= '0' && c <= '9' : Unicode.Category(c) == 8;
        }

        public static bool IsNumber(char c)
        {
            if (c < '\u0080') return c >= '0' && c <= '9';
            int category = Unicode.Category(c);
            return category >= 8 && category <= 10;
        }

        public static bool IsUpper(char c)
        {
            return c < '\u0080' ? c >= 'A' && c <= 'Z' : Unicode.Category(c) == 0;
        }

        public static bool IsLower(char c)
        {
            return c < '\u0080' ? c >= 'a' && c <= 'z' : Unicode.Category(c) == 1;
        }

        public static bool IsLetter(char c)
        {
            if (c < '\u0080') return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z';
            return Unicode.Category(c) <= 4;
        }

        public static bool IsLetterOrDigit(char c) { return IsLetter(c) || IsDigit(c); }

        public static bool IsWhiteSpace(char c)
        {
            return c >= '\t' && c <= '\r' || c == '\u0085' || IsSeparator(c);
        }

        public static bool IsControl(char c) { return c < ' ' || c >= '\u007F' && c <= '\u009F'; }

        public static bool IsPunctuation(char c)
        {
            if (c >= '\u0080')
            {
                int category = Unicode.Category(c);
                return category >= 18 && category <= 24;
            }
            return c >= '!' && c <= '/' && c != '$' && c != '+' || c == ':' || c == ';' || c == '?'
                || c == '@' || c == '[' || c == '\\' || c == ']' || c == '_' || c == '{'
                || c == '}';
        }

        public static bool IsSymbol(char c)
        {
            if (c >= '\u0080')
            {
                int category = Unicode.Category(c);
                return category >= 25 && category <= 28;
            }
            return c == '$' || c == '+' || c == '<' || c == '=' || c == '>' || c == '^' || c == '`'
                || c == '|' || c == '~';
        }

        public static bool IsSeparator(char c)
        {
            if (c < '\u0080') return c == ' ';
            int category = Unicode.Category(c);
            return category >= 11 && category <= 13;
        }

        public static bool IsSurrogate(char c) { return c >= '\uD800' && c <= '\uDFFF'; }

        public static bool IsHighSurrogate(char c) { return c >= '\uD800' && c <= '\uDBFF'; }

        public static bool IsLowSurrogate(char c) { return c >= '\uDC00' && c <= '\uDFFF'; }

        static char At(string s, int index)
        {
            if (s == null) throw new ArgumentNullException("s");
            if ((uint)index >= (uint)s.Length) throw new ArgumentOutOfRangeException("index");
            return s[index];
        }

        public static bool IsDigit(string s, int index) { return IsDigit(At(s, index)); }

        public static bool IsLetter(string s, int index) { return IsLetter(At(s, index)); }

        public static bool IsLetterOrDigit(string s, int index)
        {
            return IsLetterOrDigit(At(s, index));
        }

        public static bool IsWhiteSpace(string s, int index) { return IsWhiteSpace(At(s, index)); }

        public static bool IsUpper(string s, int index) { return IsUpper(At(s, index)); }

        public static bool IsLower(string s, int index) { return IsLower(At(s, index)); }

        // Digits, and the fractions and superscripts of Latin-1; no other numbers.
        public static double GetNumericValue(char c)
        {
            if (c < '\u0080') return IsDigit(c) ? c - '0' : -1;
            switch (c)
            {
                case '\u00B9': return 1;
                case '\u00B2': return 2;
                case '\u00B3': return 3;
                case '\u00BC': return 0.25;
                case '\u00BD': return 0.5;
                case '\u00BE': return 0.75;
                default: return IsDigit(c) ? Unicode.DigitValue(c) : -1;
            }
        }

        public static char ToUpper(char c)
        {
            return c >= '\u0080' ? Unicode.ToUpper(c) : c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
        }

        public static char ToLower(char c)
        {
            return c >= '\u0080' ? Unicode.ToLower(c) : c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
        }

        public static char ToUpperInvariant(char c) { return ToUpper(c); }

        public static char ToLowerInvariant(char c) { return ToLower(c); }

        public TypeCode GetTypeCode() { return TypeCode.Char; }
        bool IConvertible.ToBoolean(IFormatProvider provider) { return Convert.ToBoolean(m_value); }
        char IConvertible.ToChar(IFormatProvider provider) { return Convert.ToChar(m_value); }
        sbyte IConvertible.ToSByte(IFormatProvider provider) { return Convert.ToSByte(m_value); }
        byte IConvertible.ToByte(IFormatProvider provider) { return Convert.ToByte(m_value); }
        short IConvertible.ToInt16(IFormatProvider provider) { return Convert.ToInt16(m_value); }
        ushort IConvertible.ToUInt16(IFormatProvider provider) { return Convert.ToUInt16(m_value); }
        int IConvertible.ToInt32(IFormatProvider provider) { return Convert.ToInt32(m_value); }
        uint IConvertible.ToUInt32(IFormatProvider provider) { return Convert.ToUInt32(m_value); }
        long IConvertible.ToInt64(IFormatProvider provider) { return Convert.ToInt64(m_value); }
        ulong IConvertible.ToUInt64(IFormatProvider provider) { return Convert.ToUInt64(m_value); }
        float IConvertible.ToSingle(IFormatProvider provider) { return Convert.ToSingle(m_value); }
        double IConvertible.ToDouble(IFormatProvider provider) { return Convert.ToDouble(m_value); }
    }
}
