// Text to numbers, invariant culture. Doubles are correctly rounded.
using System.Globalization;

namespace System
{
    internal static partial class Number
    {
        public const int ParseOk = 0, ParseNull = 1, ParseMalformed = 2, ParseOverflow = 3;

        public static void ThrowParse(string s, int status, string typeName)
        {
            if (status == ParseNull) throw new ArgumentNullException("String");
            if (status == ParseOverflow)
            {
                string article = typeName[0] == 'I' ? "an " : typeName[0] == 'U' ? "a " : "a ";
                if (typeName == "Byte")
                    throw new OverflowException("Value was either too large or too small for an "
                        + "unsigned byte.");
                if (typeName == "SByte")
                    throw new OverflowException("Value was either too large or too small for a "
                        + "signed byte.");
                throw new OverflowException("Value was either too large or too small for " + article
                    + typeName + ".");
            }
            throw new FormatException("Input string was not in a correct format.");
        }

        static bool IsWhite(char c)
        {
            return c == ' ' || c >= '\t' && c <= '\r';
        }

        // Sign, digits, fraction and exponent as text; the digits go into a buffer, value = 0.ddd *
        // 10^Scale.
        sealed class Scanner
        {
            public NumberBuffer Number;

            public bool Scan(string s, NumberStyles style)
            {
                int at = 0, end = s.Length;
                while (end > 0 && s[end - 1] == '\0') end--;
                if ((style & NumberStyles.AllowLeadingWhite) != 0)
                    while (at < end && IsWhite(s[at])) at++;
                bool negative = false, signed = false, parentheses = false, currency = false;
                while (at < end)
                {
                    char c = s[at];
                    if ((c == '-' || c == '+') && !signed
                        && (style & NumberStyles.AllowLeadingSign) != 0)
                    {
                        negative = c == '-';
                        signed = true;
                    }
                    else if (c == '(' && !signed && (style & NumberStyles.AllowParentheses) != 0)
                    {
                        parentheses = signed = negative = true;
                    }
                    else if (c == '\u00A4' && !currency
                        && (style & NumberStyles.AllowCurrencySymbol) != 0)
                    {
                        currency = true;
                    }
                    else break;
                    at++;
                }
                NumberBuffer number = new NumberBuffer();
                number.Digits = new char[end - at + 2];
                bool any = false, point = false;
                int scale = 0, zeros = 0;
                for (; at < end; at++)
                {
                    char c = s[at];
                    if (c >= '0' && c <= '9')
                    {
                        any = true;
                        if (c == '0')
                        {
                            // zeros are kept only when a digit follows them
                            if (number.Count > 0) zeros++;
                            if (number.Count > 0 && !point) scale++;
                            if (number.Count == 0 && point) scale--;
                            continue;
                        }
                        for (; zeros > 0; zeros--) number.Digits[number.Count++] = '0';
                        number.Digits[number.Count++] = c;
                        if (!point) scale++;
                    }
                    else if (c == '.' && !point && (style & NumberStyles.AllowDecimalPoint) != 0)
                        point = true;
                    else if (c == ',' && any && !point
                        && (style & NumberStyles.AllowThousands) != 0)
                        { }
                    else break;
                }
                if (!any) return false;
                number.Scale = scale;
                number.Negative = negative;
                Number = number;
                if (at < end && (s[at] == 'e' || s[at] == 'E')
                    && (style & NumberStyles.AllowExponent) != 0)
                    at = Exponent(s, at, end);
                while (at < end)
                {
                    char c = s[at];
                    if (IsWhite(c) && (style & NumberStyles.AllowTrailingWhite) != 0) { }
                    else if ((c == '-' || c == '+') && !signed
                        && (style & NumberStyles.AllowTrailingSign) != 0)
                    {
                        signed = true;
                        number.Negative = c == '-';
                    }
                    else if (c == ')' && parentheses) parentheses = false;
                    else return false;
                    at++;
                }
                // "-0" is 0 even where there is no sign; "-0.0" is not
                if (number.IsZero && !point) number.Negative = false;
                return !parentheses;
            }

            int Exponent(string s, int at, int end)
            {
                int i = at + 1;
                bool negative = false;
                if (i < end && (s[i] == '+' || s[i] == '-'))
                {
                    negative = s[i] == '-';
                    i++;
                }
                if (i >= end || s[i] < '0' || s[i] > '9') return at;
                int value = 0;
                for (; i < end && s[i] >= '0' && s[i] <= '9'; i++)
                    if (value < 100000) value = value * 10 + (s[i] - '0');
                Number.Scale += negative ? -value : value;
                return i;
            }
        }

