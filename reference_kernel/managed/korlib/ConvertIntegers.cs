// Conversions between the primitive types: range-checked, rounding half to even from floating
// point.
using System.Globalization;

namespace System
{
    public interface IConvertible
    {
        TypeCode GetTypeCode();
        bool ToBoolean(IFormatProvider provider);
        char ToChar(IFormatProvider provider);
        sbyte ToSByte(IFormatProvider provider);
        byte ToByte(IFormatProvider provider);
        short ToInt16(IFormatProvider provider);
        ushort ToUInt16(IFormatProvider provider);
        int ToInt32(IFormatProvider provider);
        uint ToUInt32(IFormatProvider provider);
        long ToInt64(IFormatProvider provider);
        ulong ToUInt64(IFormatProvider provider);
        float ToSingle(IFormatProvider provider);
        double ToDouble(IFormatProvider provider);
        string ToString(IFormatProvider provider);
    }

    public static partial class Convert
    {
        public static sbyte ToSByte(sbyte value) { return value; }
        public static sbyte ToSByte(byte value) { return (sbyte)InRange(value, Range.SByte); }
        public static sbyte ToSByte(short value) { return (sbyte)InRange(value, Range.SByte); }
        public static sbyte ToSByte(ushort value) { return (sbyte)InRange(value, Range.SByte); }
        public static sbyte ToSByte(int value) { return (sbyte)InRange(value, Range.SByte); }
        public static sbyte ToSByte(uint value) { return (sbyte)InRange(value, Range.SByte); }
        public static sbyte ToSByte(long value) { return (sbyte)InRange(value, Range.SByte); }
        public static sbyte ToSByte(ulong value)
        {
            if (value > (ulong)SByte.MaxValue) throw TooLarge(Range.SByte);
            return (sbyte)value;
        }
        public static sbyte ToSByte(char value) { return (sbyte)InRange(value, Range.SByte); }
        public static sbyte ToSByte(bool value) { return value ? (sbyte)1 : (sbyte)0; }
        public static sbyte ToSByte(double value) { return ToSByte(ToInt32(value)); }
        public static sbyte ToSByte(float value) { return ToSByte((double)value); }
        public static sbyte ToSByte(string value)
        {
            return value == null ? (sbyte)0 : SByte.Parse(value);
        }
        public static sbyte ToSByte(string value, IFormatProvider provider)
        {
            return SByte.Parse(value, provider);
        }
        public static sbyte ToSByte(string value, int fromBase)
        {
            return unchecked((sbyte)ParseBase(value, fromBase, 8, true));
        }

        public static sbyte ToSByte(object value)
        {
            return value == null ? (sbyte)0 : ((IConvertible)value).ToSByte(null);
        }

        public static sbyte ToSByte(object value, IFormatProvider provider)
        {
            return ToSByte(value);
        }

        public static byte ToByte(sbyte value) { return (byte)InRange(value, Range.Byte); }
        public static byte ToByte(byte value) { return value; }
        public static byte ToByte(short value) { return (byte)InRange(value, Range.Byte); }
        public static byte ToByte(ushort value) { return (byte)InRange(value, Range.Byte); }
        public static byte ToByte(int value) { return (byte)InRange(value, Range.Byte); }
        public static byte ToByte(uint value) { return (byte)InRange(value, Range.Byte); }
        public static byte ToByte(long value) { return (byte)InRange(value, Range.Byte); }
        public static byte ToByte(ulong value)
        {
            if (value > Byte.MaxValue) throw TooLarge(Range.Byte);
            return (byte)value;
        }
        public static byte ToByte(char value) { return (byte)InRange(value, Range.Byte); }
        public static byte ToByte(bool value) { return value ? (byte)1 : (byte)0; }
        public static byte ToByte(double value) { return ToByte(ToInt32(value)); }
        public static byte ToByte(float value) { return ToByte((double)value); }
        public static byte ToByte(string value)
        {
            return value == null ? (byte)0 : Byte.Parse(value);
        }
        public static byte ToByte(string value, IFormatProvider provider) { return ToByte(value); }
        public static byte ToByte(string value, int fromBase)
        {
            return unchecked((byte)ParseBase(value, fromBase, 8, false));
        }

        public static byte ToByte(object value)
        {
            return value == null ? (byte)0 : ((IConvertible)value).ToByte(null);
        }

        public static byte ToByte(object value, IFormatProvider provider) { return ToByte(value); }

