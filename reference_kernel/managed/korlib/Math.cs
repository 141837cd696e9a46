// Mathematical functions: what is exact is C#, the transcendental ones are native (EXPORTS.md).
using System.Runtime.CompilerServices;

namespace System
{
    public enum MidpointRounding { ToEven = 0, AwayFromZero = 1 }

    public static class Math
    {
        public const double PI = 3.14159265358979323846;
        public const double E = 2.7182818284590452354;

        public static sbyte Abs(sbyte value)
        {
            if (value >= 0) return value;
            if (value == SByte.MinValue)
                throw new OverflowException("Negating the minimum value of a twos complement "
                    + "number is invalid.");
            return (sbyte)-value;
        }

        public static short Abs(short value)
        {
            if (value >= 0) return value;
            if (value == Int16.MinValue)
                throw new OverflowException("Negating the minimum value of a twos complement "
                    + "number is invalid.");
            return (short)-value;
        }

        public static int Abs(int value)
        {
            if (value >= 0) return value;
            if (value == Int32.MinValue)
                throw new OverflowException("Negating the minimum value of a twos complement "
                    + "number is invalid.");
            return -value;
        }

        public static long Abs(long value)
        {
            if (value >= 0) return value;
            if (value == Int64.MinValue)
                throw new OverflowException("Negating the minimum value of a twos complement "
                    + "number is invalid.");
            return -value;
        }

        public static unsafe double Abs(double value)
        {
            long bits = *(long*)&value & 0x7FFFFFFFFFFFFFFF;
            return *(double*)&bits;
        }

        public static float Abs(float value) { return (float)Abs((double)value); }

        public static sbyte Max(sbyte val1, sbyte val2) { return val1 >= val2 ? val1 : val2; }
        public static byte Max(byte val1, byte val2) { return val1 >= val2 ? val1 : val2; }
        public static short Max(short val1, short val2) { return val1 >= val2 ? val1 : val2; }
        public static ushort Max(ushort val1, ushort val2) { return val1 >= val2 ? val1 : val2; }
        public static int Max(int val1, int val2) { return val1 >= val2 ? val1 : val2; }
        public static uint Max(uint val1, uint val2) { return val1 >= val2 ? val1 : val2; }
        public static long Max(long val1, long val2) { return val1 >= val2 ? val1 : val2; }
        public static ulong Max(ulong val1, ulong val2) { return val1 >= val2 ? val1 : val2; }

        public static double Max(double val1, double val2)
        {
            if (Double.IsNaN(val1)) return val1;
            return val1 > val2 ? val1 : val2;
        }

        public static float Max(float val1, float val2)
        {
            if (Single.IsNaN(val1)) return val1;
            return val1 > val2 ? val1 : val2;
        }

        public static sbyte Min(sbyte val1, sbyte val2) { return val1 <= val2 ? val1 : val2; }
        public static byte Min(byte val1, byte val2) { return val1 <= val2 ? val1 : val2; }
        public static short Min(short val1, short val2) { return val1 <= val2 ? val1 : val2; }
        public static ushort Min(ushort val1, ushort val2) { return val1 <= val2 ? val1 : val2; }
        public static int Min(int val1, int val2) { return val1 <= val2 ? val1 : val2; }
        public static uint Min(uint val1, uint val2) { return val1 <= val2 ? val1 : val2; }
        public static long Min(long val1, long val2) { return val1 <= val2 ? val1 : val2; }
        public static ulong Min(ulong val1, ulong val2) { return val1 <= val2 ? val1 : val2; }

        public static double Min(double val1, double val2)
        {
            if (Double.IsNaN(val1)) return val1;
            return val1 < val2 ? val1 : val2;
        }

        public static float Min(float val1, float val2)
        {
            if (Single.IsNaN(val1)) return val1;
            return val1 < val2 ? val1 : val2;
        }

        public static int Sign(sbyte value)
        {
            return value < 0 ? -1 : value > 0 ? 1 : 0;
        }

        public static int Sign(short value)
        {
            return value < 0 ? -1 : value > 0 ? 1 : 0;
        }

