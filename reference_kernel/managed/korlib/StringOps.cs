// String: searching, cutting, replacing. Searches are ordinal.
using System.Globalization;
using System.Text;

namespace System
{
    public sealed partial class String
    {
        // ---- parts ----

        public string Substring(int startIndex)
        {
            return Substring(startIndex, _length - startIndex);
        }

        public unsafe string Substring(int startIndex, int length)
        {
            if (startIndex < 0)
                throw new ArgumentOutOfRangeException("startIndex",
                    "StartIndex cannot be less than zero.");
            if (startIndex > _length)
                throw new ArgumentOutOfRangeException("startIndex",
                    "startIndex cannot be larger than length of string.");
            if (length < 0)
                throw new ArgumentOutOfRangeException("length", "Length cannot be less than zero.");
            if (startIndex > _length - length)
                throw new ArgumentOutOfRangeException("length",
                    "Index and length must refer to a location within the string.");
            if (length == 0) return Empty;
            if (startIndex == 0 && length == _length) return this;
            fixed (char* from = &_firstChar) return Ctor(from, startIndex, length);
        }

        public char[] ToCharArray() { return ToCharArray(0, _length); }

        public char[] ToCharArray(int startIndex, int length)
        {
            if (startIndex < 0 || startIndex > _length || startIndex > _length - length)
                throw new ArgumentOutOfRangeException("startIndex", "Index was out of range. Must "
                    + "be non-negative and less than the size of the collection.");
            if (length < 0)
                throw new ArgumentOutOfRangeException("length", "Index was out of range. Must be "
                    + "non-negative and less than the size of the collection.");
            char[] result = new char[length];
            CopyTo(startIndex, result, 0, length);
            return result;
        }

        public void CopyTo(int sourceIndex, char[] destination, int destinationIndex, int count)
        {
            if (destination == null) throw new ArgumentNullException("destination");
            if (count < 0 || sourceIndex < 0 || count > _length - sourceIndex
                || destinationIndex < 0
                || destinationIndex > destination.Length - count)
                throw new ArgumentOutOfRangeException("sourceIndex",
                    "Index and count must refer to a location within the string.");
            for (int i = 0; i < count; i++)
                destination[destinationIndex + i] = this[sourceIndex + i];
        }

        public string Insert(int startIndex, string value)
        {
            if ((object)value == null) throw new ArgumentNullException("value");
            return Concat(Substring(0, startIndex), value, Substring(startIndex));
        }

        public string Remove(int startIndex)
        {
            if (startIndex < 0)
                throw new ArgumentOutOfRangeException("startIndex",
                    "StartIndex cannot be less than zero.");
            if (startIndex >= _length)
                throw new ArgumentOutOfRangeException("startIndex",
                    "startIndex must be less than length of string.");
            return Substring(0, startIndex);
        }

        public string Remove(int startIndex, int count)
        {
            if (startIndex < 0 || count < 0)
                throw new ArgumentOutOfRangeException(startIndex < 0 ? "startIndex" : "count",
                    startIndex < 0 ? "StartIndex cannot be less than zero."
                        : "Count cannot be less than zero.");
            if (count > _length - startIndex)
                throw new ArgumentOutOfRangeException("count",
                    "Index and count must refer to a location within the string.");
            return Concat(Substring(0, startIndex), Substring(startIndex + count));
        }

        public string Trim() { return TrimCore(null, true, true); }
        public string Trim(char trimChar) { return TrimCore(new char[] { trimChar }, true, true); }
        public string Trim(params char[] trimChars) { return TrimCore(trimChars, true, true); }
        public string TrimStart() { return TrimCore(null, true, false); }
        public string TrimStart(char trimChar)
        {
            return TrimCore(new char[] { trimChar }, true, false);
        }
        public string TrimStart(params char[] trimChars)
        {
            return TrimCore(trimChars, true, false);
        }
        public string TrimEnd() { return TrimCore(null, false, true); }
        public string TrimEnd(char trimChar)
        {
            return TrimCore(new char[] { trimChar }, false, true);
        }
        public string TrimEnd(params char[] trimChars) { return TrimCore(trimChars, false, true); }

