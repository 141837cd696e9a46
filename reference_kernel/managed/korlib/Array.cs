using System.Collections;
using System.Runtime.CompilerServices;

namespace System
{
    public abstract class Array : ICloneable, IList
    {
        // total number of elements, for every rank; the runtime writes it
#pragma warning disable 649
        int _length;
#pragma warning restore 649

        public int Length { get { return _length; } }

        public long LongLength { get { return _length; } }

        public extern int Rank { [MethodImpl(MethodImplOptions.InternalCall)] get; }

        [MethodImpl(MethodImplOptions.InternalCall)]
        public extern int GetLength(int dimension);

        [MethodImpl(MethodImplOptions.InternalCall)]
        public extern int GetLowerBound(int dimension);

        public int GetUpperBound(int dimension)
        {
            return GetLowerBound(dimension) + GetLength(dimension) - 1;
        }

        public bool IsFixedSize { get { return true; } }
        public bool IsReadOnly { get { return false; } }
        public bool IsSynchronized { get { return false; } }
        public object SyncRoot { get { return this; } }
        int ICollection.Count { get { return _length; } }

        object IList.this[int index]
        {
            get { return GetValue(index); }
            set { SetValue(value, index); }
        }

        int IList.Add(object value)
        {
            throw new NotSupportedException("Collection was of a fixed size.");
        }
        void IList.Insert(int index, object value)
        {
            throw new NotSupportedException("Collection was of a fixed size.");
        }
        void IList.Remove(object value)
        {
            throw new NotSupportedException("Collection was of a fixed size.");
        }
        void IList.RemoveAt(int index)
        {
            throw new NotSupportedException("Collection was of a fixed size.");
        }
        void IList.Clear() { NativeClear(this, 0, _length); }
        bool IList.Contains(object value) { return IndexOf(this, value) >= 0; }
        int IList.IndexOf(object value) { return IndexOf(this, value); }

        public object Clone() { return MemberwiseClone(); }

        public object GetValue(int index)
        {
            return NativeGet(this, Flat(index));
        }

        public void SetValue(object value, int index)
        {
            NativeSet(this, Flat(index), value);
        }

        int Flat(int index)
        {
            if (Rank != 1) throw new ArgumentException("Array was not a one-dimensional array.");
            index -= GetLowerBound(0);
            if ((uint)index >= (uint)_length) throw new IndexOutOfRangeException();
            return index;
        }

        public object GetValue(params int[] indices) { return NativeGet(this, Flat(indices)); }

        public void SetValue(object value, params int[] indices)
        {
            NativeSet(this, Flat(indices), value);
        }

        int Flat(int[] indices)
        {
            if (indices == null) throw new ArgumentNullException("indices");
            int rank = Rank;
            if (indices.Length != rank)
                throw new ArgumentException("Indices length does not match the array rank.");
            int flat = 0;
            for (int i = 0; i < rank; i++)
            {
                int index = indices[i] - GetLowerBound(i);
                int length = GetLength(i);
                if ((uint)index >= (uint)length) throw new IndexOutOfRangeException();
                flat = flat * length + index;
            }
            return flat;
        }

        public static Array CreateInstance(Type elementType, int length)
        {
            if (elementType == null) throw new ArgumentNullException("elementType");
            if (length < 0)
                throw new ArgumentOutOfRangeException("length", "Non-negative number required.");
            if (elementType == typeof(void))
                throw new NotSupportedException("Array type can not be void");
            return NativeCreate(elementType.Handle, length);
        }

        public static void Copy(Array sourceArray, Array destinationArray, int length)
        {
            Copy(sourceArray, 0, destinationArray, 0, length);
        }

