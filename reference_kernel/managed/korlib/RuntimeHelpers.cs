using System.Runtime.CompilerServices;

namespace System.Runtime.CompilerServices
{
    public static class RuntimeHelpers
    {
        // `fixed (char* p = aString)` adds this to the object's address.
        public static int OffsetToStringData { get { return 12; } }

        [MethodImpl(MethodImplOptions.InternalCall)]
        public static extern int GetHashCode(object o);

        [MethodImpl(MethodImplOptions.InternalCall)]
        public static extern void InitializeArray(Array array, RuntimeFieldHandle fldHandle);

        public static void RunClassConstructor(RuntimeTypeHandle type)
        {
            RunClassConstructor(type.value);
        }

        [MethodImpl(MethodImplOptions.InternalCall)]
        static extern void RunClassConstructor(IntPtr type);

        public static new bool Equals(object o1, object o2)
        {
            if (o1 == o2) return true;
            if (o1 == null || o2 == null) return false;
            return o1.GetType() == o2.GetType() && o1 is ValueType && o1.Equals(o2);
        }
    }
}

namespace System
{
    // Collection is not there yet: Collect does nothing, so KeepAlive and the rest have nothing to
    // do either.
    public static class GC
    {
        public static int MaxGeneration { get { return 0; } }
        public static void Collect() { }
        public static void Collect(int generation) { }
        public static int CollectionCount(int generation) { return 0; }
        public static void KeepAlive(object obj) { }
        public static void SuppressFinalize(object obj) { }
        public static void ReRegisterForFinalize(object obj) { }
        public static void WaitForPendingFinalizers() { }
        public static int GetGeneration(object obj) { return 0; }
        public static long GetTotalMemory(bool forceFullCollection) { return AllocatedBytes(); }

        [MethodImpl(MethodImplOptions.InternalCall)]
        static extern long AllocatedBytes();
    }

    public static class Buffer
    {
        [MethodImpl(MethodImplOptions.InternalCall)]
        internal static extern unsafe void Memmove(void* to, void* from, ulong count);

        static int ElementSize(Array array)
        {
            if (array.Rank > 1)
                return ElementSize(Array.CreateInstance(array.GetType().GetElementType(), 0));
            if (array is byte[] || array is sbyte[] || array is bool[]) return 1;
            if (array is short[] || array is ushort[] || array is char[]) return 2;
            if (array is int[] || array is uint[] || array is float[]) return 4;
            if (array is long[] || array is ulong[] || array is double[] || array is IntPtr[]
                || array is UIntPtr[])
                return 8;
            throw new ArgumentException("Object must be an array of primitives.");
        }

        // The address of the first element, whatever the element type is; null for an empty array.
        [MethodImpl(MethodImplOptions.InternalCall)]
        static extern unsafe byte* Data(Array array);

        public static int ByteLength(Array array)
        {
            if (array == null) throw new ArgumentNullException("array");
            return array.Length * ElementSize(array);
        }

        public static unsafe void BlockCopy(Array src, int srcOffset, Array dst, int dstOffset,
            int count)
        {
            if (src == null) throw new ArgumentNullException("src");
            if (dst == null) throw new ArgumentNullException("dst");
            if (srcOffset < 0 || dstOffset < 0 || count < 0)
                throw new ArgumentOutOfRangeException(srcOffset < 0 ? "srcOffset" : dstOffset < 0
                    ? "dstOffset" : "count", "Non-negative number required.");
            if (ByteLength(src) - srcOffset < count || ByteLength(dst) - dstOffset < count)
                throw new ArgumentException("Offset and length were out of bounds for the array "
                    + "or count is greater than the number of elements from index to the end of "
                    + "the source collection.");
            if (count > 0) Memmove(Data(dst) + dstOffset, Data(src) + srcOffset, (ulong)count);
        }

        public static unsafe void MemoryCopy(void* source, void* destination,
            long destinationSizeInBytes, long sourceBytesToCopy)
        {
            if (sourceBytesToCopy > destinationSizeInBytes)
                throw new ArgumentOutOfRangeException("sourceBytesToCopy");
            Memmove(destination, source, (ulong)sourceBytesToCopy);
        }
    }

    public static class BitConverter
    {
        public static readonly bool IsLittleEndian = true;

        static byte[] Bytes(ulong value, int count)
        {
            byte[] result = new byte[count];
            for (int i = 0; i < count; i++) result[i] = (byte)(value >> (8 * i));
            return result;
        }

