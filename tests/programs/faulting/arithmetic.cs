// Division by zero, division that overflows, and checked arithmetic and conversions that overflow.
// case int_zero: fault 0 or unhandled System.DivideByZeroException
// case uint_zero: fault 0 or unhandled System.DivideByZeroException
// case long_zero: fault 0 or unhandled System.DivideByZeroException
// case rem_zero: fault 0 or unhandled System.DivideByZeroException
// case int_min: fault 0 or unhandled System.OverflowException
// case long_min: fault 0 or unhandled System.OverflowException
// case add_int: unhandled System.OverflowException
// case add_uint: unhandled System.OverflowException
// case sub_ulong: unhandled System.OverflowException
// case mul_int: unhandled System.OverflowException
// case mul_uint: unhandled System.OverflowException
// case mul_long: unhandled System.OverflowException
// case mul_ulong: unhandled System.OverflowException
// case conv_byte: unhandled System.OverflowException
// case conv_sbyte: unhandled System.OverflowException
// case conv_uint: unhandled System.OverflowException
// case conv_long: unhandled System.OverflowException
// case conv_float: unhandled System.OverflowException
// case conv_nan: unhandled System.OverflowException
// case neg: unhandled System.OverflowException
using System;

static class Arithmetic
{
    static int DivInt(int a, int b) { return a / b; }
    static uint DivUInt(uint a, uint b) { return a / b; }
    static long DivLong(long a, long b) { return a / b; }
    static int Rem(int a, int b) { return a % b; }
    static int Add(int a, int b) { return checked(a + b); }
    static uint AddU(uint a, uint b) { return checked(a + b); }
    static ulong SubU(ulong a, ulong b) { return checked(a - b); }
    static int Mul(int a, int b) { return checked(a * b); }
    static uint MulU(uint a, uint b) { return checked(a * b); }
    static long MulL(long a, long b) { return checked(a * b); }
    static ulong MulUL(ulong a, ulong b) { return checked(a * b); }
    static byte ToByte(int a) { return checked((byte)a); }
    static sbyte ToSByte(uint a) { return checked((sbyte)a); }
    static uint ToUInt(long a) { return checked((uint)a); }
    static long ToLong(ulong a) { return checked((long)a); }
    static int FromDouble(double a) { return checked((int)a); }
    static int Neg(int a) { return checked(-a); }

    static int Main(string[] args)
    {
        Console.WriteLine("before " + args[0]);
        long r = 0;
        string name = args[0];
        if (name == "int_zero") r = DivInt(5, 0);
        if (name == "uint_zero") r = DivUInt(5, 0);
        if (name == "long_zero") r = DivLong(5, 0);
        if (name == "rem_zero") r = Rem(5, 0);
        if (name == "int_min") r = DivInt(int.MinValue, -1);
        if (name == "long_min") r = DivLong(long.MinValue, -1);
        if (name == "add_int") r = Add(int.MaxValue, 1);
        if (name == "add_uint") r = AddU(uint.MaxValue, 1);
        if (name == "sub_ulong") r = (long)SubU(1, 2);
        if (name == "mul_int") r = Mul(65536, 32768);
        if (name == "mul_uint") r = MulU(65536, 65536);
        if (name == "mul_long") r = MulL(1L << 32, 1L << 31);
        if (name == "mul_ulong") r = (long)MulUL(1UL << 32, 1UL << 32);
        if (name == "conv_byte") r = ToByte(256);
        if (name == "conv_sbyte") r = ToSByte(128);
        if (name == "conv_uint") r = ToUInt(-1);
        if (name == "conv_long") r = ToLong(1UL << 63);
        if (name == "conv_float") r = FromDouble(2147483648.0);
        if (name == "conv_nan") r = FromDouble(double.NaN);
        if (name == "neg") r = Neg(int.MinValue);
        Console.WriteLine("after " + r);
        return 3;
    }
}
