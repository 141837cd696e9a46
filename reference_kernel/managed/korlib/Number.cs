// Numbers to text with standard format strings: C D E F G N P R X, invariant culture. Custom format
// strings are in NumberCustom.cs, parsing in NumberParse.cs. Source of the format: .NET's
// documented "Standard numeric format strings"; digits as mono 6.8 gives them (15 for double, 7 for
// float).
using System.Globalization;
using System.Text;

namespace System
{
    internal static partial class Number
    {
        const int DoublePrecision = 15, SinglePrecision = 7;

        // The letter of a standard format string with its number (two digits at most) in `digits`
        // (-1: none); '\0' for custom ones.
        static char ParseFormat(string format, out int digits)
        {
            digits = -1;
            if (format == null || format.Length == 0) return 'G';
            char letter = format[0];
            if (!(letter >= 'A' && letter <= 'Z' || letter >= 'a' && letter <= 'z')) return '\0';
            if (format.Length == 1) return letter;
            int number = 0;
            for (int i = 1; i < format.Length; i++)
            {
                char c = format[i];
                if (c < '0' || c > '9' || i > 2) return '\0';
                number = number * 10 + (c - '0');
            }
            digits = number;
            return letter;
        }

        static char Upper(char letter)
        {
            return letter >= 'a' && letter <= 'z' ? (char)(letter - 32) : letter;
        }

        static FormatException BadFormat()
        {
            return new FormatException("Format specifier was invalid.");
        }

        public static string FormatSigned(long value, int bits, string format,
            IFormatProvider provider)
        {
            bool negative = value < 0;
            ulong magnitude = negative ? unchecked(0UL - (ulong)value) : (ulong)value;
            ulong raw = unchecked((ulong)value);
            if (bits < 64) raw &= (1UL << bits) - 1;
            return FormatInteger(magnitude, raw, negative, format);
        }

        public static string FormatUnsigned(ulong value, int bits, string format,
            IFormatProvider provider)
        {
            return FormatInteger(value, value, false, format);
        }

        static string FormatInteger(ulong magnitude, ulong raw, bool negative, string format)
        {
            if (format == null || format.Length == 0) return Decimal(magnitude, negative, 0);
            int digits;
            char letter = ParseFormat(format, out digits);
            char upper = Upper(letter);
            if (upper == 'D' || upper == 'G' && digits < 1)
                return Decimal(magnitude, negative, upper == 'D' ? digits : 0);
            if (upper == 'X') return Hex(raw, letter, digits);
            NumberBuffer number = NumberBuffer.FromUnsigned(magnitude, negative);
            if (letter == '\0') return FormatCustom(number, format);
            if (upper == 'R') throw BadFormat();
            return FormatStandard(number, letter, digits, 19, false);
        }

        static string Decimal(ulong magnitude, bool negative, int minimum)
        {
            int length = minimum > 20 ? minimum : 20;
            char[] text = new char[length + 1];
            int at = text.Length;
            int written = 0;
            while (magnitude != 0 || written < minimum || written == 0)
            {
                text[--at] = (char)('0' + (int)(magnitude % 10));
                magnitude /= 10;
                written++;
            }
            if (negative) text[--at] = '-';
            return new string(text, at, text.Length - at);
        }

        static string Hex(ulong value, char letter, int minimum)
        {
            int first = letter == 'x' ? 'a' - 10 : 'A' - 10;
            int length = minimum > 16 ? minimum : 16;
            char[] text = new char[length];
            int at = length;
            int written = 0;
            while (value != 0 || written < minimum || written == 0)
            {
                int digit = (int)(value & 15);
                text[--at] = (char)(digit < 10 ? '0' + digit : first + digit);
                value >>= 4;
                written++;
            }
            return new string(text, at, length - at);
        }

        public static unsafe string FormatDouble(double value, string format,
            IFormatProvider provider)
        {
            ulong bits = *(ulong*)&value;
            int exponent = (int)(bits >> 52) & 0x7FF;
            ulong mantissa = bits & 0xFFFFFFFFFFFFFUL;
            bool negative = (bits >> 63) != 0;
            if (exponent == 0x7FF) return NonFinite(mantissa != 0, negative);
            if (exponent == 0) exponent = 1;
            else mantissa |= 1UL << 52;
            exponent -= 1075;
            int digits;
            char letter = ParseFormat(format, out digits);
            if (Upper(letter) == 'R')
            {
                NumberBuffer shorter = NumberBuffer.FromBinary(mantissa, exponent, negative,
                    DoublePrecision);
                string text = FormatStandard(shorter, 'G', DoublePrecision, DoublePrecision, true);
                double back;
                if (ParseDouble(text, NumberStyles.Float, out back) == ParseOk && back == value)
                    return text;
                NumberBuffer exact = NumberBuffer.FromBinary(mantissa, exponent, negative, 17);
                return FormatStandard(exact, 'G', 17, 17, true);
            }
            return FormatFloating(mantissa, exponent, negative, letter, digits, format,
                DoublePrecision, 17);
        }