        string TrimCore(char[] set, bool start, bool end)
        {
            int first = 0, last = _length;
            if (start)
                while (first < last && InTrimSet(this[first], set)) first++;
            if (end)
                while (last > first && InTrimSet(this[last - 1], set)) last--;
            return Substring(first, last - first);
        }

        static bool InTrimSet(char c, char[] set)
        {
            if (set == null || set.Length == 0) return Char.IsWhiteSpace(c);
            return Contains(set, c);
        }

        static bool Contains(char[] set, char c)
        {
            for (int i = 0; i < set.Length; i++)
                if (set[i] == c) return true;
            return false;
        }

        public string PadLeft(int totalWidth) { return PadLeft(totalWidth, ' '); }

        public string PadLeft(int totalWidth, char paddingChar)
        {
            if (totalWidth < 0)
                throw new ArgumentOutOfRangeException("totalWidth",
                    "Non-negative number required.");
            return totalWidth <= _length ? this
                : Concat(new string(paddingChar, totalWidth - _length), this);
        }

        public string PadRight(int totalWidth) { return PadRight(totalWidth, ' '); }

        public string PadRight(int totalWidth, char paddingChar)
        {
            if (totalWidth < 0)
                throw new ArgumentOutOfRangeException("totalWidth",
                    "Non-negative number required.");
            return totalWidth <= _length ? this
                : Concat(this, new string(paddingChar, totalWidth - _length));
        }

        public string ToUpper() { return ToUpperInvariant(); }
        public string ToUpper(CultureInfo culture) { return ToUpperInvariant(); }
        public string ToLower() { return ToLowerInvariant(); }
        public string ToLower(CultureInfo culture) { return ToLowerInvariant(); }

        public unsafe string ToUpperInvariant()
        {
            if (_length == 0) return this;
            string result = FastAllocate(_length);
            fixed (char* to = &result._firstChar)
            fixed (char* from = &_firstChar)
                for (int i = 0; i < _length; i++) to[i] = Char.ToUpper(from[i]);
            return result;
        }

        public unsafe string ToLowerInvariant()
        {
            if (_length == 0) return this;
            string result = FastAllocate(_length);
            fixed (char* to = &result._firstChar)
            fixed (char* from = &_firstChar)
                for (int i = 0; i < _length; i++) to[i] = Char.ToLower(from[i]);
            return result;
        }

        public unsafe string Replace(char oldChar, char newChar)
        {
            if (_length == 0 || IndexOf(oldChar) < 0) return this;
            string result = FastAllocate(_length);
            fixed (char* to = &result._firstChar)
            fixed (char* from = &_firstChar)
                for (int i = 0; i < _length; i++) to[i] = from[i] == oldChar ? newChar : from[i];
            return result;
        }

        public string Replace(string oldValue, string newValue)
        {
            if ((object)oldValue == null) throw new ArgumentNullException("oldValue");
            if (oldValue._length == 0)
                throw new ArgumentException("String cannot be of zero length.", "oldValue");
            int at = IndexOf(oldValue);
            if (at < 0) return this;
            StringBuilder text = new StringBuilder();
            int from = 0;
            while (at >= 0)
            {
                text.Append(this, from, at - from);
                text.Append(newValue);
                from = at + oldValue._length;
                at = IndexOf(oldValue, from);
            }
            text.Append(this, from, _length - from);
            return text.ToString();
        }

        // ---- search ----

        public bool Contains(string value) { return IndexOf(value) >= 0; }
        public bool Contains(char value) { return IndexOf(value) >= 0; }

        public int IndexOf(char value) { return IndexOf(value, 0, _length); }

        public int IndexOf(char value, int startIndex)
        {
            return IndexOf(value, startIndex, _length - startIndex);
        }

        public unsafe int IndexOf(char value, int startIndex, int count)
        {
            CheckRange(startIndex, count);
            fixed (char* first = &_firstChar)
                for (int i = startIndex; i < startIndex + count; i++)
                    if (first[i] == value) return i;
            return -1;
        }

