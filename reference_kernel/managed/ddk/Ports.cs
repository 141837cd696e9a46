using System.Runtime.InteropServices;

namespace Ddk
{
    // x86 port input and output.
    public static class Ports
    {
        [DllImport("kernel", EntryPoint = "port_in8")]
        public static extern byte In8(ushort port);
        [DllImport("kernel", EntryPoint = "port_in16")]
        public static extern ushort In16(ushort port);
        [DllImport("kernel", EntryPoint = "port_in32")]
        public static extern uint In32(ushort port);
        [DllImport("kernel", EntryPoint = "port_out8")]
        public static extern void Out8(ushort port, byte value);
        [DllImport("kernel", EntryPoint = "port_out16")]
        public static extern void Out16(ushort port, ushort value);
        [DllImport("kernel", EntryPoint = "port_out32")]
        public static extern void Out32(ushort port, uint value);
    }
}
