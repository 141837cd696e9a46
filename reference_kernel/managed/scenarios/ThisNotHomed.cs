namespace Scenarios
{
    // Fault this-not-homed: the argument count lacks `this`, so Latch, which has no parameters,
    // homes nothing and takes for `this` what lies in the home: 0, the argument of the static call
    // before. Its first touch of `this` is the store of Value: page fault at the field's offset.
    // Default scope: ddk!Ddk.PciDeviceInfo::ReadProgIf, called by VirtioBlkEntry.Bind (CR2=0x13).
    // This class shows the same for scope scenarios!Scenarios.ThisNotHomed+Port::Latch (CR2=0x18).
    public static class ThisNotHomed
    {
        public sealed class Port
        {
            public ulong First;
            public ulong Second;
            public byte Value;

            public void Latch()
            {
                Value = Sample();
            }
        }

        static byte s_line;

        static void Select(byte line)
        {
            s_line = line;
        }

        static byte Sample()
        {
            return (byte)(s_line + 0x42);
        }

        public static void Run()
        {
            Port port = new Port();
            Select(0);
            port.Latch();
            Check.Equal(0x42, port.Value, "Port.Value after Latch");
            Check.Equal(0UL, port.First, "Port.First after Latch");
        }
    }
}
