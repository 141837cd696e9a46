// Primitives, Convert, Math, BitConverter, Random, printed; the same under mono and in the guest.
using System;
using System.Collections;
using System.Globalization;
using System.Text;

static class Numbers
{
    static int static_;

    static void W(object o) { Console.WriteLine(o); }

    static int Main(string[] arguments)
    {
        W(int.MaxValue);
        W(int.MinValue);
        W(long.MinValue);
        W(ulong.MaxValue);
        W((byte)200);
        W((sbyte)-100);
        W((short)-5);
        W(1.0);
        W(1.5f);
        W(0.1+0.2);
        W(1e100);
        W(double.NaN);
        W(-1.0/0);
        W(float.MaxValue);
        W(100.0/3);
        W(int.Parse("-123")+long.Parse("9999999999"));
        int v;
        W(int.TryParse("12x",out v)+" "+v);
        W(int.TryParse("77",out v)+" "+v);
        W(double.Parse("1.5e3")+double.Parse("-0.25"));
        W(byte.Parse("255"));
        W(int.Parse("ff",NumberStyles.HexNumber));
        W(bool.Parse("true"));
        W(char.Parse("x"));
        W(255.ToString(
            "X")+" "+255.ToString(
            "x4")+" "+1234567.ToString(
            "N0")+" "+12.3456.ToString(
            "F2")+" "+0.5.ToString(
            "P")+" "+1e6.ToString(
            "E2")+" "+42.ToString("D6")+" "+3.0.ToString("R")+" "+1234.5.ToString("#,##0.00"));
        W(Convert.ToInt32(
            "42")+Convert.ToInt32(3.7)+Convert.ToInt32(2.5)+Convert.ToInt32(true)+Convert.ToInt32('A'));
        W(Convert.ToString(
            255,2)+" "+Convert.ToString(
            255,16)+" "+Convert.ToInt32("1010",2)+" "+Convert.ToInt64("7fff",16));
        W(Convert.ToDouble("2.5")+Convert.ToByte(200));
        W(Convert.ToBoolean(1)+" "+Convert.ToChar(65));
        W(Convert.ToInt32((object)"12"));
        W(Math.Sqrt(
            2)+" "+Math.Sin(
            1)+" "+Math.Cos(
            1)+" "+Math.Tan(
            0.5)+" "+Math.Exp(
            1)+" "+Math.Log(
            10)+" "+Math.Log10(
            1000)+" "+Math.Pow(
            2,0.5)+" "+Math.Atan2(1,2)+" "+Math.Asin(0.3)+" "+Math.Acos(0.3)+" "+Math.Atan(3));
        W(Math.Abs(-5)+" "+Math.Max(
            1,2)+" "+Math.Min(
            1.5,-2)+" "+Math.Floor(
            -1.5)+" "+Math.Ceiling(
            1.2)+" "+Math.Round(
            static_+2.5)+" "+Math.Round(
            3.14159,2)+" "+Math.Truncate(
            -1.7)+" "+Math.Sign(-3)+" "+Math.Round(2.5,MidpointRounding.AwayFromZero));
        int r;
        W(Math.DivRem(17,5,out r)+" "+r);
        W(5/2+" "+(-5)/2+" "+(
            -5)%3+" "+5.5%2+" "+(
            1<<33)+" "+(1L<<33)+" "+(-8>>1)+" "+(0xFFFFFFFF>>4)+" "+(~5)+" "+(5^3));
        W(unchecked((
            int)0xFFFFFFFFL)+" "+(
            int)3.99+" "+(
            int)-3.99+" "+(
            uint)5.5+" "+(byte)300.0f.GetHashCode()+" "+(long)1e18+" "+(char)66+" "+(ulong)1e19);
        W(1.5.GetHashCode(
            )+" "+12345678901L.GetHashCode(
            )+" "+true.GetHashCode()+" "+'a'.GetHashCode()+" "+1.5f.GetHashCode());
        W(1.CompareTo(2)+" "+2.5.CompareTo(2.5)+" "+'b'.CompareTo('a')+" "+true.CompareTo(false));
        W(5.Equals(5)+" "+5.Equals(5L)+" "+5.Equals((object)5));
        W(1.0.Equals(double.NaN)+" "+double.NaN.Equals(double.NaN)+" "+double.IsNaN(0.0/0));
        W(BitConverter.ToString(BitConverter.GetBytes(
            0x12345678))+" "+BitConverter.ToInt32(
            new byte[]{1,2,3,4},0)+" "+BitConverter.DoubleToInt64Bits(1.5));
        var rnd=new Random(7);
        W(rnd.Next()+" "+rnd.Next(10)+" "+rnd.Next(5,9)+" "+rnd.NextDouble());
        for(double d=0.001; d<1e9; d*=7.3) Console.Write(d+" "+(float)d+";");
        W("");
        foreach (string word in arguments) W(word);
        return 47;
    }
}
