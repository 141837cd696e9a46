// Hashtable with double hashing over prime sizes; sizes, probe steps and load factor are .NET's
// documented ones, so that enumeration gives the same order.
namespace System.Collections
{
    public class Hashtable : IDictionary, ICloneable
    {
        struct Bucket
        {
            public object Key, Value;
            public int Hash;        // bit 31: a probe went past this bucket
            public bool Used;       // a key is here
        }

        static readonly int[] Primes =
        {
            3, 7, 11, 17, 23, 29, 37, 47, 59, 71, 89, 107, 131, 163, 197, 239, 293, 353, 431, 521,
                631, 761, 919,
            1103, 1327, 1597, 1931, 2333, 2801, 3371, 4049, 4861, 5839, 7013, 8419, 10103, 12143,
                14591, 17519,
            21023, 25229, 30293, 36353, 43627, 52361, 62851, 75431, 90523, 108631, 130363, 156437,
                187751, 225307,
            270371, 324449, 389357, 467237, 560689, 672827, 807403, 968897, 1162687, 1395263,
                1674319, 2009191,
            2411033, 2893249, 3471899, 4166287, 4999559, 5999471, 7199369
        };

        Bucket[] _buckets;
        int _count, _occupancy, _loadSize, _version;
        float _loadFactor;

        public Hashtable() : this(0, 1.0f) { }

        public Hashtable(int capacity) : this(capacity, 1.0f) { }

        public Hashtable(int capacity, float loadFactor)
        {
            if (capacity < 0)
                throw new ArgumentOutOfRangeException("capacity", "Non-negative number required.");
            if (!(loadFactor >= 0.1f && loadFactor <= 1.0f))
                throw new ArgumentOutOfRangeException("loadFactor",
                    "Load factor needs to be between 0.1 and 1.0.");
            _loadFactor = 0.72f * loadFactor;
            double size = capacity / _loadFactor;
            Allocate(size > 3 ? NextPrime((int)size) : 3);
        }

        public Hashtable(IDictionary d) : this(d == null ? 0 : d.Count)
        {
            if (d == null) throw new ArgumentNullException("d", "Dictionary cannot be null.");
            IDictionaryEnumerator entries = d.GetEnumerator();
            while (entries.MoveNext()) Add(entries.Key, entries.Value);
        }

        static int NextPrime(int minimum)
        {
            for (int i = 0; i < Primes.Length; i++)
                if (Primes[i] >= minimum) return Primes[i];
            for (int i = minimum | 1; i < Int32.MaxValue; i += 2)
                if (IsPrime(i) && (i - 1) % 101 != 0) return i;
            return minimum;
        }

        static bool IsPrime(int candidate)
        {
            for (int divisor = 3; divisor * divisor <= candidate; divisor += 2)
                if (candidate % divisor == 0) return false;
            return true;
        }

        void Allocate(int size)
        {
            _buckets = new Bucket[size];
            _loadSize = (int)(_loadFactor * size);
            _occupancy = 0;
        }

        public virtual int Count { get { return _count; } }
        public virtual bool IsFixedSize { get { return false; } }
        public virtual bool IsReadOnly { get { return false; } }
        public virtual bool IsSynchronized { get { return false; } }
        public virtual object SyncRoot { get { return this; } }

        protected virtual int GetHash(object key) { return key.GetHashCode(); }

        protected virtual bool KeyEquals(object item, object key)
        {
            return item == key || item != null && item.Equals(key);
        }

        static uint Step(uint hash, int size)
        {
            return 1 + hash * 101 % (uint)(size - 1);
        }

        int Find(object key)
        {
            if (key == null) throw new ArgumentNullException("key", "Key cannot be null.");
            uint hash = (uint)GetHash(key) & 0x7FFFFFFF;
            int size = _buckets.Length;
            uint step = Step(hash, size);
            int at = (int)(hash % (uint)size);
            for (int tries = 0; tries < size; tries++)
            {
                if (_buckets[at].Used)
                {
                    if ((uint)(_buckets[at].Hash & 0x7FFFFFFF) == hash
                        && KeyEquals(_buckets[at].Key, key))
                        return at;
                }
                if (_buckets[at].Hash >= 0) return -1;
                at = (int)(((long)at + step) % (uint)size);
            }
            return -1;
        }

        public virtual object this[object key]
        {
            get
            {
                int at = Find(key);
                return at < 0 ? null : _buckets[at].Value;
            }
            set { Insert(key, value, false); }
        }

        public virtual void Add(object key, object value) { Insert(key, value, true); }

        void Insert(object key, object value, bool add)
        {
            if (key == null) throw new ArgumentNullException("key", "Key cannot be null.");
            if (_count >= _loadSize) Rehash(NextPrime(2 * _buckets.Length));
            else if (_occupancy > _loadSize && _count > 100) Rehash(_buckets.Length);
            uint hash = (uint)GetHash(key) & 0x7FFFFFFF;
            int size = _buckets.Length;
            uint step = Step(hash, size);
            int at = (int)(hash % (uint)size);
            int empty = -1;
            for (int tries = 0; tries < size; tries++)
            {
                // a removed entry that probes went past can be used again
                if (empty == -1 && !_buckets[at].Used && _buckets[at].Hash < 0) empty = at;
                if (!_buckets[at].Used && _buckets[at].Hash >= 0)
                {
                    if (empty != -1) at = empty;
                    Put(at, key, value, hash);
                    return;
                }
                if (_buckets[at].Used && (uint)(_buckets[at].Hash & 0x7FFFFFFF) == hash
                    && KeyEquals(_buckets[at].Key, key))
                {
                    if (add)
                        throw new ArgumentException("Item has already been added. Key in "
                            + "dictionary: '" + _buckets[at].Key
                            + "'  Key being added: '" + key + "'");
                    _buckets[at].Value = value;
                    _version++;
                    return;
                }
                if (empty == -1 && _buckets[at].Hash >= 0)
                {
                    _buckets[at].Hash |= Int32.MinValue;
                    _occupancy++;
                }
                at = (int)(((long)at + step) % (uint)size);
            }
            if (empty == -1)
                throw new InvalidOperationException("Hashtable insert failed. Load factor too "
                    + "high.");
            Put(empty, key, value, hash);
        }

