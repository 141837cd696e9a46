namespace System
{
    public struct IntPtr : IFormattable
    {
        unsafe void* m_value;

        public static readonly IntPtr Zero;

        public unsafe IntPtr(int value) { m_value = (void*)value; }
        public unsafe IntPtr(long value) { m_value = (void*)value; }
        public unsafe IntPtr(void* value) { m_value = value; }

        public static int Size { get { return 8; } }

        public unsafe int ToInt32() { return checked((int)(long)m_value); }
        public unsafe long ToInt64() { return (long)m_value; }
        public unsafe void* ToPointer() { return m_value; }

        public override unsafe bool Equals(object obj)
        {
            return obj is IntPtr && ((IntPtr)obj).m_value == m_value;
        }
        public override unsafe int GetHashCode() { return unchecked((int)(long)m_value); }
        public override unsafe string ToString() { return ((long)m_value).ToString(); }
        public unsafe string ToString(string format) { return ((long)m_value).ToString(format); }
        string IFormattable.ToString(string format, IFormatProvider provider)
        {
            return ToString(format);
        }

        public static IntPtr Add(IntPtr pointer, int offset) { return pointer + offset; }
        public static IntPtr Subtract(IntPtr pointer, int offset) { return pointer - offset; }

        public static unsafe bool operator ==(IntPtr a, IntPtr b) { return a.m_value == b.m_value; }
        public static unsafe bool operator !=(IntPtr a, IntPtr b) { return a.m_value != b.m_value; }
        public static unsafe IntPtr operator +(IntPtr a, int b)
        {
            return new IntPtr((byte*)a.m_value + b);
        }
        public static unsafe IntPtr operator -(IntPtr a, int b)
        {
            return new IntPtr((byte*)a.m_value - b);
        }
        public static explicit operator IntPtr(int value) { return new IntPtr(value); }
        public static explicit operator IntPtr(long value) { return new IntPtr(value); }
        public static unsafe explicit operator IntPtr(void* value) { return new IntPtr(value); }
        public static explicit operator int(IntPtr value) { return value.ToInt32(); }
        public static explicit operator long(IntPtr value) { return value.ToInt64(); }
        public static unsafe explicit operator void*(IntPtr value) { return value.m_value; }
    }

    public struct UIntPtr
    {
        unsafe void* m_value;

        public static readonly UIntPtr Zero;

        public unsafe UIntPtr(uint value) { m_value = (void*)value; }
        public unsafe UIntPtr(ulong value) { m_value = (void*)value; }
        public unsafe UIntPtr(void* value) { m_value = value; }

        public static int Size { get { return 8; } }

        public unsafe uint ToUInt32() { return checked((uint)(ulong)m_value); }
        public unsafe ulong ToUInt64() { return (ulong)m_value; }
        public unsafe void* ToPointer() { return m_value; }

        public override unsafe bool Equals(object obj)
        {
            return obj is UIntPtr && ((UIntPtr)obj).m_value == m_value;
        }
        public override unsafe int GetHashCode()
        {
            return unchecked((int)(long)m_value) & 0x7FFFFFFF;
        }
        public override unsafe string ToString() { return ((ulong)m_value).ToString(); }

        public static unsafe bool operator ==(UIntPtr a, UIntPtr b)
        {
            return a.m_value == b.m_value;
        }
        public static unsafe bool operator !=(UIntPtr a, UIntPtr b)
        {
            return a.m_value != b.m_value;
        }
        public static explicit operator UIntPtr(uint value) { return new UIntPtr(value); }
        public static explicit operator UIntPtr(ulong value) { return new UIntPtr(value); }
        public static unsafe explicit operator UIntPtr(void* value) { return new UIntPtr(value); }
        public static explicit operator uint(UIntPtr value) { return value.ToUInt32(); }
        public static explicit operator ulong(UIntPtr value) { return value.ToUInt64(); }
        public static unsafe explicit operator void*(UIntPtr value) { return value.m_value; }
    }

    // A declaration, so that sources which mention decimal compile; arithmetic is not there.
    public struct Decimal
    {
#pragma warning disable 414
        int flags, hi, lo, mid;
#pragma warning restore 414

        public Decimal(int lo, int mid, int hi, bool isNegative, byte scale)
        {
            this.lo = lo;
            this.mid = mid;
            this.hi = hi;
            flags = (scale << 16) | (isNegative ? unchecked((int)0x80000000) : 0);
        }
    }

    public struct Nullable<T> where T : struct
    {
        bool hasValue;
        T value;

        public Nullable(T value)
        {
            this.value = value;
            hasValue = true;
        }

        public bool HasValue { get { return hasValue; } }

        public T Value
        {
            get
            {
                if (!hasValue)
                    throw new InvalidOperationException("Nullable object must have a value.");
                return value;
            }
        }

        public T GetValueOrDefault() { return value; }
        public T GetValueOrDefault(T defaultValue) { return hasValue ? value : defaultValue; }
        public static implicit operator Nullable<T>(T value) { return new Nullable<T>(value); }
        public static explicit operator T(Nullable<T> value) { return value.Value; }
    }
}
