namespace Scenarios
{
    // Fault hidden-buffer-not-homed: the prologue of a method that returns a large struct does not
    // know of the return buffer, so every argument is one off: the first is the buffer's address,
    // the second the first.
    // Default scope: scenarios!Scenarios.HiddenBufferNotHomed*::* (the callee)
    public static class HiddenBufferNotHomed
    {
        public struct Reading
        {
            public long A, B, C;
        }

        public sealed class Source
        {
            public long Base;

            public Reading Read(long offset)
            {
                Reading reading;
                reading.A = Base;
                reading.B = Base + offset;
                reading.C = offset;
                return reading;
            }
        }

        static Reading Make(long a, long b)
        {
            Reading reading;
            reading.A = a;
            reading.B = b;
            reading.C = a + b;
            return reading;
        }

        public static void Run()
        {
            Reading reading = Make(0x1111, 0x2222);
            Check.Equal(0x1111, reading.A, "first argument of Make");
            Check.Equal(0x2222, reading.B, "second argument of Make");
            Check.Equal(0x3333, reading.C, "sum of Make's arguments");
            Source source = new Source();
            source.Base = 0x4000;
            reading = source.Read(0x55);
            Check.Equal(0x4055, reading.B, "Source.Read(0x55).B");
            Check.Equal(0x55, reading.C, "Source.Read(0x55).C");
        }
    }
}
