using System.Runtime.CompilerServices;
using System.Text;

namespace System
{
    public abstract class Enum : ValueType, IComparable, IFormattable, IConvertible
    {
        // The value of a boxed enum, sign- or zero-extended as the underlying type is.
        static long ValueOf(object boxed)
        {
            Type type = boxed.GetType();
            TypeCode code = Type.GetTypeCode(type);
            // an enum's type code is that of its underlying type, and unboxing to that is what the
            // CLI allows
            if (code == TypeCode.Int32) return (int)boxed;
            if (code == TypeCode.UInt32) return (uint)boxed;
            if (code == TypeCode.Byte) return (byte)boxed;
            if (code == TypeCode.SByte) return (sbyte)boxed;
            if (code == TypeCode.Int16) return (short)boxed;
            if (code == TypeCode.UInt16) return (ushort)boxed;
            if (code == TypeCode.Int64) return (long)boxed;
            if (code == TypeCode.UInt64) return unchecked((long)(ulong)boxed);
            if (code == TypeCode.Boolean) return (bool)boxed ? 1 : 0;
            if (code == TypeCode.Char) return (char)boxed;
            throw new ArgumentException("The value is not an enum.");
        }

        static bool IsUnsigned(Type type)
        {
            TypeCode code = Type.GetTypeCode(type);
            return code == TypeCode.Byte || code == TypeCode.UInt16 || code == TypeCode.UInt32
                || code == TypeCode.UInt64 || code == TypeCode.Boolean || code == TypeCode.Char;
        }

        static int SizeOf(Type type)
        {
            TypeCode code = Type.GetTypeCode(type);
            if (code == TypeCode.Int64 || code == TypeCode.UInt64) return 8;
            if (code == TypeCode.Int32 || code == TypeCode.UInt32) return 4;
            return code == TypeCode.Byte || code == TypeCode.SByte || code == TypeCode.Boolean ? 1
                : 2;
        }

        public override bool Equals(object obj)
        {
            return obj != null && GetType() == obj.GetType() && ValueOf(this) == ValueOf(obj);
        }

        // The value as a boxed number of the underlying type.
        static IConvertible Number(object boxed)
        {
            long value = ValueOf(boxed);
            switch (Type.GetTypeCode(boxed.GetType()))
            {
                case TypeCode.SByte: return (sbyte)value;
                case TypeCode.Byte: return (byte)value;
                case TypeCode.Int16: return (short)value;
                case TypeCode.UInt16: return (ushort)value;
                case TypeCode.Int32: return (int)value;
                case TypeCode.UInt32: return (uint)value;
                case TypeCode.UInt64: return unchecked((ulong)value);
                case TypeCode.Boolean: return value != 0;
                case TypeCode.Char: return (char)value;
                default: return value;
            }
        }

        public override int GetHashCode() { return Number(this).GetHashCode(); }

        public int CompareTo(object target)
        {
            if (target == null) return 1;
            if (target.GetType() != GetType())
                throw new ArgumentException("Object must be the same type as the enum.");
            long a = ValueOf(this), b = ValueOf(target);
            if (IsUnsigned(GetType()))
                return unchecked((ulong)a < (ulong)b ? -1 : (ulong)a > (ulong)b ? 1 : 0);
            return a < b ? -1 : a > b ? 1 : 0;
        }

        public bool HasFlag(Enum flag)
        {
            if (flag == null) throw new ArgumentNullException("flag");
            if (flag.GetType() != GetType())
                throw new ArgumentException("The argument type, '" + flag.GetType()
                    + "', is not the same as the enum type '" + GetType() + "'.");
            long bits = ValueOf(flag);
            return (ValueOf(this) & bits) == bits;
        }

        public override string ToString() { return Text(GetType(), ValueOf(this)); }

        public string ToString(string format)
        {
            if (format == null || format.Length == 0 || format == "G" || format == "g")
                return ToString();
            Type type = GetType();
            if (format == "D" || format == "d") return Plain(type, ValueOf(this));
            if (format == "X" || format == "x")
            {
                int size = SizeOf(type);
                ulong raw = unchecked((ulong)ValueOf(this));
                if (size < 8) raw &= (1UL << (size * 8)) - 1;
                return raw.ToString(size == 8 ? "X16" : size == 4 ? "X8" : size == 2 ? "X4" : "X2");
            }
            if (format == "F" || format == "f") return Flags(type, ValueOf(this));
            throw new FormatException("Format String can be only \"G\", \"g\", \"X\", \"x\", "
                + "\"F\", \"f\", \"D\" or \"d\".");
        }

        public string ToString(string format, IFormatProvider provider) { return ToString(format); }

        public string ToString(IFormatProvider provider) { return ToString(); }