        void CheckRange(int startIndex, int count)
        {
            if ((uint)startIndex > (uint)_length)
                throw new ArgumentOutOfRangeException("startIndex",
                    "Index was out of range. Must be non-negative and less than the size of the "
                    + "collection.");
            if (count < 0 || startIndex > _length - count)
                throw new ArgumentOutOfRangeException("count",
                    "Count must be positive and count must refer to a location within the "
                    + "string/array/collection.");
        }

        bool Matches(int at, string value)
        {
            if (value._length > _length - at) return false;
            for (int i = 0; i < value._length; i++)
                if (this[at + i] != value[i]) return false;
            return true;
        }

        public int IndexOf(string value) { return IndexOf(value, 0, _length); }

        public int IndexOf(string value, int startIndex)
        {
            return IndexOf(value, startIndex, _length - startIndex);
        }

        public int IndexOf(string value, int startIndex, int count)
        {
            if ((object)value == null) throw new ArgumentNullException("value");
            CheckRange(startIndex, count);
            for (int i = startIndex; i <= startIndex + count - value._length; i++)
                if (Matches(i, value)) return i;
            return -1;
        }

        public int IndexOf(string value, StringComparison comparisonType)
        {
            if ((object)value == null) throw new ArgumentNullException("value");
            if (((int)comparisonType & 1) == 0) return IndexOf(value);
            return ToUpperInvariant().IndexOf(value.ToUpperInvariant());
        }

        public int IndexOfAny(char[] anyOf) { return IndexOfAny(anyOf, 0, _length); }

        public int IndexOfAny(char[] anyOf, int startIndex)
        {
            return IndexOfAny(anyOf, startIndex, _length - startIndex);
        }

        public int IndexOfAny(char[] anyOf, int startIndex, int count)
        {
            if (anyOf == null) throw new ArgumentNullException("anyOf");
            CheckRange(startIndex, count);
            for (int i = startIndex; i < startIndex + count; i++)
                if (Contains(anyOf, this[i])) return i;
            return -1;
        }

        public int LastIndexOf(char value) { return LastIndexOf(value, _length - 1, _length); }

        public int LastIndexOf(char value, int startIndex)
        {
            return LastIndexOf(value, startIndex, startIndex + 1);
        }

        public int LastIndexOf(char value, int startIndex, int count)
        {
            if (_length == 0) return -1;
            CheckBackwards(startIndex, count);
            for (int i = startIndex; i > startIndex - count; i--)
                if (this[i] == value) return i;
            return -1;
        }

        // The `count` characters that end at an index.
        void CheckBackwards(int startIndex, int count)
        {
            if ((uint)startIndex >= (uint)_length)
                throw new ArgumentOutOfRangeException("startIndex", "Index was out of range. Must "
                    + "be non-negative and less than the size of the collection.");
            if (count < 0 || startIndex - count + 1 < 0)
                throw new ArgumentOutOfRangeException("count", "Count must be positive and count "
                    + "must refer to a location within the string/array/collection.");
        }

        public int LastIndexOf(string value)
        {
            return LastIndexOf(value, _length == 0 ? 0 : _length - 1);
        }

        public int LastIndexOf(string value, int startIndex)
        {
            if ((object)value == null) throw new ArgumentNullException("value");
            if (_length > 0 && (uint)startIndex > (uint)_length)
                throw new ArgumentOutOfRangeException("startIndex", "Index was out of range. Must "
                    + "be non-negative and less than the size of the collection.");
            if (value._length == 0) return startIndex;
            for (int i = startIndex - value._length + 1; i >= 0; i--)
                if (Matches(i, value)) return i;
            return -1;
        }

        public int LastIndexOfAny(char[] anyOf)
        {
            if (anyOf == null) throw new ArgumentNullException("anyOf");
            for (int i = _length - 1; i >= 0; i--)
                if (Contains(anyOf, this[i])) return i;
            return -1;
        }

        public bool StartsWith(string value)
        {
            if ((object)value == null) throw new ArgumentNullException("value");
            return Matches(0, value);
        }

        public bool StartsWith(char value) { return _length > 0 && _firstChar == value; }

        public bool StartsWith(string value, StringComparison comparisonType)
        {
            if ((object)value == null) throw new ArgumentNullException("value");
            return value._length <= _length
                && Equals(Substring(0, value._length), value, comparisonType);
        }

