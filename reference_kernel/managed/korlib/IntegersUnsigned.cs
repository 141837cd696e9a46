// The unsigned integer types. Formatting and parsing are in Number.
using System.Globalization;

namespace System
{
    public struct Byte : IComparable, IFormattable, IConvertible
    {
        public const byte MinValue = 0;
        public const byte MaxValue = 255;

        internal byte m_value;

        public int CompareTo(object value)
        {
            if (value == null) return 1;
            if (!(value is Byte)) throw new ArgumentException("Object must be of type Byte.");
            return CompareTo((byte)value);
        }

        public int CompareTo(byte value) { return m_value - value; }

        public override bool Equals(object obj) { return obj is Byte && ((byte)obj) == m_value; }

        public bool Equals(byte obj) { return m_value == obj; }

        public override int GetHashCode() { return m_value; }

        public override string ToString() { return Number.FormatUnsigned(m_value, 8, null, null); }

        public string ToString(string format)
        {
            return Number.FormatUnsigned(m_value, 8, format, null);
        }

        public string ToString(IFormatProvider provider)
        {
            return Number.FormatUnsigned(m_value, 8, null, provider);
        }

        public string ToString(string format, IFormatProvider provider)
        {
            return Number.FormatUnsigned(m_value, 8, format, provider);
        }

        public static byte Parse(string s) { return Parse(s, NumberStyles.Integer, null); }

        public static byte Parse(string s, NumberStyles style) { return Parse(s, style, null); }

        public static byte Parse(string s, IFormatProvider provider)
        {
            return Parse(s, NumberStyles.Integer, provider);
        }

        public static byte Parse(string s, NumberStyles style, IFormatProvider provider)
        {
            return (byte)Number.Unsigned(s, style, 8, MaxValue, "Byte");
        }

        public static bool TryParse(string s, out byte result)
        {
            return TryParse(s, NumberStyles.Integer, null, out result);
        }

        public static bool TryParse(string s, NumberStyles style, IFormatProvider provider,
            out byte result)
        {
            ulong value;
            bool good = Number.TryUnsigned(s, style, 8, MaxValue, out value);
            result = (byte)value;
            return good;
        }

        public TypeCode GetTypeCode() { return TypeCode.Byte; }
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

    public struct UInt16 : IComparable, IFormattable, IConvertible
    {
        public const ushort MinValue = 0;
        public const ushort MaxValue = 65535;

        internal ushort m_value;

        public int CompareTo(object value)
        {
            if (value == null) return 1;
            if (!(value is UInt16)) throw new ArgumentException("Object must be of type UInt16.");
            return CompareTo((ushort)value);
        }

        public int CompareTo(ushort value) { return m_value - value; }

        public override bool Equals(object obj)
        {
            return obj is UInt16 && ((ushort)obj) == m_value;
        }

        public bool Equals(ushort obj) { return m_value == obj; }

        public override int GetHashCode() { return m_value; }

        public override string ToString() { return Number.FormatUnsigned(m_value, 16, null, null); }

        public string ToString(string format)
        {
            return Number.FormatUnsigned(m_value, 16, format, null);
        }

        public string ToString(IFormatProvider provider)
        {
            return Number.FormatUnsigned(m_value, 16, null, provider);
        }

        public string ToString(string format, IFormatProvider provider)
        {
            return Number.FormatUnsigned(m_value, 16, format, provider);
        }

        public static ushort Parse(string s) { return Parse(s, NumberStyles.Integer, null); }

        public static ushort Parse(string s, NumberStyles style) { return Parse(s, style, null); }

        public static ushort Parse(string s, IFormatProvider provider)
        {
            return Parse(s, NumberStyles.Integer, provider);
        }

        public static ushort Parse(string s, NumberStyles style, IFormatProvider provider)
        {
            return (ushort)Number.Unsigned(s, style, 16, MaxValue, "UInt16");
        }

        public static bool TryParse(string s, out ushort result)
        {
            return TryParse(s, NumberStyles.Integer, null, out result);
        }

        public static bool TryParse(string s, NumberStyles style, IFormatProvider provider,
            out ushort result)
        {
            ulong value;
            bool good = Number.TryUnsigned(s, style, 16, MaxValue, out value);
            result = (ushort)value;
            return good;
        }

