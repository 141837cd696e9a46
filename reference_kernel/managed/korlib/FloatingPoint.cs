// Double and Single. Digits and parsing are in Number.
using System.Globalization;

namespace System
{
    public struct Double : IComparable, IFormattable, IConvertible
    {
        public const double MinValue = -1.7976931348623157E+308;
        public const double MaxValue = 1.7976931348623157E+308;
        public const double Epsilon = 4.9406564584124654E-324;
        public const double NegativeInfinity = -1.0 / 0.0;
        public const double PositiveInfinity = 1.0 / 0.0;
        public const double NaN = 0.0 / 0.0;

        internal double m_value;

        public static bool IsNaN(double d)
        {
#pragma warning disable 1718
            return d != d;
#pragma warning restore 1718
        }

        public static bool IsInfinity(double d)
        {
            return d == PositiveInfinity || d == NegativeInfinity;
        }

        public static bool IsPositiveInfinity(double d) { return d == PositiveInfinity; }

        public static bool IsNegativeInfinity(double d) { return d == NegativeInfinity; }

        public int CompareTo(object value)
        {
            if (value == null) return 1;
            if (!(value is Double)) throw new ArgumentException("Object must be of type Double.");
            return CompareTo((double)value);
        }

        public int CompareTo(double value)
        {
            if (m_value < value) return -1;
            if (m_value > value) return 1;
            if (m_value == value) return 0;
            if (IsNaN(m_value)) return IsNaN(value) ? 0 : -1;
            return 1;
        }

        public override bool Equals(object obj) { return obj is Double && Equals((double)obj); }

        public bool Equals(double obj)
        {
            return m_value == obj || IsNaN(m_value) && IsNaN(obj);
        }

        public static bool operator ==(double left, double right) { return left == right; }

        public static bool operator !=(double left, double right) { return left != right; }

        public static bool operator <(double left, double right) { return left < right; }

        public static bool operator >(double left, double right) { return left > right; }

        public static bool operator <=(double left, double right) { return left <= right; }

        public static bool operator >=(double left, double right) { return left >= right; }

        public override unsafe int GetHashCode()
        {
            double value = m_value;
            long bits = *(long*)&value;
            // all NaNs and both zeros hash alike
            if (((bits - 1) & 0x7FFFFFFFFFFFFFFF) >= 0x7FF0000000000000) bits &= 0x7FF0000000000000;
            return unchecked((int)bits) ^ (int)(bits >> 32);
        }

        public override string ToString() { return Number.FormatDouble(m_value, null, null); }

        public string ToString(string format) { return Number.FormatDouble(m_value, format, null); }

        public string ToString(IFormatProvider provider)
        {
            return Number.FormatDouble(m_value, null, provider);
        }

        public string ToString(string format, IFormatProvider provider)
        {
            return Number.FormatDouble(m_value, format, provider);
        }

        const NumberStyles DefaultStyle = NumberStyles.Float | NumberStyles.AllowThousands;

        public static double Parse(string s) { return Parse(s, DefaultStyle, null); }

        public static double Parse(string s, NumberStyles style) { return Parse(s, style, null); }

        public static double Parse(string s, IFormatProvider provider)
        {
            return Parse(s, DefaultStyle, provider);
        }

        public static double Parse(string s, NumberStyles style, IFormatProvider provider)
        {
            double value;
            int status = Number.ParseDouble(s, style, out value);
            if (status != Number.ParseOk) Number.ThrowParse(s, status, "Double");
            return value;
        }

        public static bool TryParse(string s, out double result)
        {
            return TryParse(s, DefaultStyle, null, out result);
        }

        public static bool TryParse(string s, NumberStyles style, IFormatProvider provider,
            out double result)
        {
            bool ok = Number.ParseDouble(s, style, out result) == Number.ParseOk;
            if (!ok) result = 0;
            return ok;
        }

        public TypeCode GetTypeCode() { return TypeCode.Double; }
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

    public struct Single : IComparable, IFormattable, IConvertible
    {
        public const float MinValue = -3.40282346638528859e+38F;
        public const float MaxValue = 3.40282346638528859e+38F;
        public const float Epsilon = 1.4e-45F;
        public const float NegativeInfinity = -1.0F / 0.0F;
        public const float PositiveInfinity = 1.0F / 0.0F;
        public const float NaN = 0.0F / 0.0F;

        internal float m_value;

        public static bool IsNaN(float d)
        {
#pragma warning disable 1718
            return d != d;
#pragma warning restore 1718
        }

        public static bool IsInfinity(float d)
        {
            return d == PositiveInfinity || d == NegativeInfinity;
        }

        public static bool IsPositiveInfinity(float d) { return d == PositiveInfinity; }

        public static bool IsNegativeInfinity(float d) { return d == NegativeInfinity; }

        public int CompareTo(object value)
        {
            if (value == null) return 1;
            if (!(value is Single)) throw new ArgumentException("Object must be of type Single.");
            return CompareTo((float)value);
        }

        public int CompareTo(float value)
        {
            if (m_value < value) return -1;
            if (m_value > value) return 1;
            if (m_value == value) return 0;
            if (IsNaN(m_value)) return IsNaN(value) ? 0 : -1;
            return 1;
        }

        public override bool Equals(object obj) { return obj is Single && Equals((float)obj); }

        public bool Equals(float obj)
        {
            return m_value == obj || IsNaN(m_value) && IsNaN(obj);
        }

        public static bool operator ==(float left, float right) { return left == right; }

        public static bool operator !=(float left, float right) { return left != right; }

        public static bool operator <(float left, float right) { return left < right; }

        public static bool operator >(float left, float right) { return left > right; }

        public static bool operator <=(float left, float right) { return left <= right; }

        public static bool operator >=(float left, float right) { return left >= right; }

        public override unsafe int GetHashCode()
        {
            float value = m_value;
            int bits = *(int*)&value;
            if (((bits - 1) & 0x7FFFFFFF) >= 0x7F800000) bits &= 0x7F800000;
            return bits;
        }

        public override string ToString() { return Number.FormatSingle(m_value, null, null); }

        public string ToString(string format) { return Number.FormatSingle(m_value, format, null); }

        public string ToString(IFormatProvider provider)
        {
            return Number.FormatSingle(m_value, null, provider);
        }

        public string ToString(string format, IFormatProvider provider)
        {
            return Number.FormatSingle(m_value, format, provider);
        }

        const NumberStyles DefaultStyle = NumberStyles.Float | NumberStyles.AllowThousands;

        public static float Parse(string s) { return Parse(s, DefaultStyle, null); }

        public static float Parse(string s, NumberStyles style) { return Parse(s, style, null); }

        public static float Parse(string s, IFormatProvider provider)
        {
            return Parse(s, DefaultStyle, provider);
        }

        public static float Parse(string s, NumberStyles style, IFormatProvider provider)
        {
            float value;
            int status = Number.ParseSingle(s, style, out value);
            if (status != Number.ParseOk) Number.ThrowParse(s, status, "Single");
            return value;
        }

        public static bool TryParse(string s, out float result)
        {
            return TryParse(s, DefaultStyle, null, out result);
        }

        public static bool TryParse(string s, NumberStyles style, IFormatProvider provider,
            out float result)
        {
            bool ok = Number.ParseSingle(s, style, out result) == Number.ParseOk;
            if (!ok) result = 0;
            return ok;
        }

        public TypeCode GetTypeCode() { return TypeCode.Single; }
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