        public static short ToInt16(sbyte value) { return value; }
        public static short ToInt16(byte value) { return value; }
        public static short ToInt16(short value) { return value; }
        public static short ToInt16(ushort value) { return (short)InRange(value, Range.Int16); }
        public static short ToInt16(int value) { return (short)InRange(value, Range.Int16); }
        public static short ToInt16(uint value) { return (short)InRange(value, Range.Int16); }
        public static short ToInt16(long value) { return (short)InRange(value, Range.Int16); }
        public static short ToInt16(ulong value)
        {
            if (value > (ulong)Int16.MaxValue) throw TooLarge(Range.Int16);
            return (short)value;
        }
        public static short ToInt16(char value) { return (short)InRange(value, Range.Int16); }
        public static short ToInt16(bool value) { return value ? (short)1 : (short)0; }
        public static short ToInt16(double value) { return ToInt16(ToInt32(value)); }
        public static short ToInt16(float value) { return ToInt16((double)value); }
        public static short ToInt16(string value)
        {
            return value == null ? (short)0 : Int16.Parse(value);
        }
        public static short ToInt16(string value, IFormatProvider provider)
        {
            return ToInt16(value);
        }
        public static short ToInt16(string value, int fromBase)
        {
            return unchecked((short)ParseBase(value, fromBase, 16, true));
        }

        public static short ToInt16(object value)
        {
            return value == null ? (short)0 : ((IConvertible)value).ToInt16(null);
        }

        public static short ToInt16(object value, IFormatProvider provider)
        {
            return ToInt16(value);
        }

        public static ushort ToUInt16(sbyte value) { return (ushort)InRange(value, Range.UInt16); }
        public static ushort ToUInt16(byte value) { return value; }
        public static ushort ToUInt16(short value) { return (ushort)InRange(value, Range.UInt16); }
        public static ushort ToUInt16(ushort value) { return value; }
        public static ushort ToUInt16(int value) { return (ushort)InRange(value, Range.UInt16); }
        public static ushort ToUInt16(uint value) { return (ushort)InRange(value, Range.UInt16); }
        public static ushort ToUInt16(long value) { return (ushort)InRange(value, Range.UInt16); }
        public static ushort ToUInt16(ulong value)
        {
            if (value > UInt16.MaxValue) throw TooLarge(Range.UInt16);
            return (ushort)value;
        }
        public static ushort ToUInt16(char value) { return value; }
        public static ushort ToUInt16(bool value) { return value ? (ushort)1 : (ushort)0; }
        public static ushort ToUInt16(double value) { return ToUInt16(ToInt32(value)); }
        public static ushort ToUInt16(float value) { return ToUInt16((double)value); }
        public static ushort ToUInt16(string value)
        {
            return value == null ? (ushort)0 : UInt16.Parse(value);
        }
        public static ushort ToUInt16(string value, IFormatProvider provider)
        {
            return ToUInt16(value);
        }
        public static ushort ToUInt16(string value, int fromBase)
        {
            return unchecked((ushort)ParseBase(value, fromBase, 16, false));
        }

        public static ushort ToUInt16(object value)
        {
            return value == null ? (ushort)0 : ((IConvertible)value).ToUInt16(null);
        }

        public static ushort ToUInt16(object value, IFormatProvider provider)
        {
            return ToUInt16(value);
        }

        public static int ToInt32(sbyte value) { return value; }
        public static int ToInt32(byte value) { return value; }
        public static int ToInt32(short value) { return value; }
        public static int ToInt32(ushort value) { return value; }
        public static int ToInt32(int value) { return value; }
        public static int ToInt32(uint value) { return (int)InRange(value, Range.Int32); }
        public static int ToInt32(long value) { return (int)InRange(value, Range.Int32); }
        public static int ToInt32(ulong value)
        {
            if (value > Int32.MaxValue) throw TooLarge(Range.Int32);
            return (int)value;
        }
        public static int ToInt32(char value) { return value; }
        public static int ToInt32(bool value) { return value ? (int)1 : (int)0; }
        public static int ToInt32(double value)
        {
            double whole = Math.Round(value);
            if (!(whole >= Int32.MinValue && whole <= Int32.MaxValue)) throw TooLarge(Range.Int32);
            return (int)whole;
        }
        public static int ToInt32(float value) { return ToInt32((double)value); }
        public static int ToInt32(string value)
        {
            return value == null ? (int)0 : Int32.Parse(value);
        }
        public static int ToInt32(string value, IFormatProvider provider) { return ToInt32(value); }
        public static int ToInt32(string value, int fromBase)
        {
            return unchecked((int)ParseBase(value, fromBase, 32, true));
        }

        public static int ToInt32(object value)
        {
            return value == null ? (int)0 : ((IConvertible)value).ToInt32(null);
        }

        public static int ToInt32(object value, IFormatProvider provider) { return ToInt32(value); }