        void Put(int at, object key, object value, uint hash)
        {
            _buckets[at].Key = key;
            _buckets[at].Value = value;
            _buckets[at].Used = true;
            _buckets[at].Hash |= (int)hash;
            _count++;
            _version++;
        }

        void Rehash(int size)
        {
            Bucket[] old = _buckets;
            Allocate(size);
            for (int i = 0; i < old.Length; i++)
                if (old[i].Used)
                    Reinsert(old[i].Key, old[i].Value, (uint)(old[i].Hash & 0x7FFFFFFF));
            _version++;
        }

        void Reinsert(object key, object value, uint hash)
        {
            int size = _buckets.Length;
            uint step = Step(hash, size);
            int at = (int)(hash % (uint)size);
            while (_buckets[at].Used)
            {
                if (_buckets[at].Hash >= 0)
                {
                    _buckets[at].Hash |= Int32.MinValue;
                    _occupancy++;
                }
                at = (int)(((long)at + step) % (uint)size);
            }
            _buckets[at].Key = key;
            _buckets[at].Value = value;
            _buckets[at].Used = true;
            _buckets[at].Hash |= (int)hash;
        }

        public virtual void Remove(object key)
        {
            int at = Find(key);
            if (at < 0) return;
            _buckets[at].Hash &= Int32.MinValue;
            _buckets[at].Key = null;
            _buckets[at].Value = null;
            _buckets[at].Used = false;
            _count--;
            _version++;
        }

        public virtual void Clear()
        {
            if (_count == 0 && _occupancy == 0) return;
            Allocate(_buckets.Length);
            _count = 0;
            _version++;
        }

        public virtual bool Contains(object key) { return Find(key) >= 0; }
        public virtual bool ContainsKey(object key) { return Find(key) >= 0; }

        public virtual bool ContainsValue(object value)
        {
            for (int i = 0; i < _buckets.Length; i++)
                if (_buckets[i].Used && Object.Equals(_buckets[i].Value, value)) return true;
            return false;
        }

        public virtual ICollection Keys { get { return Collect(true); } }
        public virtual ICollection Values { get { return Collect(false); } }

        // A copy in enumeration order (.NET gives a live view; the order and the content are the
        // same).
        ArrayList Collect(bool keys)
        {
            ArrayList list = new ArrayList(_count);
            for (int i = _buckets.Length - 1; i >= 0; i--)
                if (_buckets[i].Used) list.Add(keys ? _buckets[i].Key : _buckets[i].Value);
            return list;
        }

        public virtual void CopyTo(Array array, int arrayIndex)
        {
            if (array == null) throw new ArgumentNullException("array", "Array cannot be null.");
            if (array.Rank != 1)
                throw new ArgumentException("Only single dimensional arrays are supported for the "
                    + "requested action.", "array");
            if (arrayIndex < 0)
                throw new ArgumentOutOfRangeException("arrayIndex",
                    "Non-negative number required.");
            if (array.Length - arrayIndex < Count)
                throw new ArgumentException("Destination array is not long enough to copy all the "
                    + "items in the collection. Check array index and length.");
            for (int i = _buckets.Length - 1; i >= 0; i--)
                if (_buckets[i].Used)
                    array.SetValue(new DictionaryEntry(_buckets[i].Key, _buckets[i].Value),
                        arrayIndex++);
        }

        public virtual object Clone() { return new Hashtable(this); }

        IEnumerator IEnumerable.GetEnumerator() { return new Enumerator(this); }

        public virtual IDictionaryEnumerator GetEnumerator() { return new Enumerator(this); }

        sealed class Enumerator : IDictionaryEnumerator
        {
            Hashtable _table;
            int _at, _version;

            public Enumerator(Hashtable table)
            {
                _table = table;
                _version = table._version;
                _at = table._buckets.Length;
            }

            public bool MoveNext()
            {
                if (_version != _table._version)
                    throw new InvalidOperationException("Collection was modified; enumeration "
                        + "operation may not execute.");
                while (_at > 0)
                    if (_table._buckets[--_at].Used) return true;
                _at = -1;
                return false;
            }

            void Check()
            {
                if (_at >= _table._buckets.Length)
                    throw new InvalidOperationException("Enumeration has not started. Call "
                        + "MoveNext.");
                if (_at < 0)
                    throw new InvalidOperationException("Enumeration has either not started or "
                        + "has already finished.");
            }

            public object Key
            {
                get
                {
                    Check();
                    return _table._buckets[_at].Key;
                }
            }

            public object Value
            {
                get
                {
                    Check();
                    return _table._buckets[_at].Value;
                }
            }

            public DictionaryEntry Entry { get { return new DictionaryEntry(Key, Value); } }

            public object Current { get { return Entry; } }

            public void Reset() { _at = _table._buckets.Length; }
        }
    }
}
