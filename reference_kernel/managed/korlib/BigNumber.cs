// Unsigned integers of any size, just enough for exact conversions between double and decimal.
namespace System
{
    internal sealed class BigNumber
    {
        uint[] _words;      // least significant first
        int _count;         // words in use, no leading zero words

        public BigNumber(ulong value, int capacity)
        {
            _words = new uint[capacity < 4 ? 4 : capacity];
            _words[0] = (uint)value;
            _words[1] = (uint)(value >> 32);
            _count = 2;
            Trim();
        }

        public bool IsZero { get { return _count == 0; } }

        public int BitLength
        {
            get
            {
                if (_count == 0) return 0;
                int bits = (_count - 1) * 32;
                for (uint top = _words[_count - 1]; top != 0; top >>= 1) bits++;
                return bits;
            }
        }

        void Trim()
        {
            while (_count > 0 && _words[_count - 1] == 0) _count--;
        }

        void Need(int count)
        {
            if (count <= _words.Length) return;
            uint[] larger = new uint[count + count / 2];
            for (int i = 0; i < _count; i++) larger[i] = _words[i];
            _words = larger;
        }

        void Push(uint word)
        {
            Need(_count + 1);
            _words[_count++] = word;
        }

        public void Multiply(uint factor)
        {
            ulong carry = 0;
            for (int i = 0; i < _count; i++)
            {
                carry += (ulong)_words[i] * factor;
                _words[i] = (uint)carry;
                carry >>= 32;
            }
            if (carry != 0) Push((uint)carry);
        }

        // this = this * 10 + digit
        public void Append(uint digit)
        {
            Multiply(10);
            if (digit == 0) return;
            for (int i = 0; i < _count; i++)
            {
                uint sum = _words[i] + digit;
                _words[i] = sum;
                if (sum >= digit) return;
                digit = 1;
            }
            Push(digit);
        }

        // Multiplies by 5 to the power of n.
        public void MultiplyPowerOfFive(int n)
        {
            while (n >= 13)
            {
                Multiply(1220703125);
                n -= 13;
            }
            uint rest = 1;
            for (int i = 0; i < n; i++) rest *= 5;
            Multiply(rest);
        }

        public void ShiftLeft(int bits)
        {
            if (_count == 0 || bits == 0) return;
            int words = bits >> 5;
            int shift = bits & 31;
            Need(_count + words + 1);
            int last = _count + words;
            _words[last] = 0;
            for (int i = _count - 1; i >= 0; i--)
            {
                ulong wide = (ulong)_words[i] << shift;
                if (i == _count - 1) _words[last] = (uint)(wide >> 32);
                else _words[i + words + 1] |= (uint)(wide >> 32);
                _words[i + words] = (uint)wide;
            }
            for (int i = 0; i < words; i++) _words[i] = 0;
            _count = last + 1;
            Trim();
        }

        public void ShiftRightOne()
        {
            for (int i = 0; i < _count; i++)
            {
                uint next = i + 1 < _count ? _words[i + 1] : 0;
                _words[i] = (_words[i] >> 1) | (next << 31);
            }
            Trim();
        }

        // Divides by a small number in place and returns the remainder.
        public uint DivideSmall(uint divisor)
        {
            ulong rest = 0;
            for (int i = _count - 1; i >= 0; i--)
            {
                rest = (rest << 32) | _words[i];
                _words[i] = (uint)(rest / divisor);
                rest %= divisor;
            }
            Trim();
            return (uint)rest;
        }

        public int CompareTo(BigNumber other)
        {
            if (_count != other._count) return _count < other._count ? -1 : 1;
            for (int i = _count - 1; i >= 0; i--)
                if (_words[i] != other._words[i]) return _words[i] < other._words[i] ? -1 : 1;
            return 0;
        }

        // this -= other; this must not be the smaller one.
        public void Subtract(BigNumber other)
        {
            long borrow = 0;
            for (int i = 0; i < _count; i++)
            {
                long difference = (long)_words[i] - (i < other._count ? (long)other._words[i] : 0L)
                    + borrow;
                _words[i] = (uint)difference;
                borrow = difference >> 32;
            }
            Trim();
        }

        // Decimal digits, most significant first, into `digits` ('0'..'9'); returns how many.
        // Destroys this.
        public int TakeDigits(ref char[] digits)
        {
            int room = BitLength * 31 / 100 + 12;
            char[] reversed = new char[room];
            int count = 0;
            while (_count > 0)
            {
                uint part = DivideSmall(1000000000);
                for (int i = 0; i < 9; i++)
                {
                    reversed[count++] = (char)('0' + part % 10);
                    part /= 10;
                }
            }
            while (count > 0 && reversed[count - 1] == '0') count--;
            digits = new char[count + 1];
            for (int i = 0; i < count; i++) digits[i] = reversed[count - 1 - i];
            return count;
        }
    }
}