        static int ParseMagnitude(string s, NumberStyles style, int bits, out ulong magnitude,
            out bool negative)
        {
            magnitude = 0;
            negative = false;
            if (s == null) return ParseNull;
            if ((style & NumberStyles.AllowHexSpecifier) != 0)
                return ParseHex(s, style, bits, out magnitude);
            Scanner scanner = new Scanner();
            if (!scanner.Scan(s, style)) return ParseMalformed;
            NumberBuffer number = scanner.Number;
            negative = number.Negative;
            if (number.IsZero) return ParseOk;
            if (number.Scale > 20) return ParseOverflow;
            // a fraction that is not zero
            if (number.Scale < number.Count) return ParseOverflow;
            for (int i = 0; i < number.Scale; i++)
            {
                char c = number.At(i);
                uint digit = c == '\0' ? 0u : (uint)(c - '0');
                if (magnitude > (UInt64.MaxValue - digit) / 10) return ParseOverflow;
                magnitude = magnitude * 10 + digit;
            }
            return ParseOk;
        }

        static int ParseHex(string s, NumberStyles style, int bits, out ulong value)
        {
            value = 0;
            int at = 0, end = s.Length;
            if ((style & NumberStyles.AllowLeadingWhite) != 0)
                while (at < end && IsWhite(s[at])) at++;
            if ((style & NumberStyles.AllowTrailingWhite) != 0)
                while (end > at && (IsWhite(s[end - 1]) || s[end - 1] == '\0')) end--;
            if (at == end) return ParseMalformed;
            bool overflow = false;
            for (; at < end; at++)
            {
                char c = s[at];
                int digit = c >= '0' && c <= '9' ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
                if (digit < 0) return ParseMalformed;
                if ((value >> (bits - 4)) != 0) overflow = true;
                value = (value << 4) | (uint)digit;
            }
            return overflow ? ParseOverflow : ParseOk;
        }

        public static int ParseSigned(string s, NumberStyles style, int bits, long minimum,
            long maximum, out long value)
        {
            ulong magnitude;
            bool negative;
            value = 0;
            int status = ParseMagnitude(s, style, bits, out magnitude, out negative);
            if (status != ParseOk) return status;
            if ((style & NumberStyles.AllowHexSpecifier) != 0)
            {
                if (bits < 64 && (magnitude >> (bits - 1)) != 0) magnitude |= ~0UL << bits;
                value = unchecked((long)magnitude);
                return ParseOk;
            }
            if (negative)
            {
                if (magnitude > unchecked((ulong)(-(minimum + 1)) + 1)) return ParseOverflow;
                value = unchecked((long)(0UL - magnitude));
                return ParseOk;
            }
            if (magnitude > (ulong)maximum) return ParseOverflow;
            value = (long)magnitude;
            return ParseOk;
        }

        public static int ParseUnsigned(string s, NumberStyles style, int bits, ulong maximum,
            out ulong value)
        {
            bool negative;
            int status = ParseMagnitude(s, style, bits, out value, out negative);
            if (status != ParseOk) return status;
            // bytes are parsed as int there: "-0.0" is none of the wider types, but a byte
            if (value > maximum || negative && (bits > 8 || value != 0))
            {
                value = 0;
                return ParseOverflow;
            }
            return ParseOk;
        }

        // What the integer types do with it: one value or an exception, and one value or 0.

        public static long Signed(string s, NumberStyles style, int bits, long minimum,
            long maximum, string typeName)
        {
            long value;
            int status = ParseSigned(s, style, bits, minimum, maximum, out value);
            if (status != ParseOk) ThrowParse(s, status, typeName);
            return value;
        }

        public static bool TrySigned(string s, NumberStyles style, int bits, long minimum,
            long maximum, out long value)
        {
            if (ParseSigned(s, style, bits, minimum, maximum, out value) == ParseOk) return true;
            value = 0;
            return false;
        }

        public static ulong Unsigned(string s, NumberStyles style, int bits, ulong maximum,
            string typeName)
        {
            ulong value;
            int status = ParseUnsigned(s, style, bits, maximum, out value);
            if (status != ParseOk) ThrowParse(s, status, typeName);
            return value;
        }

        public static bool TryUnsigned(string s, NumberStyles style, int bits, ulong maximum,
            out ulong value)
        {
            if (ParseUnsigned(s, style, bits, maximum, out value) == ParseOk) return true;
            value = 0;
            return false;
        }

        public static int ParseDouble(string s, NumberStyles style, out double value)
        {
            int status = ParseFloating(s, style, 53, -1074, 971, out value);
            if (value == 0) value = 0;          // .NET Framework has no sign there
            return status;
        }

