// Char: classification is exact for ASCII and Latin-1; case mapping also covers Greek and Cyrillic.
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

        public static bool IsDigit(char c) { return c >= '0' && c <= '9'; }

        public static bool IsNumber(char c)
        {
            return c >= '0' && c <= '9' || c == '\u00B2' || c == '\u00B3' || c == '\u00B9'
                || c >= '\u00BC' && c <= '\u00BE';
        }

        public static bool IsUpper(char c)
        {
            return c >= 'A' && c <= 'Z' || c >= '\u00C0' && c <= '\u00DE' && c != '\u00D7'
                || c > '\u00FF' && ToLower(c) != c;
        }

        public static bool IsLower(char c)
        {
            return c >= 'a' && c <= 'z' || c >= '\u00DF' && c <= '\u00FF' && c != '\u00F7'
                || c == '\u00B5' || c == '\u00AA'
                || c == '\u00BA' || c > '\u00FF' && ToUpper(c) != c;
        }

        public static bool IsLetter(char c)
        {
            return IsUpper(c) || IsLower(c);
        }

        public static bool IsLetterOrDigit(char c) { return IsLetter(c) || IsDigit(c); }

        public static bool IsWhiteSpace(char c)
        {
            return c == ' ' || c >= '\t' && c <= '\r' || c == '\u0085' || c == '\u00A0'
                || c == '\u1680'
                || c >= '\u2000' && c <= '\u200A' || c == '\u2028' || c == '\u2029' || c == '\u202F'
                || c == '\u205F' || c == '\u3000';
        }

        public static bool IsControl(char c) { return c < ' ' || c >= '\u007F' && c <= '\u009F'; }

        public static bool IsPunctuation(char c)
        {
            if (c < '\u0080')
                return c >= '!' && c <= '/' && c != '$' && c != '+' || c == ':' || c == ';'
                    || c == '?'
                    || c == '@' || c == '[' || c == '\\' || c == ']' || c == '_' || c == '{'
                        || c == '}';
            return c == '\u00A1' || c == '\u00AB' || c == '\u00AD' || c == '\u00B7'
                || c == '\u00BB' || c == '\u00BF' || c >= '\u2010' && c <= '\u2027';
        }

        public static bool IsSymbol(char c)
        {
            return c == '$' || c == '+' || c == '<' || c == '=' || c == '>' || c == '^' || c == '`'
                || c == '|'
                || c == '~' || c >= '\u00A2' && c <= '\u00A9' || c == '\u00B6' || c == '\u00AC'
                || c == '\u00AE' || c == '\u00AF' || c == '\u00B0' || c == '\u00B1' || c == '\u00B4'
                || c == '\u00B8' || c == '\u00D7' || c == '\u00F7';
        }

        public static bool IsSeparator(char c)
        {
            return c == ' ' || c == '\u00A0' || c == '\u1680' || c >= '\u2000' && c <= '\u200A'
                || c == '\u2028' || c == '\u2029' || c == '\u202F' || c == '\u205F'
                    || c == '\u3000';
        }

        public static bool IsSurrogate(char c) { return c >= '\uD800' && c <= '\uDFFF'; }

        public static bool IsHighSurrogate(char c) { return c >= '\uD800' && c <= '\uDBFF'; }

        public static bool IsLowSurrogate(char c) { return c >= '\uDC00' && c <= '\uDFFF'; }

        public static bool IsDigit(string s, int index) { return IsDigit(s[index]); }

        public static bool IsLetter(string s, int index) { return IsLetter(s[index]); }

        public static bool IsLetterOrDigit(string s, int index)
        {
            return IsLetterOrDigit(s[index]);
        }

        public static bool IsWhiteSpace(string s, int index) { return IsWhiteSpace(s[index]); }

        public static bool IsUpper(string s, int index) { return IsUpper(s[index]); }

        public static bool IsLower(string s, int index) { return IsLower(s[index]); }

        public static double GetNumericValue(char c) { return IsDigit(c) ? c - '0' : -1; }

        public static char ToUpper(char c)
        {
            if (c < '\u0080') return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
            if (c >= '\u00E0' && c <= '\u00FE' && c != '\u00F7') return (char)(c - 32);
            if (c == '\u00FF') return '\u0178';
            if (c >= '\u03B1' && c <= '\u03C9' && c != '\u03C2') return (char)(c - 32);
            if (c >= '\u0430' && c <= '\u044F') return (char)(c - 32);
            if (c >= '\u0450' && c <= '\u045F') return (char)(c - 80);
            return c;
        }

        public static char ToLower(char c)
        {
            if (c < '\u0080') return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
            if (c >= '\u00C0' && c <= '\u00DE' && c != '\u00D7') return (char)(c + 32);
            if (c == '\u0178') return '\u00FF';
            if (c >= '\u0391' && c <= '\u03A9' && c != '\u03A2') return (char)(c + 32);
            if (c >= '\u0410' && c <= '\u042F') return (char)(c + 32);
            if (c >= '\u0400' && c <= '\u040F') return (char)(c + 80);
            return c;
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