        public bool EndsWith(string value)
        {
            if ((object)value == null) throw new ArgumentNullException("value");
            return value._length <= _length && Matches(_length - value._length, value);
        }

        public bool EndsWith(char value) { return _length > 0 && this[_length - 1] == value; }

        public bool EndsWith(string value, StringComparison comparisonType)
        {
            if ((object)value == null) throw new ArgumentNullException("value");
            return value._length <= _length
                && Equals(Substring(_length - value._length), value, comparisonType);
        }

        public static bool IsNullOrEmpty(string value)
        {
            return (object)value == null || value._length == 0;
        }

        public static bool IsNullOrWhiteSpace(string value)
        {
            if ((object)value == null) return true;
            for (int i = 0; i < value._length; i++)
                if (!Char.IsWhiteSpace(value[i])) return false;
            return true;
        }

        // ---- Split ----

        public string[] Split(params char[] separator)
        {
            return Split(separator, Int32.MaxValue, StringSplitOptions.None);
        }

        public string[] Split(char separator, StringSplitOptions options)
        {
            return Split(new char[] { separator }, Int32.MaxValue, options);
        }

        public string[] Split(char separator, int count, StringSplitOptions options)
        {
            return Split(new char[] { separator }, count, options);
        }

        public string[] Split(char[] separator, int count)
        {
            return Split(separator, count, StringSplitOptions.None);
        }

        public string[] Split(char[] separator, StringSplitOptions options)
        {
            return Split(separator, Int32.MaxValue, options);
        }

        public string[] Split(char[] separator, int count, StringSplitOptions options)
        {
            return SplitCore(separator, null, count, options);
        }

        public string[] Split(string separator, StringSplitOptions options)
        {
            return SplitCore(null, new string[] { separator }, Int32.MaxValue, options);
        }

        public string[] Split(string[] separator, StringSplitOptions options)
        {
            return SplitCore(null, separator, Int32.MaxValue, options);
        }

        public string[] Split(string[] separator, int count, StringSplitOptions options)
        {
            return SplitCore(null, separator, count, options);
        }

        int SeparatorAt(int at, char[] chars, string[] texts)
        {
            if (texts != null && texts.Length > 0)
            {
                for (int i = 0; i < texts.Length; i++)
                    if (LengthOf(texts[i]) > 0 && Matches(at, texts[i])) return texts[i]._length;
                return 0;
            }
            return InTrimSet(this[at], chars) ? 1 : 0;
        }

        string[] SplitCore(char[] chars, string[] texts, int count, StringSplitOptions options)
        {
            if (count < 0)
                throw new ArgumentOutOfRangeException("count", "Count cannot be less than zero.");
            bool dropEmpty = (options & StringSplitOptions.RemoveEmptyEntries) != 0;
            if (count == 0 || dropEmpty && _length == 0) return new string[0];
            if (count == 1) return new[] { this };
            string[] parts = new string[4];
            int used = 0, start = 0, at = 0;
            while (at < _length && used < count - 1)
            {
                int width = SeparatorAt(at, chars, texts);
                if (width == 0)
                {
                    at++;
                    continue;
                }
                if (!dropEmpty || at > start)
                    parts = Add(parts, ref used, Substring(start, at - start));
                at += width;
                start = at;
            }
            if (dropEmpty && used == count - 1)
            {
                // the last part is the rest; leading separators are dropped too
                while (start < _length)
                {
                    int width = SeparatorAt(start, chars, texts);
                    if (width == 0) break;
                    start += width;
                }
            }
            if (!dropEmpty || start < _length) parts = Add(parts, ref used, Substring(start));
            string[] result = new string[used];
            for (int i = 0; i < used; i++) result[i] = parts[i];
            return result;
        }

        static string[] Add(string[] parts, ref int used, string part)
        {
            if (used == parts.Length)
            {
                string[] larger = new string[used * 2];
                for (int i = 0; i < used; i++) larger[i] = parts[i];
                parts = larger;
            }
            parts[used++] = part;
            return parts;
        }
    }
}