        public TypeCode GetTypeCode() { return Type.GetTypeCode(GetType()); }
        bool IConvertible.ToBoolean(IFormatProvider p) { return Number(this).ToBoolean(p); }
        char IConvertible.ToChar(IFormatProvider p) { return Number(this).ToChar(p); }
        sbyte IConvertible.ToSByte(IFormatProvider p) { return Number(this).ToSByte(p); }
        byte IConvertible.ToByte(IFormatProvider p) { return Number(this).ToByte(p); }
        short IConvertible.ToInt16(IFormatProvider p) { return Number(this).ToInt16(p); }
        ushort IConvertible.ToUInt16(IFormatProvider p) { return Number(this).ToUInt16(p); }
        int IConvertible.ToInt32(IFormatProvider p) { return Number(this).ToInt32(p); }
        uint IConvertible.ToUInt32(IFormatProvider p) { return Number(this).ToUInt32(p); }
        long IConvertible.ToInt64(IFormatProvider p) { return Number(this).ToInt64(p); }
        ulong IConvertible.ToUInt64(IFormatProvider p) { return Number(this).ToUInt64(p); }
        float IConvertible.ToSingle(IFormatProvider p) { return Number(this).ToSingle(p); }
        double IConvertible.ToDouble(IFormatProvider p) { return Number(this).ToDouble(p); }

        static string Plain(Type type, long value)
        {
            return IsUnsigned(type) ? unchecked((ulong)value).ToString() : value.ToString();
        }

        static string Text(Type type, long value)
        {
            if (RuntimeType.NativeHasAttribute(type.Handle, "System.FlagsAttribute"))
                return Flags(type, value);
            string name = NameOf(type, value);
            return name == null ? Plain(type, value) : name;
        }

        static string NameOf(Type type, long value)
        {
            int count = RuntimeType.NativeEnumCount(type.Handle);
            for (int i = 0; i < count; i++)
                if (RuntimeType.NativeEnumValue(type.Handle, i) == value)
                    return RuntimeType.NativeEnumName(type.Handle, i);
            return null;
        }

        // Names of the set bits, largest literal first taken, joined in ascending order.
        static string Flags(Type type, long value)
        {
            string[] names = GetNames(type);
            long[] values = SortedValues(type);
            ulong left = unchecked((ulong)value);
            if (left == 0) return values.Length > 0 && values[0] == 0 ? names[0] : "0";
            string text = null;
            for (int i = values.Length - 1; i >= 0; i--)
            {
                ulong bits = unchecked((ulong)values[i]);
                if (bits == 0) break;
                if ((left & bits) != bits) continue;
                left -= bits;
                text = text == null ? names[i] : names[i] + ", " + text;
            }
            return left != 0 ? Plain(type, value) : text;
        }

        // Literals are ordered by their unsigned value, as Enum.GetNames documents.
        static int[] Order(Type type)
        {
            int count = RuntimeType.NativeEnumCount(type.Handle);
            int[] order = new int[count];
            for (int i = 0; i < count; i++)
            {
                ulong value = unchecked((ulong)RuntimeType.NativeEnumValue(type.Handle, i));
                int at = i;
                while (at > 0 && unchecked((ulong)RuntimeType.NativeEnumValue(type.Handle,
                    order[at - 1])) > value)
                {
                    order[at] = order[at - 1];
                    at--;
                }
                order[at] = i;
            }
            return order;
        }

        static long[] SortedValues(Type type)
        {
            int[] order = Order(type);
            long[] values = new long[order.Length];
            for (int i = 0; i < order.Length; i++)
                values[i] = RuntimeType.NativeEnumValue(type.Handle, order[i]);
            return values;
        }

        static void CheckEnum(Type type)
        {
            if (type == null) throw new ArgumentNullException("enumType");
            if (!type.IsEnum)
                throw new ArgumentException("Type provided must be an Enum.", "enumType");
        }

        public static string[] GetNames(Type enumType)
        {
            CheckEnum(enumType);
            int[] order = Order(enumType);
            string[] names = new string[order.Length];
            for (int i = 0; i < order.Length; i++)
                names[i] = RuntimeType.NativeEnumName(enumType.Handle, order[i]);
            return names;
        }

        public static string GetName(Type enumType, object value)
        {
            if (enumType != null && value == null) throw new ArgumentNullException("value");
            CheckEnum(enumType);
            return NameOf(enumType, ValueOf(value));
        }

        public static bool IsDefined(Type enumType, object value)
        {
            if (enumType != null && value == null) throw new ArgumentNullException("value");
            CheckEnum(enumType);
            string name = value as string;
            if (name == null && value.GetType().IsEnum && value.GetType() != enumType)
                throw new ArgumentException("Object must be the same type as the enum. The type "
                    + "passed in was '" + value.GetType() + "'; the enum type was '" + enumType
                    + "'.");
            if (name == null && Type.GetTypeCode(value.GetType()) != Type.GetTypeCode(enumType))
                throw new ArgumentException("Enum underlying type and the object must be same type "
                    + "or object must be a String. Type passed in was '" + value.GetType()
                    + "'; the enum underlying type was 'System." + Type.GetTypeCode(enumType)
                    + "'.");
            if (name == null) return NameOf(enumType, ValueOf(value)) != null;
            string[] names = GetNames(enumType);
            for (int i = 0; i < names.Length; i++)
                if (names[i] == name) return true;
            return false;
        }
    }
}
