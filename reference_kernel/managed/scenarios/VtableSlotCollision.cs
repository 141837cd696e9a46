namespace Scenarios
{
    // Fault vtable-slot-collision: two virtual overloads of one name share a vtable slot, so a call
    // of the first runs the second.
    // Default scope: scenarios!Scenarios.VtableSlotCollision+Device::* (the type)
    public static class VtableSlotCollision
    {
        public class Device
        {
            public virtual int Handle(int code)
            {
                return code + 1000;
            }

            public virtual int Handle(long code)
            {
                return (int)code + 2000;
            }

            public virtual int Close()
            {
                return 3000;
            }
        }

        public static void Run()
        {
            Device device = new Device();
            Check.Equal(1007, device.Handle(7), "Device.Handle(int)");
            Check.Equal(2007, device.Handle(7L), "Device.Handle(long)");
            Check.Equal(3000, device.Close(), "Device.Close()");
        }
    }
}
