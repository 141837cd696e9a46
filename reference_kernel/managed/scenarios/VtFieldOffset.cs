namespace Scenarios
{
    // Fault vt-field-offset: a value type's fields begin at 8, as if a MethodTable pointer stood
    // before them.
    // Address on the stack is written at 8, 9, 10, behind its own three bytes, which stay 0.
    // Default scope: scenarios!Scenarios.VtFieldOffset+Address::* (the value type)
    public static class VtFieldOffset
    {
        public struct Address
        {
            public byte Bus;
            public byte Device;
            public byte Function;

            public Address(byte bus, byte device, byte function)
            {
                Bus = bus;
                Device = device;
                Function = function;
            }
        }

        public sealed class Holder
        {
            public Address Where;
            public ulong Guard;
            public ulong Behind;
        }

        public static unsafe void Run()
        {
            // `room` keeps what the fault writes away from the frame's saved registers
            ulong room = 0x7777777777777777;
            Address address = new Address(3, 5, 7);
            byte* raw = (byte*)&address;
            Check.Equal(3, raw[0], "byte 0 of Address(3, 5, 7)");
            Check.Equal(5, raw[1], "byte 1 of Address(3, 5, 7)");
            Check.Equal(7, raw[2], "byte 2 of Address(3, 5, 7)");
            Check.Equal(0x7777777777777777UL, room, "the local beside Address");
            Holder holder = new Holder();
            holder.Guard = 0x1122334455667788;
            holder.Where = address;
            Check.Equal(3, holder.Where.Bus, "Holder.Where.Bus");
            Check.Equal(7, holder.Where.Function, "Holder.Where.Function");
            Check.Equal(0x1122334455667788UL, holder.Guard, "Holder.Guard");
        }
    }
}
