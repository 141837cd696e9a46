// The signed integer types. Formatting and parsing are in Number.
using System.Globalization;

namespace System
{
    public struct SByte : IComparable, IFormattable, IConvertible
    {
        public const sbyte MinValue = -128;
        public const sbyte MaxValue = 127;

        internal sbyte m_value;

        public int CompareTo(object value)
        {
            if (value == null) return 1;
            if (!(value is SByte)) throw new ArgumentException("Object must be of type SByte.");
            return CompareTo((sbyte)value);
        }

        public int CompareTo(sbyte value) { return m_value - value; }

        public override bool Equals(object obj) { return obj is SByte && ((sbyte)obj) == m_value; }

        public bool Equals(sbyte obj) { return m_value == obj; }

        public override int GetHashCode() { return m_value ^ (m_value << 8); }

        public override string ToString() { return Number.FormatSigned(m_value, 8, null, null); }

        public string ToString(string format)
        {
            return Number.FormatSigned(m_value, 8, format, null);
        }

        public string ToString(IFormatProvider provider)
        {
            return Number.FormatSigned(m_value, 8, null, provider);
        }

        public string ToString(string format, IFormatProvider provider)
        {
            return Number.FormatSigned(m_value, 8, format, provider);
        }

        public static sbyte Parse(string s) { return Parse(s, NumberStyles.Integer, null); }

        public static sbyte Parse(string s, NumberStyles style) { return Parse(s, style, null); }

        public static sbyte Parse(string s, IFormatProvider provider)
        {
            return Parse(s, NumberStyles.Integer, provider);
        }

        public static sbyte Parse(string s, NumberStyles style, IFormatProvider provider)
        {
            return (sbyte)Number.Signed(s, style, 8, MinValue, MaxValue, "SByte");
        }

        public static bool TryParse(string s, out sbyte result)
        {
            return TryParse(s, NumberStyles.Integer, null, out result);
        }

        public static bool TryParse(string s, NumberStyles style, IFormatProvider provider,
            out sbyte result)
        {
            long value;
            bool good = Number.TrySigned(s, style, 8, MinValue, MaxValue, out value);
            result = (sbyte)value;
            return good;
        }

        public TypeCode GetTypeCode() { return TypeCode.SByte; }
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

    public struct Int16 : IComparable, IFormattable, IConvertible
    {
        public const short MinValue = -32768;
        public const short MaxValue = 32767;

        internal short m_value;

        public int CompareTo(object value)
        {
            if (value == null) return 1;
            if (!(value is Int16)) throw new ArgumentException("Object must be of type Int16.");
            return CompareTo((short)value);
        }

        public int CompareTo(short value) { return m_value - value; }

        public override bool Equals(object obj) { return obj is Int16 && ((short)obj) == m_value; }

        public bool Equals(short obj) { return m_value == obj; }

        public override int GetHashCode() { return (ushort)m_value | (m_value << 16); }

        public override string ToString() { return Number.FormatSigned(m_value, 16, null, null); }

        public string ToString(string format)
        {
            return Number.FormatSigned(m_value, 16, format, null);
        }

        public string ToString(IFormatProvider provider)
        {
            return Number.FormatSigned(m_value, 16, null, provider);
        }

        public string ToString(string format, IFormatProvider provider)
        {
            return Number.FormatSigned(m_value, 16, format, provider);
        }

        public static short Parse(string s) { return Parse(s, NumberStyles.Integer, null); }

        public static short Parse(string s, NumberStyles style) { return Parse(s, style, null); }

        public static short Parse(string s, IFormatProvider provider)
        {
            return Parse(s, NumberStyles.Integer, provider);
        }

        public static short Parse(string s, NumberStyles style, IFormatProvider provider)
        {
            return (short)Number.Signed(s, style, 16, MinValue, MaxValue, "Int16");
        }

        public static bool TryParse(string s, out short result)
        {
            return TryParse(s, NumberStyles.Integer, null, out result);
        }

        public static bool TryParse(string s, NumberStyles style, IFormatProvider provider,
            out short result)
        {
            long value;
            bool good = Number.TrySigned(s, style, 16, MinValue, MaxValue, out value);
            result = (short)value;
            return good;
        }

