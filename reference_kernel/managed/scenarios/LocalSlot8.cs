namespace Scenarios
{
    // Fault local-slot-8: every local has a slot of 8 bytes at rbp-48-8*i. Local 0 of Fill is a
    // struct of 64 bytes: its last fields lie over the save area, the saved rbp and the return
    // address, so Fill returns to the value of field F7: page fault with RIP=CR2=0xDEAD7000.
    // Default scope: scenarios!Scenarios.LocalSlot8::Fill
    public static class LocalSlot8
    {
        public struct Wide
        {
            public ulong F0, F1, F2, F3, F4, F5, F6, F7;
        }

        static ulong Fill(ulong seed)
        {
            Wide wide;
            wide.F0 = seed;
            wide.F1 = 0xDEAD1000;
            wide.F2 = 0xDEAD2000;
            wide.F3 = 0xDEAD3000;
            wide.F4 = 0xDEAD4000;
            wide.F5 = 0xDEAD5000;
            wide.F6 = 0xDEAD6000;
            wide.F7 = 0xDEAD7000;
            return wide.F0 + wide.F7;
        }

        public static void Run()
        {
            Check.Equal(0xDEAD7011UL, Fill(0x11), "F0 + F7 of a struct of 64 bytes");
        }
    }
}
