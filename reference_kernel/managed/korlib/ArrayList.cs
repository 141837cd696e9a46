// ArrayList, Stack and Queue.
namespace System.Collections
{
    public class ArrayList : IList, ICloneable
    {
        object[] _items;
        int _count, _version;

        static readonly object[] s_none = new object[0];

        public ArrayList() { _items = s_none; }

        public ArrayList(int capacity)
        {
            if (capacity < 0)
                throw new ArgumentOutOfRangeException("capacity",
                    "'capacity' must be non-negative.");
            _items = capacity == 0 ? s_none : new object[capacity];
        }

        public ArrayList(ICollection c)
        {
            if (c == null) throw new ArgumentNullException("c", "Collection cannot be null.");
            _items = c.Count == 0 ? s_none : new object[c.Count];
            AddRange(c);
        }

        public virtual int Count { get { return _count; } }
        public virtual bool IsFixedSize { get { return false; } }
        public virtual bool IsReadOnly { get { return false; } }
        public virtual bool IsSynchronized { get { return false; } }
        public virtual object SyncRoot { get { return this; } }

        public virtual int Capacity
        {
            get { return _items.Length; }
            set { Resize(value == 0 ? 4 : value); }
        }

        void Need(int count)
        {
            if (count <= _items.Length) return;
            int capacity = _items.Length == 0 ? 4 : _items.Length * 2;
            Resize(capacity < count ? count : capacity);
        }

        void Resize(int capacity)
        {
            if (capacity < _count)
                throw new ArgumentOutOfRangeException("value",
                    "capacity was less than the current size.");
            object[] items = new object[capacity];
            for (int i = 0; i < _count; i++) items[i] = _items[i];
            _items = items;
        }

        static ArgumentOutOfRangeException BadIndex()
        {
            return new ArgumentOutOfRangeException("index",
                "Index was out of range. Must be non-negative and less than the size of the "
                + "collection.");
        }

        public virtual object this[int index]
        {
            get
            {
                if ((uint)index >= (uint)_count) throw BadIndex();
                return _items[index];
            }
            set
            {
                if ((uint)index >= (uint)_count) throw BadIndex();
                _items[index] = value;
                _version++;
            }
        }

        public virtual int Add(object value)
        {
            Need(_count + 1);
            _items[_count] = value;
            _version++;
            return _count++;
        }

        public virtual void AddRange(ICollection c)
        {
            if (c == null) throw new ArgumentNullException("c", "Collection cannot be null.");
            Need(_count + c.Count);
            foreach (object item in c) Add(item);
        }

        public virtual void Insert(int index, object value)
        {
            if ((uint)index > (uint)_count) throw BadIndex();
            Need(_count + 1);
            for (int i = _count; i > index; i--) _items[i] = _items[i - 1];
            _items[index] = value;
            _count++;
            _version++;
        }

        public virtual void RemoveAt(int index)
        {
            if ((uint)index >= (uint)_count) throw BadIndex();
            RemoveRange(index, 1);
        }

        public virtual void RemoveRange(int index, int count)
        {
            if (index < 0 || count < 0) throw BadIndex();
            if (_count - index < count)
                throw new ArgumentException("Offset and length were out of bounds for the array "
                    + "or count is greater than the number of elements from index to the end of "
                    + "the source collection.");
            for (int i = index + count; i < _count; i++) _items[i - count] = _items[i];
            for (int i = _count - count; i < _count; i++) _items[i] = null;
            _count -= count;
            _version++;
        }

        public virtual void Remove(object obj)
        {
            int index = IndexOf(obj);
            if (index >= 0) RemoveAt(index);
        }

        public virtual void Clear()
        {
            for (int i = 0; i < _count; i++) _items[i] = null;
            _count = 0;
            _version++;
        }

        public virtual int IndexOf(object value)
        {
            for (int i = 0; i < _count; i++)
                if (Object.Equals(_items[i], value)) return i;
            return -1;
        }

        public virtual int LastIndexOf(object value)
        {
            for (int i = _count - 1; i >= 0; i--)
                if (Object.Equals(_items[i], value)) return i;
            return -1;
        }

        public virtual bool Contains(object item) { return IndexOf(item) >= 0; }

        public virtual void Reverse()
        {
            for (int i = 0, j = _count - 1; i < j; i++, j--)
            {
                object held = _items[i];
                _items[i] = _items[j];
                _items[j] = held;
            }
            _version++;
        }

        public virtual void Sort() { Sort(null); }

        public virtual void Sort(IComparer comparer)
        {
            Array.Sort(_items, 0, _count, comparer);
            _version++;
        }

        public virtual int BinarySearch(object value)
        {
            return Array.BinarySearch(ToArray(), value, null);
        }

        public virtual void CopyTo(Array array) { CopyTo(array, 0); }

        public virtual void CopyTo(Array array, int arrayIndex)
        {
            CheckTarget(array);
            Array.Copy(_items, 0, array, arrayIndex, _count);
        }

        internal static void CheckTarget(Array array)
        {
            if (array != null && array.Rank != 1)
                throw new ArgumentException("Only single dimensional arrays are supported for the "
                    + "requested action.", "array");
        }