        public static int Sign(int value)
        {
            return value < 0 ? -1 : value > 0 ? 1 : 0;
        }

        public static int Sign(long value)
        {
            return value < 0 ? -1 : value > 0 ? 1 : 0;
        }

        public static int Sign(double value)
        {
            if (Double.IsNaN(value))
                throw new ArithmeticException("Function does not accept floating point "
                    + "Not-a-Number values.");
            return value < 0 ? -1 : value > 0 ? 1 : 0;
        }

        public static int Sign(float value)
        {
            if (Single.IsNaN(value))
                throw new ArithmeticException("Function does not accept floating point "
                    + "Not-a-Number values.");
            return value < 0 ? -1 : value > 0 ? 1 : 0;
        }

        public static sbyte Clamp(sbyte value, sbyte min, sbyte max)
        {
            if (min > max)
                throw new ArgumentException("'" + min + "' cannot be greater than " + max + ".");
            return value < min ? min : value > max ? max : value;
        }

        public static byte Clamp(byte value, byte min, byte max)
        {
            if (min > max)
                throw new ArgumentException("'" + min + "' cannot be greater than " + max + ".");
            return value < min ? min : value > max ? max : value;
        }

        public static short Clamp(short value, short min, short max)
        {
            if (min > max)
                throw new ArgumentException("'" + min + "' cannot be greater than " + max + ".");
            return value < min ? min : value > max ? max : value;
        }

        public static ushort Clamp(ushort value, ushort min, ushort max)
        {
            if (min > max)
                throw new ArgumentException("'" + min + "' cannot be greater than " + max + ".");
            return value < min ? min : value > max ? max : value;
        }

        public static int Clamp(int value, int min, int max)
        {
            if (min > max)
                throw new ArgumentException("'" + min + "' cannot be greater than " + max + ".");
            return value < min ? min : value > max ? max : value;
        }

        public static uint Clamp(uint value, uint min, uint max)
        {
            if (min > max)
                throw new ArgumentException("'" + min + "' cannot be greater than " + max + ".");
            return value < min ? min : value > max ? max : value;
        }

        public static long Clamp(long value, long min, long max)
        {
            if (min > max)
                throw new ArgumentException("'" + min + "' cannot be greater than " + max + ".");
            return value < min ? min : value > max ? max : value;
        }

        public static ulong Clamp(ulong value, ulong min, ulong max)
        {
            if (min > max)
                throw new ArgumentException("'" + min + "' cannot be greater than " + max + ".");
            return value < min ? min : value > max ? max : value;
        }

        public static double Clamp(double value, double min, double max)
        {
            if (min > max)
                throw new ArgumentException("'" + min + "' cannot be greater than " + max + ".");
            return value < min ? min : value > max ? max : value;
        }

        public static float Clamp(float value, float min, float max)
        {
            if (min > max)
                throw new ArgumentException("'" + min + "' cannot be greater than " + max + ".");
            return value < min ? min : value > max ? max : value;
        }

        public static long BigMul(int a, int b) { return (long)a * b; }

        public static int DivRem(int a, int b, out int result)
        {
            int quotient = a / b;
            result = a - quotient * b;
            return quotient;
        }

        public static long DivRem(long a, long b, out long result)
        {
            long quotient = a / b;
            result = a - quotient * b;
            return quotient;
        }

        // ---- rounding: on the bits, exact for every value ----

        // Towards zero; keeps the sign of zero, infinities and NaN.
        public static unsafe double Truncate(double d)
        {
            long bits = *(long*)&d;
            int exponent = (int)((bits >> 52) & 0x7FF) - 1023;
            if (exponent >= 52) return d;
            if (exponent < 0) bits &= Int64.MinValue;
            else bits &= ~(0xFFFFFFFFFFFFFL >> exponent);
            return *(double*)&bits;
        }

        public static double Floor(double d)
        {
            double whole = Truncate(d);
            return whole > d ? whole - 1 : whole;
        }

        public static double Ceiling(double a)
        {
            double whole = Truncate(a);
            if (whole >= a || Double.IsNaN(a)) return whole;
            return whole == -1 ? -0.0 : whole + 1;
        }

