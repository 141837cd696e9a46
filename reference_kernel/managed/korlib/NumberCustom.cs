// Custom numeric format strings ("#,##0.00;(#);zero"), as documented for .NET, invariant culture.
using System.Text;

namespace System
{
    internal static partial class Number
    {
        const int NoDigit = 0x7FFFFFFF;

        // Start of section 0, 1 or 2 (positive, negative, zero); 0 when that section is absent or
        // empty.
        static int FindSection(string format, int section)
        {
            if (section == 0) return 0;
            int at = 0;
            while (at < format.Length)
            {
                char c = format[at++];
                if (c == '\'' || c == '"')
                {
                    while (at < format.Length && format[at++] != c) { }
                }
                else if (c == '\\')
                {
                    if (at < format.Length) at++;
                }
                else if (c == ';')
                {
                    if (--section != 0) continue;
                    return at < format.Length && format[at] != ';' ? at : 0;
                }
            }
            return 0;
        }

        static char Peek(string format, int at)
        {
            return at < format.Length ? format[at] : '\0';
        }

        // What one section asks for.
        sealed class Picture
        {
            public int DigitCount, DecimalPos = -1, FirstDigit = NoDigit, LastDigit, ScaleAdjust;
            public bool Scientific, Thousands;

            public Picture(string format, int at)
            {
                int thousandPos = -1, thousandCount = 0;
                while (at < format.Length && format[at] != ';')
                {
                    char c = format[at++];
                    if (c == '#') DigitCount++;
                    else if (c == '0')
                    {
                        if (FirstDigit == NoDigit) FirstDigit = DigitCount;
                        DigitCount++;
                        LastDigit = DigitCount;
                    }
                    else if (c == '.')
                    {
                        if (DecimalPos < 0) DecimalPos = DigitCount;
                    }
                    else if (c == ',')
                    {
                        if (DigitCount > 0 && DecimalPos < 0)
                        {
                            if (thousandPos >= 0 && thousandPos == DigitCount) thousandCount++;
                            else
                            {
                                if (thousandPos >= 0) Thousands = true;
                                thousandPos = DigitCount;
                                thousandCount = 1;
                            }
                        }
                    }
                    else if (c == '%') ScaleAdjust += 2;
                    else if (c == '\u2030') ScaleAdjust += 3;
                    else if (c == '\'' || c == '"')
                    {
                        while (at < format.Length && format[at++] != c) { }
                    }
                    else if (c == '\\')
                    {
                        if (at < format.Length) at++;
                    }
                    else if (c == 'E' || c == 'e')
                    {
                        char next = Peek(format, at);
                        if (next == '0' || (next == '+' || next == '-')
                            && Peek(format, at + 1) == '0')
                        {
                            at++;
                            while (Peek(format, at) == '0') at++;
                            Scientific = true;
                        }
                    }
                }
                if (DecimalPos < 0) DecimalPos = DigitCount;
                if (thousandPos >= 0)
                {
                    if (thousandPos == DecimalPos) ScaleAdjust -= thousandCount * 3;
                    else Thousands = true;
                }
            }
        }

        static string FormatCustom(NumberBuffer number, string format)
        {
            int section = FindSection(format, number.IsZero ? 2 : number.Negative ? 1 : 0);
            Picture picture = new Picture(format, section);
            if (number.IsZero)
            {
                number.Negative = false;
                number.Scale = 0;
            }
            else
            {
                number.Scale += picture.ScaleAdjust;
                number.Round(picture.Scientific ? picture.DigitCount
                    : number.Scale + picture.DigitCount - picture.DecimalPos);
                if (number.IsZero)
                {
                    int zero = FindSection(format, 2);
                    if (zero != section)
                    {
                        section = zero;
                        picture = new Picture(format, section);
                    }
                }
            }
            StringBuilder text = new StringBuilder();
            if (number.Negative && section == 0 && number.Scale != 0 || number.Negative
                && section == 0 && !number.IsZero)
                text.Append('-');
            WriteSection(text, number, format, section, picture);
            return text.ToString();
        }

        static void WriteSection(StringBuilder text, NumberBuffer number, string format, int at,
            Picture picture)
        {
            int point = picture.DecimalPos;
            int firstDigit = picture.FirstDigit < point ? point - picture.FirstDigit : 0;
            int lastDigit = picture.LastDigit > point ? point - picture.LastDigit : 0;
            int position = picture.Scientific ? point : number.Scale > point ? number.Scale : point;
            int adjust = picture.Scientific ? 0 : number.Scale - point;
            bool scientific = picture.Scientific;
            bool pointWritten = false;
            int current = 0;
            while (at < format.Length && format[at] != ';')
            {
                char c = format[at++];
                if (adjust > 0 && (c == '#' || c == '0' || c == '.'))
                {
                    for (; adjust > 0; adjust--)
                    {
                        char digit = number.At(current);
                        if (digit != '\0') current++;
                        text.Append(digit == '\0' ? '0' : digit);
                        if (picture.Thousands && position > 1 && (position - 1) % 3 == 0)
                            text.Append(',');
                        position--;
                    }
                }
                if (c == '#' || c == '0')
                {
                    char digit;
                    if (adjust < 0)
                    {
                        adjust++;
                        digit = position <= firstDigit ? '0' : '\0';
                    }
                    else
                    {
                        digit = number.At(current);
                        if (digit != '\0') current++;
                        else if (position > lastDigit) digit = '0';
                    }
                    if (digit != '\0')
                    {
                        text.Append(digit);
                        if (picture.Thousands && position > 1 && (position - 1) % 3 == 0)
                            text.Append(',');
                    }
                    position--;
                }
                else if (c == '.')
                {
                    if (position != 0 || pointWritten) continue;
                    if (lastDigit < 0 || point < picture.DigitCount && current < number.Count)
                    {
                        text.Append('.');
                        pointWritten = true;
                    }
                }
                else if (c == ',') { }
                else if (c == '\'' || c == '"')
                {
                    while (at < format.Length && format[at] != c) text.Append(format[at++]);
                    if (at < format.Length) at++;
                }
                else if (c == '\\')
                {
                    if (at < format.Length) text.Append(format[at++]);
                }
                else if (c == 'E' || c == 'e')
                {
                    at = WriteExponent(text, number, format, at, c, scientific, point);
                    scientific = false;
                }
                else text.Append(c);
            }
        }

        static int WriteExponent(StringBuilder text, NumberBuffer number, string format, int at,
            char letter,
                                 bool scientific, int point)
        {
            char next = Peek(format, at);
            bool sign = next == '+' || next == '-';
            if (!scientific || !(next == '0' || sign && Peek(format, at + 1) == '0'))
            {
                text.Append(letter);
                if (scientific) return at;
                if (sign) text.Append(format[at++]);
                while (Peek(format, at) == '0') text.Append(format[at++]);
                return at;
            }
            if (sign) at++;
            int digits = 0;
            while (Peek(format, at) == '0')
            {
                at++;
                digits++;
            }
            if (digits > 10) digits = 10;
            Exponent(text, number.IsZero ? 0 : number.Scale - point, letter, digits, next == '+');
            return at;
        }
    }
}
