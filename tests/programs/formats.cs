// Numbers as text: composite formats, hexadecimal, widths, doubles and floats.
using System;

static class Formats
{
    static void Main()
    {
        Console.WriteLine("{0} {1} {2}", 1, -2L, 3000000000U);
        Console.WriteLine("{0:X} {0:x8} {1:X4} {2:X2}", 48879, 255, (byte)10);
        Console.WriteLine("{0:D5}|{1,6}|{2,-6}|", 42, 42, 42);
        Console.WriteLine("{0} {1} {2} {3}", 'c', true, "text", null);
        Console.WriteLine("{{literal}} {0}", 1);
        Console.WriteLine(int.MinValue + " " + long.MaxValue + " " + ulong.MaxValue);
        Console.WriteLine(0.5 + " " + 0.1 + " " + -2.25 + " " + 1e10 + " " + 123456789.125);
        Console.WriteLine(1e20 + " " + 1e-7 + " " + 1.0 / 3.0 + " " + 100.0);
        Console.WriteLine(0.1f + " " + 1f / 3f + " " + 16777216f);
        Console.WriteLine(double.NaN + " " + double.PositiveInfinity + " "
            + double.NegativeInfinity);
        Console.WriteLine("{0:F2} {1:F0} {2:F4}", 3.14159, 2.5, -0.00005);
        Console.WriteLine("{0:N0} {1:N2}", 1234567, 9876.543);
        Console.WriteLine(int.Parse("-123") + int.Parse("+23") + " " + long.Parse("9000000000")
            + " " + double.Parse("2.5e3"));
        Console.WriteLine((123).ToString("X8") + " " + (-1).ToString("x") + " "
            + (7).ToString("D3") + " " + (1.5).ToString("F3"));
        int n;
        Console.WriteLine(int.TryParse("77", out n) + " " + n + " " + int.TryParse("seven", out n)
            + " " + n);
    }
}