        static ulong Read(byte[] value, int startIndex, int count)
        {
            if (value == null) throw new ArgumentNullException("value");
            if ((uint)startIndex >= (uint)value.Length)
                throw new ArgumentOutOfRangeException("startIndex",
                    "Index was out of range. Must be non-negative and less than the size of the "
                    + "collection.");
            if (startIndex > value.Length - count)
                throw new ArgumentException("Destination array is not long enough to copy all "
                    + "the items in the collection. Check array index and length.");
            ulong result = 0;
            for (int i = count - 1; i >= 0; i--) result = (result << 8) | value[startIndex + i];
            return result;
        }

        public static byte[] GetBytes(bool value) { return Bytes(value ? 1UL : 0UL, 1); }
        public static byte[] GetBytes(char value) { return Bytes(value, 2); }
        public static byte[] GetBytes(short value) { return Bytes(unchecked((ulong)value), 2); }
        public static byte[] GetBytes(ushort value) { return Bytes(value, 2); }
        public static byte[] GetBytes(int value) { return Bytes(unchecked((ulong)value), 4); }
        public static byte[] GetBytes(uint value) { return Bytes(value, 4); }
        public static byte[] GetBytes(long value) { return Bytes(unchecked((ulong)value), 8); }
        public static byte[] GetBytes(ulong value) { return Bytes(value, 8); }
        public static byte[] GetBytes(float value)
        {
            return Bytes(unchecked((uint)SingleToInt32Bits(value)), 4);
        }
        public static byte[] GetBytes(double value)
        {
            return Bytes(unchecked((ulong)DoubleToInt64Bits(value)), 8);
        }

        public static bool ToBoolean(byte[] value, int startIndex)
        {
            return Read(value, startIndex, 1) != 0;
        }
        public static char ToChar(byte[] value, int startIndex)
        {
            return (char)Read(value, startIndex, 2);
        }
        public static short ToInt16(byte[] value, int startIndex)
        {
            return unchecked((short)Read(value, startIndex, 2));
        }
        public static ushort ToUInt16(byte[] value, int startIndex)
        {
            return (ushort)Read(value, startIndex, 2);
        }
        public static int ToInt32(byte[] value, int startIndex)
        {
            return unchecked((int)Read(value, startIndex, 4));
        }
        public static uint ToUInt32(byte[] value, int startIndex)
        {
            return (uint)Read(value, startIndex, 4);
        }
        public static long ToInt64(byte[] value, int startIndex)
        {
            return unchecked((long)Read(value, startIndex, 8));
        }
        public static ulong ToUInt64(byte[] value, int startIndex)
        {
            return Read(value, startIndex, 8);
        }
        public static float ToSingle(byte[] value, int startIndex)
        {
            return Int32BitsToSingle(ToInt32(value, startIndex));
        }
        public static double ToDouble(byte[] value, int startIndex)
        {
            return Int64BitsToDouble(ToInt64(value, startIndex));
        }

        public static unsafe long DoubleToInt64Bits(double value) { return *(long*)&value; }
        public static unsafe double Int64BitsToDouble(long value) { return *(double*)&value; }
        public static unsafe int SingleToInt32Bits(float value) { return *(int*)&value; }
        public static unsafe float Int32BitsToSingle(int value) { return *(float*)&value; }

        public static string ToString(byte[] value)
        {
            if (value == null) throw new ArgumentNullException("value");
            return ToString(value, 0, value.Length);
        }

        public static string ToString(byte[] value, int startIndex)
        {
            if (value == null) throw new ArgumentNullException("value");
            return ToString(value, startIndex, value.Length - startIndex);
        }

        public static string ToString(byte[] value, int startIndex, int length)
        {
            if (value == null) throw new ArgumentNullException("value");
            if (startIndex < 0 || startIndex >= value.Length && startIndex > 0)
                throw new ArgumentOutOfRangeException("startIndex", "Index was out of range. Must "
                    + "be non-negative and less than the size of the collection.");
            if (length < 0)
                throw new ArgumentOutOfRangeException("length", "Value must be positive.");
            if (startIndex > value.Length - length)
                throw new ArgumentException("Destination array is not long enough to copy all the "
                    + "items in the collection. Check array index and length.", "value");
            if (length == 0) return String.Empty;
            char[] text = new char[length * 3 - 1];
            for (int i = 0; i < length; i++)
            {
                int b = value[startIndex + i];
                text[3 * i] = Digit(b >> 4);
                text[3 * i + 1] = Digit(b & 15);
                if (i < length - 1) text[3 * i + 2] = '-';
            }
            return new string(text);
        }

        static char Digit(int value) { return (char)(value < 10 ? '0' + value : 'A' + value - 10); }
    }
}