        // Correctly rounded to float at once: rounding to double first could round twice.
        public static int ParseSingle(string s, NumberStyles style, out float value)
        {
            double wide;
            int status = ParseFloating(s, style, 24, -149, 104, out wide);
            if (status == ParseOk && wide == 0) status = ParseDouble(s, style, out wide);
            value = (float)wide;
            return status;
        }

        static int ParseFloating(string s, NumberStyles style, int mantissaBits, int minExponent,
            int maxExponent,
                                 out double value)
        {
            value = 0;
            if ((style & NumberStyles.AllowHexSpecifier) != 0)
                throw new ArgumentException("The number style AllowHexSpecifier is not supported "
                    + "on floating point data types.");
            if (s == null) return ParseNull;
            Scanner scanner = new Scanner();
            if (!scanner.Scan(s, style))
            {
                string trimmed = s.Trim();
                if (trimmed == "NaN") value = Double.NaN;
                else if (trimmed == "Infinity") value = Double.PositiveInfinity;
                else if (trimmed == "-Infinity") value = Double.NegativeInfinity;
                else return ParseMalformed;
                return ParseOk;
            }
            NumberBuffer number = scanner.Number;
            if (number.IsZero)
            {
                value = number.Negative ? -0.0 : 0.0;
                return ParseOk;
            }
            if (number.Scale > 310) return ParseOverflow;
            if (number.Scale < -330) return ParseOk;
            ulong mantissa;
            int exponent;
            ToBinary(number, mantissaBits, minExponent, out mantissa, out exponent);
            if (exponent > maxExponent) return ParseOverflow;
            value = Compose(mantissa, exponent, number.Negative);
            return ParseOk;
        }

        static unsafe double Compose(ulong mantissa, int exponent, bool negative)
        {
            if (mantissa == 0) return negative ? -0.0 : 0.0;
            while ((mantissa & (1UL << 52)) == 0 && exponent > -1074)
            {
                mantissa <<= 1;
                exponent--;
            }
            ulong bits = mantissa & ((1UL << 52) - 1);
            if ((mantissa & (1UL << 52)) != 0) bits |= (ulong)(exponent + 1075) << 52;
            if (negative) bits |= 1UL << 63;
            return *(double*)&bits;
        }

        // number -> mantissa * 2^exponent with at most `bits` bits, half to even.
        static void ToBinary(NumberBuffer number, int bits, int minExponent, out ulong mantissa,
            out int exponent)
        {
            BigNumber top = new BigNumber(0, 16);
            for (int i = 0; i < number.Count; i++) top.Append((uint)(number.Digits[i] - '0'));
            BigNumber bottom = new BigNumber(1, 16);
            int power = number.Scale - number.Count;
            int binary = power;                         // 10^p = 5^p * 2^p
            if (power >= 0) top.MultiplyPowerOfFive(power);
            else bottom.MultiplyPowerOfFive(-power);
            // scale so that the quotient has `bits` bits or one more
            int shift = bits - (top.BitLength - bottom.BitLength);
            if (binary - shift < minExponent) shift = binary - minExponent;
            if (shift >= 0) top.ShiftLeft(shift);
            else bottom.ShiftLeft(-shift);
            exponent = binary - shift;
            mantissa = Divide(top, bottom);
            if ((mantissa >> bits) != 0)
            {
                // one bit too many: the lost bit is the half, the remainder the sticky part
                bool half = (mantissa & 1) != 0;
                mantissa >>= 1;
                exponent++;
                if (half && (!top.IsZero || (mantissa & 1) != 0)) mantissa++;
            }
            else
            {
                top.ShiftLeft(1);
                int order = top.CompareTo(bottom);
                if (order > 0 || order == 0 && (mantissa & 1) != 0) mantissa++;
            }
            if ((mantissa >> bits) != 0)
            {
                mantissa >>= 1;
                exponent++;
            }
        }

        // Quotient (it fits 64 bits); `top` becomes the remainder.
        static ulong Divide(BigNumber top, BigNumber bottom)
        {
            int steps = top.BitLength - bottom.BitLength;
            if (steps < 0) return 0;
            bottom.ShiftLeft(steps);
            ulong quotient = 0;
            for (int i = steps; i >= 0; i--)
            {
                quotient <<= 1;
                if (top.CompareTo(bottom) >= 0)
                {
                    top.Subtract(bottom);
                    quotient |= 1;
                }
                if (i > 0) bottom.ShiftRightOne();
            }
            return quotient;
        }
    }
}