        public virtual object[] ToArray()
        {
            object[] result = new object[_count];
            for (int i = 0; i < _count; i++) result[i] = _items[i];
            return result;
        }

        public virtual Array ToArray(Type type)
        {
            Array result = Array.CreateInstance(type, _count);
            CopyTo(result, 0);
            return result;
        }

        public virtual object Clone() { return new ArrayList(this); }

        public virtual void TrimToSize() { Resize(_count == 0 ? 4 : _count); }

        public virtual IEnumerator GetEnumerator() { return new Enumerator(this); }

        sealed class Enumerator : IEnumerator
        {
            ArrayList _list;
            int _index, _version;

            public Enumerator(ArrayList list)
            {
                _list = list;
                _version = list._version;
                _index = -1;
            }

            void Check()
            {
                if (_version != _list._version)
                    throw new InvalidOperationException("Collection was modified; enumeration "
                        + "operation may not execute.");
            }

            public bool MoveNext()
            {
                Check();
                if (_index < _list._count) _index++;
                return _index < _list._count;
            }

            public object Current
            {
                get
                {
                    if (_index < 0)
                        throw new InvalidOperationException("Enumeration has not started. Call "
                            + "MoveNext.");
                    if (_index >= _list._count)
                        throw new InvalidOperationException("Enumeration already finished.");
                    return _list._items[_index];
                }
            }

            public void Reset()
            {
                Check();
                _index = -1;
            }
        }
    }

    public class Stack : ICollection, ICloneable
    {
        ArrayList _items;

        public Stack() { _items = new ArrayList(); }
        public Stack(int initialCapacity) { _items = new ArrayList(initialCapacity); }
        public Stack(ICollection col) { _items = new ArrayList(col); }

        public virtual int Count { get { return _items.Count; } }
        public virtual bool IsSynchronized { get { return false; } }
        public virtual object SyncRoot { get { return this; } }

        public virtual void Push(object obj) { _items.Add(obj); }

        public virtual object Peek()
        {
            if (_items.Count == 0) throw new InvalidOperationException("Stack empty.");
            return _items[_items.Count - 1];
        }

        public virtual object Pop()
        {
            object top = Peek();
            _items.RemoveAt(_items.Count - 1);
            return top;
        }

        public virtual void Clear() { _items.Clear(); }
        public virtual bool Contains(object obj) { return _items.Contains(obj); }
        public virtual object Clone() { return new Stack(_items); }

        public virtual object[] ToArray()
        {
            object[] result = _items.ToArray();
            Array.Reverse(result);
            return result;
        }

        public virtual void CopyTo(Array array, int index)
        {
            ArrayList.CheckTarget(array);
            object[] items = ToArray();
            Array.Copy(items, 0, array, index, items.Length);
        }

        public virtual IEnumerator GetEnumerator() { return ToArray().GetEnumerator(); }
    }

    public class Queue : ICollection, ICloneable
    {
        object[] _items;
        int _head, _count;

        public Queue() : this(32) { }

        public Queue(int capacity)
        {
            if (capacity < 0)
                throw new ArgumentOutOfRangeException("capacity", "Non-negative number required.");
            _items = new object[capacity < 4 ? 4 : capacity];
        }

        public Queue(ICollection col) : this(col == null ? 0 : col.Count)
        {
            if (col == null) throw new ArgumentNullException("col");
            foreach (object item in col) Enqueue(item);
        }

        public virtual int Count { get { return _count; } }
        public virtual bool IsSynchronized { get { return false; } }
        public virtual object SyncRoot { get { return this; } }

        public virtual void Enqueue(object obj)
        {
            if (_count == _items.Length)
            {
                object[] larger = new object[_count * 2];
                for (int i = 0; i < _count; i++) larger[i] = _items[(_head + i) % _count];
                _items = larger;
                _head = 0;
            }
            _items[(_head + _count) % _items.Length] = obj;
            _count++;
        }

        public virtual object Peek()
        {
            if (_count == 0) throw new InvalidOperationException("Queue empty.");
            return _items[_head];
        }

        public virtual object Dequeue()
        {
            object first = Peek();
            _items[_head] = null;
            _head = (_head + 1) % _items.Length;
            _count--;
            return first;
        }

        public virtual void Clear()
        {
            _items = new object[_items.Length];
            _head = _count = 0;
        }

        public virtual bool Contains(object obj) { return Array.IndexOf(ToArray(), obj) >= 0; }
        public virtual object Clone() { return new Queue(this); }

        public virtual object[] ToArray()
        {
            object[] result = new object[_count];
            for (int i = 0; i < _count; i++) result[i] = _items[(_head + i) % _items.Length];
            return result;
        }

        public virtual void CopyTo(Array array, int index)
        {
            ArrayList.CheckTarget(array);
            object[] items = ToArray();
            Array.Copy(items, 0, array, index, items.Length);
        }

        public virtual IEnumerator GetEnumerator() { return ToArray().GetEnumerator(); }
    }
}
