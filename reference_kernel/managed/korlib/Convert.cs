// Conversions to Boolean, Char, floating point and String, numbers in other bases, Base64.
using System.Globalization;

namespace System
{
    public static partial class Convert
    {
        public static bool ToBoolean(sbyte value) { return value != 0; }
        public static bool ToBoolean(byte value) { return value != 0; }
        public static bool ToBoolean(short value) { return value != 0; }
        public static bool ToBoolean(ushort value) { return value != 0; }
        public static bool ToBoolean(int value) { return value != 0; }
        public static bool ToBoolean(uint value) { return value != 0; }
        public static bool ToBoolean(long value) { return value != 0; }
        public static bool ToBoolean(ulong value) { return value != 0; }
        public static bool ToBoolean(double value) { return value != 0; }
        public static bool ToBoolean(float value) { return value != 0; }
        public static bool ToBoolean(bool value) { return value; }
        public static bool ToBoolean(char value) { throw Invalid("Char", "Boolean"); }
        public static bool ToBoolean(string value) { return value != null && Boolean.Parse(value); }
        public static bool ToBoolean(object value)
        {
            return value != null && ((IConvertible)value).ToBoolean(null);
        }

        public static char ToChar(sbyte value) { return (char)InRange(value, Range.Char); }
        public static char ToChar(byte value) { return (char)value; }
        public static char ToChar(short value) { return (char)InRange(value, Range.Char); }
        public static char ToChar(ushort value) { return (char)value; }
        public static char ToChar(int value) { return (char)InRange(value, Range.Char); }
        public static char ToChar(uint value) { return (char)InRange(value, Range.Char); }
        public static char ToChar(long value) { return (char)InRange(value, Range.Char); }
        public static char ToChar(ulong value)
        {
            if (value > Char.MaxValue) throw TooLarge(Range.Char);
            return (char)value;
        }
        public static char ToChar(char value) { return value; }
        public static char ToChar(bool value) { throw Invalid("Boolean", "Char"); }
        public static char ToChar(double value) { throw Invalid("Double", "Char"); }
        public static char ToChar(float value) { throw Invalid("Single", "Char"); }
        public static char ToChar(string value) { return Char.Parse(value); }
        public static char ToChar(object value)
        {
            return value == null ? '\0' : ((IConvertible)value).ToChar(null);
        }

        public static double ToDouble(sbyte value) { return (double)value; }
        public static double ToDouble(byte value) { return (double)value; }
        public static double ToDouble(short value) { return (double)value; }
        public static double ToDouble(ushort value) { return (double)value; }
        public static double ToDouble(int value) { return (double)value; }
        public static double ToDouble(uint value) { return (double)value; }
        public static double ToDouble(long value) { return (double)value; }
        public static double ToDouble(ulong value) { return (double)value; }
        public static double ToDouble(double value) { return (double)value; }
        public static double ToDouble(float value) { return (double)value; }
        public static double ToDouble(bool value) { return value ? 1 : 0; }
        public static double ToDouble(char value) { throw Invalid("Char", "Double"); }
        public static double ToDouble(string value)
        {
            return value == null ? 0 : Double.Parse(value);
        }
        public static double ToDouble(string value, IFormatProvider provider)
        {
            return ToDouble(value);
        }
        public static double ToDouble(object value)
        {
            return value == null ? 0 : ((IConvertible)value).ToDouble(null);
        }

        public static float ToSingle(sbyte value) { return (float)value; }
        public static float ToSingle(byte value) { return (float)value; }
        public static float ToSingle(short value) { return (float)value; }
        public static float ToSingle(ushort value) { return (float)value; }
        public static float ToSingle(int value) { return (float)value; }
        public static float ToSingle(uint value) { return (float)value; }
        public static float ToSingle(long value) { return (float)value; }
        public static float ToSingle(ulong value) { return (float)value; }
        public static float ToSingle(double value) { return (float)value; }
        public static float ToSingle(float value) { return (float)value; }
        public static float ToSingle(bool value) { return value ? 1 : 0; }
        public static float ToSingle(char value) { throw Invalid("Char", "Single"); }
        public static float ToSingle(string value)
        {
            return value == null ? 0 : Single.Parse(value);
        }
        public static float ToSingle(string value, IFormatProvider provider)
        {
            return ToSingle(value);
        }
        public static float ToSingle(object value)
        {
            return value == null ? 0 : ((IConvertible)value).ToSingle(null);
        }