        public static unsafe string FormatSingle(float value, string format,
            IFormatProvider provider)
        {
            uint bits = *(uint*)&value;
            int exponent = (int)(bits >> 23) & 0xFF;
            ulong mantissa = bits & 0x7FFFFF;
            bool negative = (bits >> 31) != 0;
            if (exponent == 0xFF) return NonFinite(mantissa != 0, negative);
            if (exponent == 0) exponent = 1;
            else mantissa |= 1UL << 23;
            exponent -= 150;
            int digits;
            char letter = ParseFormat(format, out digits);
            if (Upper(letter) == 'R')
            {
                NumberBuffer shorter = NumberBuffer.FromBinary(mantissa, exponent, negative,
                    SinglePrecision);
                string text = FormatStandard(shorter, 'G', SinglePrecision, SinglePrecision, true);
                double back;
                if (ParseDouble(text, NumberStyles.Float, out back) == ParseOk
                    && (float)back == value)
                    return text;
                NumberBuffer exact = NumberBuffer.FromBinary(mantissa, exponent, negative, 9);
                return FormatStandard(exact, 'G', 9, 9, true);
            }
            return FormatFloating(mantissa, exponent, negative, letter, digits, format,
                SinglePrecision, 9);
        }

        static string NonFinite(bool nan, bool negative)
        {
            if (nan) return "NaN";
            return negative ? "-Infinity" : "Infinity";
        }

        static string FormatFloating(ulong mantissa, int exponent, bool negative, char letter,
            int digits,
                                     string format, int precision, int fullPrecision)
        {
            char upper = Upper(letter);
            if (upper == 'E' && digits > precision - 1 || upper == 'G' && digits > precision)
                precision = fullPrecision;
            NumberBuffer number = NumberBuffer.FromBinary(mantissa, exponent, negative, precision);
            if (letter == '\0') return FormatCustom(number, format);
            if (upper == 'D' || upper == 'X') throw BadFormat();
            return FormatStandard(number, letter, digits, precision, true);
        }

        static string FormatStandard(NumberBuffer number, char letter, int digits, int precision,
            bool floating)
        {
            StringBuilder text = new StringBuilder();
            bool lower = letter >= 'a';
            char upper = Upper(letter);
            if (upper == 'E')
            {
                if (digits < 0) digits = 6;
                number.Round(digits + 1);
                if (number.Negative) text.Append('-');
                Scientific(text, number, digits + 1, lower ? 'e' : 'E', 3);
            }
            else if (upper == 'F' || upper == 'N' || upper == 'C' || upper == 'P')
            {
                if (digits < 0) digits = 2;
                if (upper == 'P' && !number.IsZero) number.Scale += 2;
                number.Round(number.Scale + digits);
                bool negative = number.Negative;
                if (negative) text.Append(upper == 'C' ? '(' : '-');
                if (upper == 'C') text.Append('\u00A4');
                Fixed(text, number, digits, upper != 'F');
                if (upper == 'P') text.Append(" %");
                if (negative && upper == 'C') text.Append(')');
            }
            else if (upper == 'G')
            {
                if (digits < 1) digits = precision;
                number.Round(digits);
                if (number.Negative && !(floating && number.IsZero)) text.Append('-');
                General(text, number, digits, lower ? 'e' : 'E');
            }
            else throw BadFormat();
            return text.ToString();
        }

        // digits.digits with exactly `decimals` behind the point.
        static void Fixed(StringBuilder text, NumberBuffer number, int decimals, bool groups)
        {
            int whole = number.Scale;
            int at = 0;
            if (whole <= 0) text.Append('0');
            for (int i = 0; i < whole; i++)
            {
                char digit = number.At(at);
                if (digit != '\0') at++;
                text.Append(digit == '\0' ? '0' : digit);
                int left = whole - 1 - i;
                if (groups && left > 0 && left % 3 == 0) text.Append(',');
            }
            if (decimals <= 0) return;
            text.Append('.');
            for (int i = 0; i < decimals; i++)
            {
                char digit = whole + i < 0 ? '\0' : number.At(at);
                if (digit != '\0') at++;
                text.Append(digit == '\0' ? '0' : digit);
            }
        }

        static void Scientific(StringBuilder text, NumberBuffer number, int digits, char letter,
            int exponentDigits)
        {
            char first = number.At(0);
            text.Append(first == '\0' ? '0' : first);
            if (digits != 1) text.Append('.');
            for (int i = 1; i < digits; i++)
            {
                char digit = number.At(i);
                text.Append(digit == '\0' ? '0' : digit);
            }
            Exponent(text, number.IsZero ? 0 : number.Scale - 1, letter, exponentDigits, true);
        }

        static void Exponent(StringBuilder text, int value, char letter, int minimumDigits,
            bool plus)
        {
            text.Append(letter);
            if (value < 0)
            {
                text.Append('-');
                value = -value;
            }
            else if (plus) text.Append('+');
            text.Append(Decimal((ulong)value, false, minimumDigits));
        }

        static void General(StringBuilder text, NumberBuffer number, int maximumDigits, char letter)
        {
            int point = number.Scale;
            bool scientific = false;
            if (point > maximumDigits || point < -3)
            {
                point = 1;
                scientific = true;
            }
            int at = 0;
            if (point <= 0) text.Append('0');
            for (int i = 0; i < point; i++)
            {
                char digit = number.At(at);
                if (digit != '\0') at++;
                text.Append(digit == '\0' ? '0' : digit);
            }
            if (at < number.Count || point < 0)
            {
                if (at < number.Count) text.Append('.');
                for (; point < 0; point++) text.Append('0');
                for (; at < number.Count; at++) text.Append(number.Digits[at]);
            }
            if (scientific) Exponent(text, number.Scale - 1, letter, 2, true);
        }
    }
}