        public static uint ToUInt32(sbyte value) { return (uint)InRange(value, Range.UInt32); }
        public static uint ToUInt32(byte value) { return value; }
        public static uint ToUInt32(short value) { return (uint)InRange(value, Range.UInt32); }
        public static uint ToUInt32(ushort value) { return value; }
        public static uint ToUInt32(int value) { return (uint)InRange(value, Range.UInt32); }
        public static uint ToUInt32(uint value) { return value; }
        public static uint ToUInt32(long value) { return (uint)InRange(value, Range.UInt32); }
        public static uint ToUInt32(ulong value)
        {
            if (value > UInt32.MaxValue) throw TooLarge(Range.UInt32);
            return (uint)value;
        }
        public static uint ToUInt32(char value) { return value; }
        public static uint ToUInt32(bool value) { return value ? (uint)1 : (uint)0; }
        public static uint ToUInt32(double value)
        {
            double whole = Math.Round(value);
            if (!(whole >= 0 && whole <= UInt32.MaxValue)) throw TooLarge(Range.UInt32);
            return (uint)whole;
        }
        public static uint ToUInt32(float value) { return ToUInt32((double)value); }
        public static uint ToUInt32(string value)
        {
            return value == null ? (uint)0 : UInt32.Parse(value);
        }
        public static uint ToUInt32(string value, IFormatProvider provider)
        {
            return ToUInt32(value);
        }
        public static uint ToUInt32(string value, int fromBase)
        {
            return unchecked((uint)ParseBase(value, fromBase, 32, false));
        }

        public static uint ToUInt32(object value)
        {
            return value == null ? (uint)0 : ((IConvertible)value).ToUInt32(null);
        }

        public static uint ToUInt32(object value, IFormatProvider provider)
        {
            return ToUInt32(value);
        }

        public static long ToInt64(sbyte value) { return value; }
        public static long ToInt64(byte value) { return value; }
        public static long ToInt64(short value) { return value; }
        public static long ToInt64(ushort value) { return value; }
        public static long ToInt64(int value) { return value; }
        public static long ToInt64(uint value) { return value; }
        public static long ToInt64(long value) { return value; }
        public static long ToInt64(ulong value)
        {
            if (value > Int64.MaxValue) throw TooLarge(Range.Int64);
            return (long)value;
        }
        public static long ToInt64(char value) { return value; }
        public static long ToInt64(bool value) { return value ? (long)1 : (long)0; }
        public static long ToInt64(double value) { return checked((long)Math.Round(value)); }
        public static long ToInt64(float value) { return ToInt64((double)value); }
        public static long ToInt64(string value)
        {
            return value == null ? (long)0 : Int64.Parse(value);
        }
        public static long ToInt64(string value, IFormatProvider provider)
        {
            return ToInt64(value);
        }
        public static long ToInt64(string value, int fromBase)
        {
            return unchecked((long)ParseBase(value, fromBase, 64, true));
        }

        public static long ToInt64(object value)
        {
            return value == null ? (long)0 : ((IConvertible)value).ToInt64(null);
        }

        public static long ToInt64(object value, IFormatProvider provider)
        {
            return ToInt64(value);
        }

        public static ulong ToUInt64(sbyte value) { return (ulong)InRange(value, Range.UInt64); }
        public static ulong ToUInt64(byte value) { return value; }
        public static ulong ToUInt64(short value) { return (ulong)InRange(value, Range.UInt64); }
        public static ulong ToUInt64(ushort value) { return value; }
        public static ulong ToUInt64(int value) { return (ulong)InRange(value, Range.UInt64); }
        public static ulong ToUInt64(uint value) { return value; }
        public static ulong ToUInt64(long value) { return (ulong)InRange(value, Range.UInt64); }
        public static ulong ToUInt64(ulong value) { return value; }
        public static ulong ToUInt64(char value) { return value; }
        public static ulong ToUInt64(bool value) { return value ? (ulong)1 : (ulong)0; }
        public static ulong ToUInt64(double value) { return checked((ulong)Math.Round(value)); }
        public static ulong ToUInt64(float value) { return ToUInt64((double)value); }
        public static ulong ToUInt64(string value)
        {
            return value == null ? (ulong)0 : UInt64.Parse(value);
        }
        public static ulong ToUInt64(string value, IFormatProvider provider)
        {
            return ToUInt64(value);
        }
        public static ulong ToUInt64(string value, int fromBase)
        {
            return unchecked((ulong)ParseBase(value, fromBase, 64, false));
        }

        public static ulong ToUInt64(object value)
        {
            return value == null ? (ulong)0 : ((IConvertible)value).ToUInt64(null);
        }

        public static ulong ToUInt64(object value, IFormatProvider provider)
        {
            return ToUInt64(value);
        }

    }
}
