namespace System
{
    // What a conversion between numbers refuses, and in whose words.
    public static partial class Convert
    {
        enum Range { SByte, Byte, Int16, UInt16, Char, Int32, UInt32, Int64, UInt64 }

        static long InRange(long value, Range range)
        {
            long least = 0, most = Int64.MaxValue;
            switch (range)
            {
                case Range.SByte: least = SByte.MinValue; most = SByte.MaxValue; break;
                case Range.Byte: most = Byte.MaxValue; break;
                case Range.Int16: least = Int16.MinValue; most = Int16.MaxValue; break;
                case Range.UInt16: case Range.Char: most = UInt16.MaxValue; break;
                case Range.Int32: least = Int32.MinValue; most = Int32.MaxValue; break;
                case Range.UInt32: most = UInt32.MaxValue; break;
            }
            if (value < least || value > most) throw TooLarge(range);
            return value;
        }

        static OverflowException TooLarge(Range range)
        {
            string what = range == Range.SByte ? "a signed byte" : range == Range.Byte
                ? "an unsigned byte" : range == Range.Char ? "a character"
                : range == Range.UInt16 ? "a UInt16" : range == Range.UInt32 ? "a UInt32"
                : range == Range.UInt64 ? "a UInt64" : range == Range.Int16 ? "an Int16"
                : range == Range.Int32 ? "an Int32" : "an Int64";
            return new OverflowException("Value was either too large or too small for " + what
                + ".");
        }
    }
}