        // Half to even.
        public static double Round(double a)
        {
            double whole = Truncate(a);
            double rest = Abs(a - whole);
            if (!(rest >= 0.5)) return whole;
            if (rest == 0.5 && whole % 2 == 0) return whole;
            return a < 0 ? whole - 1 : whole + 1;
        }

        public static double Round(double value, MidpointRounding mode)
        {
            if (mode == MidpointRounding.ToEven) return Round(value);
            double whole = Truncate(value);
            if (!(Abs(value - whole) >= 0.5)) return whole;
            return value < 0 ? whole - 1 : whole + 1;
        }

        static readonly double[] PowersOfTen =
        {
            1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15
        };

        public static double Round(double value, int digits)
        {
            return Round(value, digits, MidpointRounding.ToEven);
        }

        public static double Round(double value, int digits, MidpointRounding mode)
        {
            if (digits < 0 || digits > 15)
                throw new ArgumentOutOfRangeException("digits",
                    "Rounding digits must be between 0 and 15, inclusive.");
            if (!(Abs(value) < 1e16)) return value;
            double power = PowersOfTen[digits];
            return Round(value * power, mode) / power;
        }

        public static double IEEERemainder(double x, double y)
        {
            if (Double.IsNaN(x) || Double.IsNaN(y)) return Double.NaN;
            double rest = x % y;
            if (Double.IsNaN(rest)) return Double.NaN;
            if (rest == 0 && 1 / x < 0) return -0.0;
            double alternative = rest - Abs(y) * Sign(x);
            if (Abs(alternative) == Abs(rest))
            {
                double quotient = x / y;
                return Abs(Round(quotient)) > Abs(quotient) ? alternative : rest;
            }
            return Abs(alternative) < Abs(rest) ? alternative : rest;
        }

        public static double Log(double a, double newBase)
        {
            if (Double.IsNaN(a)) return a;
            if (Double.IsNaN(newBase)) return newBase;
            if (newBase == 1) return Double.NaN;
            if (a != 1 && (newBase == 0 || Double.IsPositiveInfinity(newBase))) return Double.NaN;
            return Log(a) / Log(newBase);
        }

        // .NET Framework: NaN stays NaN (C99 has pow(NaN, 0) == pow(1, NaN) == 1), pow(-1, inf) is
        // NaN.
        public static double Pow(double x, double y)
        {
            if (Double.IsNaN(x) || Double.IsNaN(y)) return Double.NaN;
            if (x == -1 && Double.IsInfinity(y)) return Double.NaN;
            return NativePow(x, y);
        }

        [MethodImpl(MethodImplOptions.InternalCall)]
        public static extern double Sqrt(double d);
        [MethodImpl(MethodImplOptions.InternalCall)]
        public static extern double Sin(double d);
        [MethodImpl(MethodImplOptions.InternalCall)]
        public static extern double Cos(double d);
        [MethodImpl(MethodImplOptions.InternalCall)]
        public static extern double Tan(double d);
        [MethodImpl(MethodImplOptions.InternalCall)]
        public static extern double Asin(double d);
        [MethodImpl(MethodImplOptions.InternalCall)]
        public static extern double Acos(double d);
        [MethodImpl(MethodImplOptions.InternalCall)]
        public static extern double Atan(double d);
        [MethodImpl(MethodImplOptions.InternalCall)]
        public static extern double Exp(double d);
        [MethodImpl(MethodImplOptions.InternalCall)]
        public static extern double Log(double d);
        [MethodImpl(MethodImplOptions.InternalCall)]
        public static extern double Log10(double d);
        [MethodImpl(MethodImplOptions.InternalCall)]
        public static extern double Sinh(double d);
        [MethodImpl(MethodImplOptions.InternalCall)]
        public static extern double Cosh(double d);
        [MethodImpl(MethodImplOptions.InternalCall)]
        public static extern double Tanh(double d);
        [MethodImpl(MethodImplOptions.InternalCall)]
        public static extern double Atan2(double y, double x);
        [MethodImpl(MethodImplOptions.InternalCall)]
        static extern double NativePow(double x, double y);
    }
}
