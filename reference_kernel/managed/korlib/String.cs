// String: core, construction, comparison. Searching and editing are in StringOps.cs.
using System.Collections;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace System
{
    public enum StringComparison
    {
        CurrentCulture = 0, CurrentCultureIgnoreCase = 1, InvariantCulture = 2,
        InvariantCultureIgnoreCase = 3, Ordinal = 4, OrdinalIgnoreCase = 5
    }

    [Flags]
    public enum StringSplitOptions { None = 0, RemoveEmptyEntries = 1 }

    public sealed partial class String : IComparable, ICloneable, IEnumerable, IConvertible
    {
        // the runtime and FastAllocate write these
#pragma warning disable 649
        int _length;
        internal char _firstChar;
#pragma warning restore 649

        public static readonly string Empty = "";

        // newobj of these calls the static Ctor with the same parameters (EXPORTS.md).
        [MethodImpl(MethodImplOptions.InternalCall)]
        public extern String(char c, int count);
        [MethodImpl(MethodImplOptions.InternalCall)]
        public extern String(char[] value);
        [MethodImpl(MethodImplOptions.InternalCall)]
        public extern String(char[] value, int startIndex, int length);
        [MethodImpl(MethodImplOptions.InternalCall)]
        public extern unsafe String(char* value);
        [MethodImpl(MethodImplOptions.InternalCall)]
        public extern unsafe String(char* value, int startIndex, int length);
        [MethodImpl(MethodImplOptions.InternalCall)]
        public extern unsafe String(sbyte* value);
        [MethodImpl(MethodImplOptions.InternalCall)]
        public extern unsafe String(sbyte* value, int startIndex, int length);

        static unsafe string Ctor(char c, int count)
        {
            if (count < 0)
                throw new ArgumentOutOfRangeException("count", "'count' must be non-negative.");
            if (count == 0) return Empty;
            string result = FastAllocate(count);
            fixed (char* to = &result._firstChar)
                for (int i = 0; i < count; i++) to[i] = c;
            return result;
        }

        static string Ctor(char[] value)
        {
            return value == null ? Empty : Ctor(value, 0, value.Length);
        }

        static unsafe string Ctor(char[] value, int startIndex, int length)
        {
            if (value == null) throw new ArgumentNullException("value");
            if (startIndex < 0)
                throw new ArgumentOutOfRangeException("startIndex",
                    "StartIndex cannot be less than zero.");
            if (length < 0)
                throw new ArgumentOutOfRangeException("length", "Length cannot be less than zero.");
            if (startIndex > value.Length - length)
                throw new ArgumentOutOfRangeException("startIndex",
                    "Index was out of range. Must be non-negative and less than the size of the "
                    + "collection.");
            if (length == 0) return Empty;
            string result = FastAllocate(length);
            fixed (char* to = &result._firstChar)
            fixed (char* from = &value[startIndex])
                Copy(to, from, length);
            return result;
        }

        static unsafe string Ctor(char* value)
        {
            if (value == null) return Empty;
            int length = 0;
            while (value[length] != '\0') length++;
            return Ctor(value, 0, length);
        }

        static unsafe string Ctor(char* value, int startIndex, int length)
        {
            if (length < 0)
                throw new ArgumentOutOfRangeException("length", "Length cannot be less than zero.");
            if (length == 0) return Empty;
            if (value == null) throw new ArgumentNullException("value");
            string result = FastAllocate(length);
            fixed (char* to = &result._firstChar) Copy(to, value + startIndex, length);
            return result;
        }

        static unsafe string Ctor(sbyte* value)
        {
            if (value == null) return Empty;
            int length = 0;
            while (value[length] != 0) length++;
            return Ctor(value, 0, length);
        }

        static unsafe string Ctor(sbyte* value, int startIndex, int length)
        {
            if (length == 0) return Empty;
            if (value == null) throw new ArgumentNullException("value");
            return System.Text.Encoding.UTF8.GetString((byte*)value + startIndex, length);
        }

        internal static unsafe void Copy(char* to, char* from, int count)
        {
            Buffer.Memmove(to, from, (ulong)count * 2);
        }

        public int Length { get { return _length; } }

        [IndexerName("Chars")]
        public unsafe char this[int index]
        {
            get
            {
                if ((uint)index >= (uint)_length) throw new IndexOutOfRangeException();
                fixed (char* first = &_firstChar) return first[index];
            }
        }

        [MethodImpl(MethodImplOptions.InternalCall)]
        internal static extern string FastAllocate(int length);

        [MethodImpl(MethodImplOptions.InternalCall)]
        public static extern string Intern(string str);

        [MethodImpl(MethodImplOptions.InternalCall)]
        public static extern string IsInterned(string str);

        public object Clone() { return this; }

        public static unsafe string Copy(string str)
        {
            if (str == null) throw new ArgumentNullException("str");
            fixed (char* from = &str._firstChar) return Ctor(from, 0, str._length);
        }

        public override string ToString() { return this; }

        public string ToString(IFormatProvider provider) { return this; }

        public TypeCode GetTypeCode() { return TypeCode.String; }

        // ---- equality and order ----

        public override bool Equals(object obj)
        {
            return obj is string && EqualsCore(this, (string)obj);
        }

        public bool Equals(string value)
        {
            return (object)value != null && EqualsCore(this, value);
        }

        public static bool Equals(string a, string b)
        {
            if ((object)a == (object)b) return true;
            return (object)a != null && (object)b != null && EqualsCore(a, b);
        }

        static unsafe bool EqualsCore(string a, string b)
        {
            if ((object)a == (object)b) return true;
            if (a._length != b._length) return false;
            fixed (char* x = &a._firstChar)
            fixed (char* y = &b._firstChar)
                for (int i = 0; i < a._length; i++)
                    if (x[i] != y[i]) return false;
            return true;
        }

        public bool Equals(string value, StringComparison comparisonType)
        {
            return (object)value != null && Compare(this, value, comparisonType) == 0;
        }

        public static bool Equals(string a, string b, StringComparison comparisonType)
        {
            if ((object)a == null || (object)b == null) return (object)a == (object)b;
            return Compare(a, b, comparisonType) == 0;
        }

        public static bool operator ==(string a, string b) { return Equals(a, b); }

        public static bool operator !=(string a, string b) { return !Equals(a, b); }

        // Marvin32 with the seed that mono 6.8 uses, so that hash tables enumerate in the same
        // order.
        public override unsafe int GetHashCode()
        {
            uint p0 = 0xC47310, p1 = 0;
            int count = _length;
            fixed (char* first = &_firstChar)
            {
                char* at = first;
                for (; count >= 2; count -= 2)
                {
                    p0 += *at | ((uint)at[1] << 16);
                    at += 2;
                    Mix(ref p0, ref p1);
                }
                p0 += count == 0 ? 0x80u : 0x800000u | *at;
            }
            Mix(ref p0, ref p1);
            Mix(ref p0, ref p1);
            return unchecked((int)(p0 ^ p1));
        }

        static void Mix(ref uint p0, ref uint p1)
        {
            uint a = p0, b = p1;
            b ^= a;
            a = (a << 20) | (a >> 12);
            a += b;
            b = (b << 9) | (b >> 23);
            b ^= a;
            a = (a << 27) | (a >> 5);
            a += b;
            b = (b << 19) | (b >> 13);
            p0 = a;
            p1 = b;
        }

        public static unsafe int CompareOrdinal(string strA, string strB)
        {
            if ((object)strA == (object)strB) return 0;
            if ((object)strA == null) return -1;
            if ((object)strB == null) return 1;
            if (strA._firstChar != strB._firstChar)
                return strA._firstChar - strB._firstChar;       // an empty string's is 0
            // In pairs, as in .NET Framework: where one ends in a pair's middle, its 0 is compared.
            int shorter = strA._length < strB._length ? strA._length : strB._length;
            int end = shorter < 2 ? 2 : shorter + shorter % 2;
            fixed (char* x = &strA._firstChar)
            fixed (char* y = &strB._firstChar)
                for (int i = 0; i < end && i <= shorter; i++)
                    if (x[i] != y[i]) return x[i] - y[i];
            return strA._length - strB._length;
        }

        public static int CompareOrdinal(string strA, int indexA, string strB, int indexB,
            int length)
        {
            if ((object)strA == null || (object)strB == null) return CompareOrdinal(strA, strB);
            return CompareSpan(strA.Part(indexA, length), strB.Part(indexB, length));
        }

        static int CompareSpan(string a, string b)
        {
            for (int i = 0; i < a._length && i < b._length; i++)
                if (a[i] != b[i]) return a[i] - b[i];
            return a._length - b._length;
        }

        string Part(int index, int length)
        {
            return Substring(index, length > _length - index ? _length - index : length);
        }

        public int CompareTo(object value)
        {
            if (value == null) return 1;
            if (!(value is string)) throw new ArgumentException("Object must be of type String.");
            return Compare(this, (string)value);
        }

        public int CompareTo(string strB) { return Compare(this, strB); }

        public static int Compare(string strA, string strB)
        {
            return Collation.Compare(strA, strB, false);
        }

        public static int Compare(string strA, string strB, bool ignoreCase)
        {
            return Collation.Compare(strA, strB, ignoreCase);
        }

        public static int Compare(string strA, string strB, bool ignoreCase, CultureInfo culture)
        {
            return Collation.Compare(strA, strB, ignoreCase);
        }

        public static int Compare(string strA, int indexA, string strB, int indexB, int length)
        {
            return Compare(strA, indexA, strB, indexB, length, false);
        }

        public static int Compare(string strA, int indexA, string strB, int indexB, int length,
            bool ignoreCase)
        {
            if ((object)strA == null || (object)strB == null) return Compare(strA, strB);
            CheckStart(strA, indexA, "1");
            CheckStart(strB, indexB, "2");
            return Compare(strA.Part(indexA, length), strB.Part(indexB, length), ignoreCase);
        }

        static void CheckStart(string s, int index, string which)
        {
            if (index < 0)
                throw new ArgumentOutOfRangeException("offset" + which,
                    "Positive number required.");
            if (index > s._length)
                throw new ArgumentOutOfRangeException("string" + which,
                    "Offset and length must refer to a position in the string.");
        }

        public static int Compare(string strA, string strB, StringComparison comparisonType)
        {
            if ((object)strA == (object)strB) return 0;
            if ((object)strA == null) return -1;
            if ((object)strB == null) return 1;
            if (comparisonType == StringComparison.Ordinal) return CompareOrdinal(strA, strB);
            if (comparisonType == StringComparison.OrdinalIgnoreCase)
                return CompareSpan(strA.ToUpperInvariant(), strB.ToUpperInvariant());
            return Collation.Compare(strA, strB, ((int)comparisonType & 1) != 0);
        }

        IEnumerator IEnumerable.GetEnumerator() { return new CharEnumerator(this); }

        public CharEnumerator GetEnumerator() { return new CharEnumerator(this); }

        bool IConvertible.ToBoolean(IFormatProvider provider) { return Convert.ToBoolean(this); }
        char IConvertible.ToChar(IFormatProvider provider) { return Convert.ToChar(this); }
        sbyte IConvertible.ToSByte(IFormatProvider provider) { return Convert.ToSByte(this); }
        byte IConvertible.ToByte(IFormatProvider provider) { return Convert.ToByte(this); }
        short IConvertible.ToInt16(IFormatProvider provider) { return Convert.ToInt16(this); }
        ushort IConvertible.ToUInt16(IFormatProvider provider) { return Convert.ToUInt16(this); }
        int IConvertible.ToInt32(IFormatProvider provider) { return Convert.ToInt32(this); }
        uint IConvertible.ToUInt32(IFormatProvider provider) { return Convert.ToUInt32(this); }
        long IConvertible.ToInt64(IFormatProvider provider) { return Convert.ToInt64(this); }
        ulong IConvertible.ToUInt64(IFormatProvider provider) { return Convert.ToUInt64(this); }
        float IConvertible.ToSingle(IFormatProvider provider) { return Convert.ToSingle(this); }
        double IConvertible.ToDouble(IFormatProvider provider) { return Convert.ToDouble(this); }
    }

    public sealed class CharEnumerator : IEnumerator, ICloneable, IDisposable
    {
        string _text;
        int _index;

        internal CharEnumerator(string text)
        {
            _text = text;
            _index = -1;
        }

        public bool MoveNext()
        {
            if (_index < _text.Length) _index++;
            return _index < _text.Length;
        }

        public char Current { get { return _text[_index]; } }

        object IEnumerator.Current { get { return _text[_index]; } }

        public void Reset() { _index = -1; }

        public object Clone() { return MemberwiseClone(); }

        public void Dispose() { }
    }
}