        public static void Copy(Array sourceArray, int sourceIndex, Array destinationArray,
            int destinationIndex, int length)
        {
            if (sourceArray == null) throw new ArgumentNullException("sourceArray");
            if (destinationArray == null) throw new ArgumentNullException("destinationArray");
            if (length < 0)
                throw new ArgumentOutOfRangeException("length", "Value has to be >= 0.");
            if (sourceArray.Rank != destinationArray.Rank)
                throw new RankException("Only single dimension arrays are supported here.");
            if (sourceIndex < 0)
                throw new ArgumentOutOfRangeException("sourceIndex", "Value has to be >= 0.");
            if (destinationIndex < 0)
                throw new ArgumentOutOfRangeException("destinationIndex", "Value has to be >= 0.");
            if (sourceIndex > sourceArray._length - length) throw new ArgumentException("length");
            if (destinationIndex > destinationArray._length - length)
                throw new ArgumentException("Destination array was not long enough. Check "
                    + "destIndex and length, and the array's lower bounds", "destinationArray");
            NativeCopy(sourceArray, sourceIndex, destinationArray, destinationIndex, length);
        }

        public void CopyTo(Array array, int index)
        {
            if (array != null && array.Rank != 1)
                throw new ArgumentException("Only single dimensional arrays are supported for the "
                    + "requested action.", "array");
            Copy(this, 0, array, index, _length);
        }

        public static void Clear(Array array, int index, int length)
        {
            if (array == null) throw new ArgumentNullException("array");
            if (index < 0 || length < 0 || index > array._length - length)
                throw new IndexOutOfRangeException();
            NativeClear(array, index, length);
        }

        public static void Reverse(Array array)
        {
            if (array == null) throw new ArgumentNullException("array");
            Reverse(array, 0, array._length);
        }

        public static void Reverse(Array array, int index, int length)
        {
            CheckVector(array);
            CheckRange(array, index, length);
            int end = index + length - 1;
            while (index < end)
            {
                object held = NativeGet(array, index);
                NativeSet(array, index, NativeGet(array, end));
                NativeSet(array, end, held);
                index++;
                end--;
            }
        }

        public static int IndexOf(Array array, object value)
        {
            CheckVector(array);
            for (int i = 0; i < array._length; i++)
                if (Object.Equals(NativeGet(array, i), value)) return i;
            return -1;
        }

        public static int LastIndexOf(Array array, object value)
        {
            CheckVector(array);
            for (int i = array._length - 1; i >= 0; i--)
                if (Object.Equals(NativeGet(array, i), value)) return i;
            return -1;
        }

        public static int BinarySearch(Array array, object value)
        {
            return BinarySearch(array, value, null);
        }

        public static int BinarySearch(Array array, object value, IComparer comparer)
        {
            CheckVector(array);
            if (comparer == null) comparer = Comparer.Default;
            int low = 0, high = array._length - 1;
            while (low <= high)
            {
                int middle = low + (high - low) / 2;
                int order = comparer.Compare(NativeGet(array, middle), value);
                if (order == 0) return middle;
                if (order < 0) low = middle + 1;
                else high = middle - 1;
            }
            return ~low;
        }

        public static void Sort(Array array) { Sort(array, (IComparer)null); }

        public static void Sort(Array array, IComparer comparer)
        {
            if (array == null) throw new ArgumentNullException("array");
            Sort(array, 0, array._length, comparer);
        }

        public static void Sort(Array array, int index, int length)
        {
            Sort(array, index, length, null);
        }

        // Introspective sort, step by step as .NET Framework has it: what compares as equal comes
        // out in the same order as there.
        public static void Sort(Array array, int index, int length, IComparer comparer)
        {
            CheckVector(array);
            CheckRange(array, index, length);
            int depth = 0;
            for (int left = length; left > 1; left /= 2) depth++;
            Sorter sorter = new Sorter(array, comparer);
            if (length > 1) sorter.Sort(index, index + length - 1, 2 * depth);
        }

        struct Sorter
        {
            const int Few = 16;
            readonly Array _array;
            readonly IComparer _comparer;

            public Sorter(Array array, IComparer comparer)
            {
                _array = array;
                _comparer = comparer == null ? Comparer.Default : comparer;
            }

            object this[int index]
            {
                get { return NativeGet(_array, index); }
                set { NativeSet(_array, index, value); }
            }

            bool Less(object a, object b) { return _comparer.Compare(a, b) < 0; }

            void Swap(int i, int j)
            {
                object held = this[i];
                this[i] = this[j];
                this[j] = held;
            }

            void Order(int i, int j)
            {
                if (i != j && _comparer.Compare(this[i], this[j]) > 0) Swap(i, j);
            }

