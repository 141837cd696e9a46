namespace System.Text
{
    public sealed class StringBuilder
    {
        char[] _chars;
        int _length;

        public StringBuilder() : this(16) { }

        public StringBuilder(int capacity)
        {
            if (capacity < 0)
                throw new ArgumentOutOfRangeException("capacity",
                    "'capacity' must be greater than zero.");
            _chars = new char[capacity == 0 ? 16 : capacity];
        }

        public StringBuilder(string value) : this(value, 16) { }

        public StringBuilder(string value, int capacity)
            : this(value == null || capacity < 0 || value.Length < capacity ? capacity
                : value.Length)
        {
            Append(value);
        }

        public int Length
        {
            get { return _length; }
            set
            {
                if (value < 0)
                    throw new ArgumentOutOfRangeException("value",
                        "Length cannot be less than zero.");
                Need(value - _length);
                for (int i = _length; i < value; i++) _chars[i] = '\0';
                _length = value;
            }
        }

        public int Capacity
        {
            get { return _chars.Length; }
            set
            {
                if (value < 0)
                    throw new ArgumentOutOfRangeException("value", "Capacity must be positive.");
                if (value < _length)
                    throw new ArgumentOutOfRangeException("value",
                        "capacity was less than the current size.");
                EnsureCapacity(value);
            }
        }

        public int EnsureCapacity(int capacity)
        {
            if (capacity < 0)
                throw new ArgumentOutOfRangeException("capacity", "Capacity must be positive.");
            Need(capacity - _length);
            return _chars.Length;
        }

        void Need(int more)
        {
            int want = _length + more;
            if (want <= _chars.Length) return;
            int capacity = _chars.Length * 2;
            if (capacity < want) capacity = want;
            char[] larger = new char[capacity];
            Buffer.BlockCopy(_chars, 0, larger, 0, _length * 2);
            _chars = larger;
        }

        [System.Runtime.CompilerServices.IndexerName("Chars")]
        public char this[int index]
        {
            get
            {
                if ((uint)index >= (uint)_length) throw new IndexOutOfRangeException();
                return _chars[index];
            }
            set
            {
                if ((uint)index >= (uint)_length)
                    throw new ArgumentOutOfRangeException("index",
                        "Index was out of range. Must be non-negative and less than the size of "
                        + "the collection.");
                _chars[index] = value;
            }
        }

        public StringBuilder Append(char value)
        {
            Need(1);
            _chars[_length++] = value;
            return this;
        }

        public StringBuilder Append(char value, int repeatCount)
        {
            if (repeatCount < 0)
                throw new ArgumentOutOfRangeException("repeatCount",
                    "Count cannot be less than zero.");
            Need(repeatCount);
            for (int i = 0; i < repeatCount; i++) _chars[_length++] = value;
            return this;
        }

        public StringBuilder Append(string value)
        {
            return value == null ? this : Append(value, 0, value.Length);
        }

        public StringBuilder Append(string value, int startIndex, int count)
        {
            if (count == 0 && value != null && startIndex >= 0) return this;
            CheckPart(value, value == null ? 0 : value.Length, startIndex, count, "count");
            if (count == 0) return this;
            Need(count);
            value.CopyTo(startIndex, _chars, _length, count);
            _length += count;
            return this;
        }

        // A part of a value, which may be null when the part is empty.
        static void CheckPart(object value, int length, int startIndex, int count, string name)
        {
            const string Index = "Index was out of range. Must be non-negative and less than the "
                + "size of the collection.";
            if (startIndex < 0)
                throw new ArgumentOutOfRangeException("startIndex", "Value must be positive.");
            if (count < 0) throw new ArgumentOutOfRangeException(name, "Value must be positive.");
            if (value == null && startIndex == 0 && count == 0) return;
            if (value == null) throw new ArgumentNullException("value");
            if (count > length - startIndex) throw new ArgumentOutOfRangeException(name, Index);
        }

        public StringBuilder Append(char[] value)
        {
            return value == null ? this : Append(value, 0, value.Length);
        }

        public StringBuilder Append(char[] value, int startIndex, int charCount)
        {
            CheckPart(value, value == null ? 0 : value.Length, startIndex, charCount, "charCount");
            if (charCount == 0) return this;
            Need(charCount);
            for (int i = 0; i < charCount; i++) _chars[_length++] = value[startIndex + i];
            return this;
        }

        public StringBuilder Append(object value)
        {
            return value == null ? this : Append(value.ToString());
        }
        public StringBuilder Append(bool value) { return Append(value.ToString()); }
        public StringBuilder Append(sbyte value) { return Append(value.ToString()); }
        public StringBuilder Append(byte value) { return Append(value.ToString()); }
        public StringBuilder Append(short value) { return Append(value.ToString()); }
        public StringBuilder Append(ushort value) { return Append(value.ToString()); }
        public StringBuilder Append(int value) { return Append(value.ToString()); }
        public StringBuilder Append(uint value) { return Append(value.ToString()); }
        public StringBuilder Append(long value) { return Append(value.ToString()); }
        public StringBuilder Append(ulong value) { return Append(value.ToString()); }
        public StringBuilder Append(float value) { return Append(value.ToString()); }
        public StringBuilder Append(double value) { return Append(value.ToString()); }
        public StringBuilder Append(StringBuilder value)
        {
            return value == null ? this : Append(value.ToString());
        }

        public StringBuilder AppendLine() { return Append(Environment.NewLine); }

        public StringBuilder AppendLine(string value)
        {
            return Append(value).Append(Environment.NewLine);
        }

        public StringBuilder Insert(int index, string value)
        {
            if ((uint)index > (uint)_length)
                throw new ArgumentOutOfRangeException("index",
                    "Index was out of range. Must be non-negative and less than the size of the "
                    + "collection.");
            if (value == null || value.Length == 0) return this;
            Need(value.Length);
            for (int i = _length - 1; i >= index; i--) _chars[i + value.Length] = _chars[i];
            value.CopyTo(0, _chars, index, value.Length);
            _length += value.Length;
            return this;
        }

        public StringBuilder Insert(int index, char value)
        {
            return Insert(index, value.ToString());
        }
        public StringBuilder Insert(int index, int value)
        {
            return Insert(index, value.ToString());
        }
        public StringBuilder Insert(int index, object value)
        {
            return value == null ? this : Insert(index, value.ToString());
        }

        public StringBuilder Remove(int startIndex, int length)
        {
            if (length < 0)
                throw new ArgumentOutOfRangeException("length", "Length cannot be less than zero.");
            if (startIndex < 0 || length > _length - startIndex)
                throw new ArgumentOutOfRangeException("index",
                    "Index was out of range. Must be non-negative and less than the size of the "
                    + "collection.");
            for (int i = startIndex + length; i < _length; i++) _chars[i - length] = _chars[i];
            _length -= length;
            return this;
        }

        public StringBuilder Clear()
        {
            _length = 0;
            return this;
        }

        public StringBuilder Replace(char oldChar, char newChar)
        {
            for (int i = 0; i < _length; i++)
                if (_chars[i] == oldChar) _chars[i] = newChar;
            return this;
        }

        public StringBuilder Replace(string oldValue, string newValue)
        {
            string text = ToString().Replace(oldValue, newValue);
            _length = 0;
            return Append(text);
        }

        public StringBuilder AppendFormat(string format, object arg0)
        {
            return AppendFormat(null, format, new object[] { arg0 });
        }

        public StringBuilder AppendFormat(string format, object arg0, object arg1)
        {
            return AppendFormat(null, format, new object[] { arg0, arg1 });
        }

        public StringBuilder AppendFormat(string format, object arg0, object arg1, object arg2)
        {
            return AppendFormat(null, format, new object[] { arg0, arg1, arg2 });
        }

        public StringBuilder AppendFormat(string format, params object[] args)
        {
            return AppendFormat(null, format, args);
        }

        public StringBuilder AppendFormat(IFormatProvider provider, string format,
            params object[] args)
        {
            if (format == null || args == null)
                throw new ArgumentNullException(format == null ? "format" : "args");
            int at = 0;
            while (at < format.Length)
            {
                char c = format[at++];
                if (c == '}')
                {
                    if (at >= format.Length || format[at] != '}') throw BadFormat();
                    at++;
                }
                else if (c == '{')
                {
                    if (at >= format.Length) throw BadFormat();
                    if (format[at] != '{')
                    {
                        at = AppendItem(provider, format, at, args);
                        continue;
                    }
                    at++;
                }
                Append(c);
            }
            return this;
        }

        static FormatException BadFormat()
        {
            return new FormatException("Input string was not in a correct format.");
        }

        static int Spaces(string format, int at)
        {
            while (at < format.Length && format[at] == ' ') at++;
            return at;
        }

        static int Digits(string format, int at, out int value)
        {
            value = 0;
            int start = at;
            while (at < format.Length && format[at] >= '0' && format[at] <= '9' && value < 1000000)
                value = value * 10 + (format[at++] - '0');
            if (at == start) throw BadFormat();
            return at;
        }

        // index[,alignment][:format]} with `at` behind the opening brace; returns the place behind
        // the closing one.
        int AppendItem(IFormatProvider provider, string format, int at, object[] args)
        {
            int index, width = 0;
            bool left = false;
            at = Spaces(format, Digits(format, at, out index));
            if (index >= args.Length)
                throw new FormatException("Index (zero based) must be greater than or equal to "
                    + "zero and less than the size of the argument list.");
            if (at < format.Length && format[at] == ',')
            {
                at = Spaces(format, at + 1);
                if (at < format.Length && format[at] == '-')
                {
                    left = true;
                    at++;
                }
                at = Spaces(format, Digits(format, at, out width));
            }
            string itemFormat = null;
            if (at < format.Length && format[at] == ':')
            {
                StringBuilder text = new StringBuilder();
                at++;
                while (true)
                {
                    if (at >= format.Length) throw BadFormat();
                    char c = format[at];
                    if (c == '}' || c == '{')
                    {
                        bool twice = at + 1 < format.Length && format[at + 1] == c;
                        if (!twice && c == '}') break;
                        if (!twice) throw BadFormat();
                        at++;
                    }
                    text.Append(c);
                    at++;
                }
                itemFormat = text.ToString();
            }
            if (at >= format.Length || format[at] != '}') throw BadFormat();
            AppendAligned(ItemText(provider, args[index], itemFormat), width, left);
            return at + 1;
        }

        static string ItemText(IFormatProvider provider, object arg, string format)
        {
            if (arg == null) return String.Empty;
            IFormattable formattable = arg as IFormattable;
            string text = formattable != null ? formattable.ToString(format, provider)
                : arg.ToString();
            return text == null ? String.Empty : text;
        }

        void AppendAligned(string text, int width, bool left)
        {
            int pad = width - text.Length;
            if (!left && pad > 0) Append(' ', pad);
            Append(text);
            if (left && pad > 0) Append(' ', pad);
        }

        public void CopyTo(int sourceIndex, char[] destination, int destinationIndex, int count)
        {
            if (destination == null) throw new ArgumentNullException("destination");
            if (count < 0)
                throw new ArgumentOutOfRangeException("count",
                    "Argument count must not be negative.");
            if (destinationIndex < 0)
                throw new ArgumentOutOfRangeException("destinationIndex",
                    "'destinationIndex' must be non-negative.");
            if (destinationIndex > destination.Length - count)
                throw new ArgumentException("Either offset did not refer to a position in the "
                    + "string, or there is an insufficient length of destination character array.");
            if ((uint)sourceIndex > (uint)_length)
                throw new ArgumentOutOfRangeException("sourceIndex", "Index was out of range. Must "
                    + "be non-negative and less than the size of the collection.");
            if (sourceIndex > _length - count)
                throw new ArgumentException("Source string was not long enough. Check sourceIndex "
                    + "and count.");
            for (int i = 0; i < count; i++)
                destination[destinationIndex + i] = this[sourceIndex + i];
        }

        public bool Equals(StringBuilder sb)
        {
            return sb != null && ToString() == sb.ToString();
        }

        public override string ToString() { return new string(_chars, 0, _length); }

        public string ToString(int startIndex, int length)
        {
            if (startIndex < 0 || length < 0 || startIndex > _length - length)
                throw new ArgumentOutOfRangeException("startIndex",
                    "Index was out of range. Must be non-negative and less than the size of the "
                    + "collection.");
            return new string(_chars, startIndex, length);
        }
    }
}
