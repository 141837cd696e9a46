// A decimal number on its way to text: 0.d1d2d3... times ten to the power of Scale.
namespace System
{
    internal sealed class NumberBuffer
    {
        public char[] Digits;   // '0'..'9', at least one element behind the last digit
        public int Count;
        public int Scale;
        public bool Negative;

        // Digit at `index`, or '\0' behind the last one.
        public char At(int index)
        {
            return index < Count ? Digits[index] : '\0';
        }

        public bool IsZero { get { return Count == 0; } }

        // Keeps `position` digits, rounding half away from zero on the digits that are there.
        public void Round(int position)
        {
            int i = position < Count ? position : Count;
            if (i < 0) i = 0;
            if (position >= 0 && position < Count && Digits[position] >= '5')
            {
                while (i > 0 && Digits[i - 1] == '9') i--;
                if (i > 0) Digits[i - 1]++;
                else
                {
                    Scale++;
                    Digits[0] = '1';
                    i = 1;
                }
            }
            else
            {
                while (i > 0 && Digits[i - 1] == '0') i--;
            }
            if (i == 0)
            {
                Scale = 0;
                Negative = false;
            }
            Count = i;
        }

        public static NumberBuffer FromUnsigned(ulong value, bool negative)
        {
            NumberBuffer number = new NumberBuffer();
            char[] digits = new char[24];
            int at = 22;
            while (value != 0)
            {
                digits[--at] = (char)('0' + value % 10);
                value /= 10;
            }
            int count = 22 - at;
            number.Digits = new char[count + 2];
            for (int i = 0; i < count; i++) number.Digits[i] = digits[at + i];
            number.Scale = count;
            number.Negative = negative;
            while (count > 0 && number.Digits[count - 1] == '0') count--;
            number.Count = count;
            return number;
        }

        // mantissa * 2^exponent, rounded to `precision` significant digits, half away from zero.
        public static NumberBuffer FromBinary(ulong mantissa, int exponent, bool negative,
            int precision)
        {
            NumberBuffer number = new NumberBuffer();
            number.Negative = negative;
            if (mantissa == 0)
            {
                number.Digits = new char[2];
                return number;
            }
            int shift = 0;
            while ((mantissa & 1) == 0)
            {
                mantissa >>= 1;
                exponent++;
            }
            BigNumber big = new BigNumber(mantissa, 8);
            if (exponent >= 0) big.ShiftLeft(exponent);
            else
            {
                // m / 2^k == m * 5^k / 10^k: exact in decimal
                big.MultiplyPowerOfFive(-exponent);
                shift = exponent;
            }
            int count = big.TakeDigits(ref number.Digits);
            number.Scale = count + shift;
            if (count > precision) count = number.RoundExact(count, precision);
            while (count > 0 && number.Digits[count - 1] == '0') count--;
            number.Count = count;
            return number;
        }

        // Rounds exact digits, half away from zero.
        int RoundExact(int count, int precision)
        {
            bool up = Digits[precision] >= '5';
            count = precision;
            if (!up) return count;
            while (count > 0 && Digits[count - 1] == '9') count--;
            if (count > 0) Digits[count - 1]++;
            else
            {
                Digits[0] = '1';
                Scale++;
                count = 1;
            }
            return count;
        }
    }
}