            // Both ends included. Depth: partitions left before it takes to the heap.
            public void Sort(int low, int high, int depth)
            {
                for (; high > low; depth--)
                {
                    int size = high - low + 1;
                    if (size <= Few || depth == 0)
                    {
                        if (size == 2) Order(low, high);
                        else if (size == 3) OrderThree(low, high - 1, high);
                        else if (size <= Few) Insert(low, high);
                        else HeapSort(low, high);
                        return;
                    }
                    int pivot = Partition(low, high);
                    Sort(pivot + 1, high, depth - 1);
                    high = pivot - 1;
                }
            }

            void OrderThree(int i, int j, int k)
            {
                Order(i, j);
                Order(i, k);
                Order(j, k);
            }

            int Partition(int low, int high)
            {
                int middle = low + (high - low) / 2, left = low, right = high - 1;
                OrderThree(low, middle, high);
                object pivot = this[middle];
                Swap(middle, right);
                while (left < right)
                {
                    while (Less(this[++left], pivot)) { }
                    while (Less(pivot, this[--right])) { }
                    if (left >= right) break;
                    Swap(left, right);
                }
                Swap(left, high - 1);
                return left;
            }

            void Insert(int low, int high)
            {
                for (int i = low; i < high; i++)
                {
                    object value = this[i + 1];
                    int at = i;
                    for (; at >= low && Less(value, this[at]); at--) this[at + 1] = this[at];
                    this[at + 1] = value;
                }
            }

            void HeapSort(int low, int high)
            {
                int count = high - low + 1;
                for (int i = count / 2; i >= 1; i--) Sift(i, count, low);
                for (int i = count; i > 1; i--)
                {
                    Swap(low, low + i - 1);
                    Sift(1, i - 1, low);
                }
            }

            void Sift(int root, int count, int low)
            {
                object value = this[low + root - 1];
                while (root <= count / 2)
                {
                    int child = 2 * root;
                    if (child < count && Less(this[low + child - 1], this[low + child])) child++;
                    if (!Less(value, this[low + child - 1])) break;
                    this[low + root - 1] = this[low + child - 1];
                    root = child;
                }
                this[low + root - 1] = value;
            }
        }

        static void CheckVector(Array array)
        {
            if (array == null) throw new ArgumentNullException("array");
            if (array.Rank != 1)
                throw new RankException("Only single dimension arrays are supported here.");
        }

        static void CheckRange(Array array, int index, int length)
        {
            if (index < 0 || length < 0)
                throw new ArgumentOutOfRangeException(index < 0 ? "index" : "length",
                    "Non-negative number required.");
            if (array._length - index < length)
                throw new ArgumentException("Offset and length were out of bounds for the array "
                    + "or count is greater than the number of elements from index to the end of "
                    + "the source collection.");
        }

        public IEnumerator GetEnumerator() { return new ArrayEnumerator(this); }

        sealed class ArrayEnumerator : IEnumerator, ICloneable
        {
            Array _array;
            int _index;

            public ArrayEnumerator(Array array)
            {
                _array = array;
                _index = -1;
            }

            public bool MoveNext()
            {
                if (_index < _array._length) _index++;
                return _index < _array._length;
            }

            public object Current
            {
                get
                {
                    if (_index < 0)
                        throw new InvalidOperationException("Enumeration has not started. Call "
                            + "MoveNext.");
                    if (_index >= _array._length)
                        throw new InvalidOperationException("Enumeration already finished.");
                    return NativeGet(_array, _index);
                }
            }

            public void Reset() { _index = -1; }

            public object Clone() { return MemberwiseClone(); }
        }

        [MethodImpl(MethodImplOptions.InternalCall)]
        static extern void NativeCopy(Array source, int sourceIndex, Array destination,
            int destinationIndex, int length);
        [MethodImpl(MethodImplOptions.InternalCall)]
        static extern void NativeClear(Array array, int index, int length);
        [MethodImpl(MethodImplOptions.InternalCall)]
        static extern object NativeGet(Array array, int flat);
        [MethodImpl(MethodImplOptions.InternalCall)]
        static extern void NativeSet(Array array, int flat, object value);
        [MethodImpl(MethodImplOptions.InternalCall)]
        static extern Array NativeCreate(IntPtr elementType, int length);
    }
}