        public static string ToString(sbyte value) { return value.ToString(); }
        public static string ToString(sbyte value, IFormatProvider provider)
        {
            return value.ToString();
        }
        public static string ToString(byte value) { return value.ToString(); }
        public static string ToString(byte value, IFormatProvider provider)
        {
            return value.ToString();
        }
        public static string ToString(short value) { return value.ToString(); }
        public static string ToString(short value, IFormatProvider provider)
        {
            return value.ToString();
        }
        public static string ToString(ushort value) { return value.ToString(); }
        public static string ToString(ushort value, IFormatProvider provider)
        {
            return value.ToString();
        }
        public static string ToString(int value) { return value.ToString(); }
        public static string ToString(int value, IFormatProvider provider)
        {
            return value.ToString();
        }
        public static string ToString(uint value) { return value.ToString(); }
        public static string ToString(uint value, IFormatProvider provider)
        {
            return value.ToString();
        }
        public static string ToString(long value) { return value.ToString(); }
        public static string ToString(long value, IFormatProvider provider)
        {
            return value.ToString();
        }
        public static string ToString(ulong value) { return value.ToString(); }
        public static string ToString(ulong value, IFormatProvider provider)
        {
            return value.ToString();
        }
        public static string ToString(double value) { return value.ToString(); }
        public static string ToString(double value, IFormatProvider provider)
        {
            return value.ToString();
        }
        public static string ToString(float value) { return value.ToString(); }
        public static string ToString(float value, IFormatProvider provider)
        {
            return value.ToString();
        }
        public static string ToString(bool value) { return value.ToString(); }
        public static string ToString(bool value, IFormatProvider provider)
        {
            return value.ToString();
        }
        public static string ToString(char value) { return value.ToString(); }
        public static string ToString(char value, IFormatProvider provider)
        {
            return value.ToString();
        }
        public static string ToString(byte value, int toBase)
        {
            return toBase == 10 ? value.ToString() : FormatBase(unchecked(value), toBase);
        }

        public static string ToString(short value, int toBase)
        {
            return toBase == 10 ? value.ToString() : FormatBase(unchecked((ushort)value), toBase);
        }

        public static string ToString(int value, int toBase)
        {
            return toBase == 10 ? value.ToString() : FormatBase(unchecked((uint)value), toBase);
        }

        public static string ToString(long value, int toBase)
        {
            return toBase == 10 ? value.ToString() : FormatBase(unchecked((ulong)value), toBase);
        }

        public static string ToString(string value) { return value; }

        public static string ToString(object value)
        {
            return value == null ? String.Empty : value.ToString();
        }

        public static string ToString(object value, IFormatProvider provider)
        {
            return ToString(value);
        }

        static InvalidCastException Invalid(string from, string to)
        {
            return new InvalidCastException("Invalid cast from '" + from + "' to '" + to + "'.");
        }

        static string FormatBase(ulong value, int toBase)
        {
            int shift;
            if (toBase == 2) shift = 1;
            else if (toBase == 8) shift = 3;
            else if (toBase == 16) shift = 4;
            else throw new ArgumentException("Invalid Base.");
            char[] digits = new char[64];
            int at = 64;
            do
            {
                int digit = (int)(value & (ulong)((1 << shift) - 1));
                digits[--at] = (char)(digit < 10 ? '0' + digit : 'a' + digit - 10);
                value >>= shift;
            } while (value != 0);
            return new string(digits, at, 64 - at);
        }

        static long ParseBase(string s, int fromBase, int bits, bool signed)
        {
            if (fromBase != 2 && fromBase != 8 && fromBase != 10 && fromBase != 16)
                throw new ArgumentException("Invalid Base.");
            if (s == null) return 0;
            if (s.Length == 0)
                throw new ArgumentOutOfRangeException("startIndex",
                    "Index was out of range. Must be non-negative and less than the size of the "
                    + "collection.");
            if (fromBase == 10)
            {
                long least = bits == 64 ? Int64.MinValue : -(1L << (bits - 1));
                string name = bits == 8 ? signed ? "SByte" : "Byte"
                    : (signed ? "Int" : "UInt") + bits;
                if (signed)
                    return Number.Signed(s, NumberStyles.Integer, bits, least, ~least, name);
                return unchecked((long)Number.Unsigned(s, NumberStyles.Integer, bits,
                    bits == 64 ? UInt64.MaxValue : (1UL << bits) - 1, name));
            }
            if (s[0] == '-')
                throw new ArgumentException("String cannot contain a minus sign if the base is not "
                    + "10.");
            int at = s[0] == '+' ? 1 : 0;
            if (fromBase == 16 && s.Length > at + 2 && s[at] == '0'
                && (s[at + 1] == 'x' || s[at + 1] == 'X'))
                at += 2;
            ulong limit = bits == 64 ? UInt64.MaxValue : (1UL << bits) - 1;
            ulong value = 0;
            for (; at < s.Length; at++)
            {
                char c = s[at];
                int digit = c >= '0' && c <= '9' ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
                if (digit >= fromBase)
                    throw new FormatException("Could not find any recognizable digits.");
                if (value > (limit - (ulong)digit) / (ulong)fromBase)
                    throw new OverflowException("Value was either too large or too small.");
                value = value * (ulong)fromBase + (ulong)digit;
            }
            if (signed && bits < 64 && (value & (1UL << (bits - 1))) != 0) value |= ~limit;
            return unchecked((long)value);
        }
    }
}