        public TypeCode GetTypeCode() { return TypeCode.UInt16; }
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

    public struct UInt32 : IComparable, IFormattable, IConvertible
    {
        public const uint MinValue = 0;
        public const uint MaxValue = 4294967295;

        internal uint m_value;

        public int CompareTo(object value)
        {
            if (value == null) return 1;
            if (!(value is UInt32)) throw new ArgumentException("Object must be of type UInt32.");
            return CompareTo((uint)value);
        }

        public int CompareTo(uint value) { return m_value < value ? -1 : m_value > value ? 1 : 0; }

        public override bool Equals(object obj) { return obj is UInt32 && ((uint)obj) == m_value; }

        public bool Equals(uint obj) { return m_value == obj; }

        public override int GetHashCode() { return (int)m_value; }

        public override string ToString() { return Number.FormatUnsigned(m_value, 32, null, null); }

        public string ToString(string format)
        {
            return Number.FormatUnsigned(m_value, 32, format, null);
        }

        public string ToString(IFormatProvider provider)
        {
            return Number.FormatUnsigned(m_value, 32, null, provider);
        }

        public string ToString(string format, IFormatProvider provider)
        {
            return Number.FormatUnsigned(m_value, 32, format, provider);
        }

        public static uint Parse(string s) { return Parse(s, NumberStyles.Integer, null); }

        public static uint Parse(string s, NumberStyles style) { return Parse(s, style, null); }

        public static uint Parse(string s, IFormatProvider provider)
        {
            return Parse(s, NumberStyles.Integer, provider);
        }

        public static uint Parse(string s, NumberStyles style, IFormatProvider provider)
        {
            return (uint)Number.Unsigned(s, style, 32, MaxValue, "UInt32");
        }

        public static bool TryParse(string s, out uint result)
        {
            return TryParse(s, NumberStyles.Integer, null, out result);
        }

        public static bool TryParse(string s, NumberStyles style, IFormatProvider provider,
            out uint result)
        {
            ulong value;
            bool good = Number.TryUnsigned(s, style, 32, MaxValue, out value);
            result = (uint)value;
            return good;
        }

        public TypeCode GetTypeCode() { return TypeCode.UInt32; }
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

    public struct UInt64 : IComparable, IFormattable, IConvertible
    {
        public const ulong MinValue = 0;
        public const ulong MaxValue = 18446744073709551615;

        internal ulong m_value;

        public int CompareTo(object value)
        {
            if (value == null) return 1;
            if (!(value is UInt64)) throw new ArgumentException("Object must be of type UInt64.");
            return CompareTo((ulong)value);
        }

        public int CompareTo(ulong value) { return m_value < value ? -1 : m_value > value ? 1 : 0; }

        public override bool Equals(object obj) { return obj is UInt64 && ((ulong)obj) == m_value; }

        public bool Equals(ulong obj) { return m_value == obj; }

        public override int GetHashCode() { return unchecked((int)m_value) ^ (int)(m_value >> 32); }

        public override string ToString() { return Number.FormatUnsigned(m_value, 64, null, null); }

        public string ToString(string format)
        {
            return Number.FormatUnsigned(m_value, 64, format, null);
        }

        public string ToString(IFormatProvider provider)
        {
            return Number.FormatUnsigned(m_value, 64, null, provider);
        }

        public string ToString(string format, IFormatProvider provider)
        {
            return Number.FormatUnsigned(m_value, 64, format, provider);
        }

        public static ulong Parse(string s) { return Parse(s, NumberStyles.Integer, null); }

        public static ulong Parse(string s, NumberStyles style) { return Parse(s, style, null); }

        public static ulong Parse(string s, IFormatProvider provider)
        {
            return Parse(s, NumberStyles.Integer, provider);
        }

        public static ulong Parse(string s, NumberStyles style, IFormatProvider provider)
        {
            return Number.Unsigned(s, style, 64, MaxValue, "UInt64");
        }

        public static bool TryParse(string s, out ulong result)
        {
            return TryParse(s, NumberStyles.Integer, null, out result);
        }

        public static bool TryParse(string s, NumberStyles style, IFormatProvider provider,
            out ulong result)
        {
            return Number.TryUnsigned(s, style, 64, MaxValue, out result);
        }

        public TypeCode GetTypeCode() { return TypeCode.UInt64; }
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