        public TypeCode GetTypeCode() { return TypeCode.Int16; }
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

    public struct Int32 : IComparable, IFormattable, IConvertible
    {
        public const int MinValue = -2147483648;
        public const int MaxValue = 2147483647;

        internal int m_value;

        public int CompareTo(object value)
        {
            if (value == null) return 1;
            if (!(value is Int32)) throw new ArgumentException("Object must be of type Int32.");
            return CompareTo((int)value);
        }

        public int CompareTo(int value) { return m_value < value ? -1 : m_value > value ? 1 : 0; }

        public override bool Equals(object obj) { return obj is Int32 && ((int)obj) == m_value; }

        public bool Equals(int obj) { return m_value == obj; }

        public override int GetHashCode() { return m_value; }

        public override string ToString() { return Number.FormatSigned(m_value, 32, null, null); }

        public string ToString(string format)
        {
            return Number.FormatSigned(m_value, 32, format, null);
        }

        public string ToString(IFormatProvider provider)
        {
            return Number.FormatSigned(m_value, 32, null, provider);
        }

        public string ToString(string format, IFormatProvider provider)
        {
            return Number.FormatSigned(m_value, 32, format, provider);
        }

        public static int Parse(string s) { return Parse(s, NumberStyles.Integer, null); }

        public static int Parse(string s, NumberStyles style) { return Parse(s, style, null); }

        public static int Parse(string s, IFormatProvider provider)
        {
            return Parse(s, NumberStyles.Integer, provider);
        }

        public static int Parse(string s, NumberStyles style, IFormatProvider provider)
        {
            return (int)Number.Signed(s, style, 32, MinValue, MaxValue, "Int32");
        }

        public static bool TryParse(string s, out int result)
        {
            return TryParse(s, NumberStyles.Integer, null, out result);
        }

        public static bool TryParse(string s, NumberStyles style, IFormatProvider provider,
            out int result)
        {
            long value;
            bool good = Number.TrySigned(s, style, 32, MinValue, MaxValue, out value);
            result = (int)value;
            return good;
        }

        public TypeCode GetTypeCode() { return TypeCode.Int32; }
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

    public struct Int64 : IComparable, IFormattable, IConvertible
    {
        public const long MinValue = -9223372036854775808;
        public const long MaxValue = 9223372036854775807;

        internal long m_value;

        public int CompareTo(object value)
        {
            if (value == null) return 1;
            if (!(value is Int64)) throw new ArgumentException("Object must be of type Int64.");
            return CompareTo((long)value);
        }

        public int CompareTo(long value) { return m_value < value ? -1 : m_value > value ? 1 : 0; }

        public override bool Equals(object obj) { return obj is Int64 && ((long)obj) == m_value; }

        public bool Equals(long obj) { return m_value == obj; }

        public override int GetHashCode() { return unchecked((int)m_value) ^ (int)(m_value >> 32); }

        public override string ToString() { return Number.FormatSigned(m_value, 64, null, null); }

        public string ToString(string format)
        {
            return Number.FormatSigned(m_value, 64, format, null);
        }

        public string ToString(IFormatProvider provider)
        {
            return Number.FormatSigned(m_value, 64, null, provider);
        }

        public string ToString(string format, IFormatProvider provider)
        {
            return Number.FormatSigned(m_value, 64, format, provider);
        }

        public static long Parse(string s) { return Parse(s, NumberStyles.Integer, null); }

        public static long Parse(string s, NumberStyles style) { return Parse(s, style, null); }

        public static long Parse(string s, IFormatProvider provider)
        {
            return Parse(s, NumberStyles.Integer, provider);
        }

        public static long Parse(string s, NumberStyles style, IFormatProvider provider)
        {
            return Number.Signed(s, style, 64, MinValue, MaxValue, "Int64");
        }

        public static bool TryParse(string s, out long result)
        {
            return TryParse(s, NumberStyles.Integer, null, out result);
        }

        public static bool TryParse(string s, NumberStyles style, IFormatProvider provider,
            out long result)
        {
            return Number.TrySigned(s, style, 64, MinValue, MaxValue, out result);
        }

        public TypeCode GetTypeCode() { return TypeCode.Int64; }
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
