using System;
using Ddk;
using VirtioBlk;

namespace Kernel
{
    // What the kernel runs when no program is named: devices, drivers, the disk, the scenarios.
    public static class Init
    {
        public static int Main()
        {
            PciScan.Run();
            RegisterDrivers();
            int bound = DriverCore.BindAll();
            Console.WriteLine("[Drivers] {0} bound", bound);
            if (VirtioBlkEntry.Device == null)
            {
                Console.WriteLine(PciScan.Disks == 0 ? "[Disk] none"
                    : "[Disk] there is one, but it is not bound");
                if (PciScan.Disks != 0) return 1;
            }
            else if (!DiskCheck.Run(VirtioBlkEntry.Device)) return 1;
            Scenarios.All.Run();
            Console.WriteLine("[OK] Kernel initialization complete");
            return 0;
        }

        static void RegisterDrivers()
        {
            Register("virtio-blk", "virtioblk", "VirtioBlk.VirtioBlkEntry");
            Register("ich9-lpc", "scenarios", "Scenarios.CalleeSavedLost");
            Register("q35-host", "scenarios", "Scenarios.Local0OverSaveArea");
        }

        static void Register(string name, string assembly, string type)
        {
            if (DriverCore.Register(name, assembly, type) < 0)
                Console.WriteLine("[Drivers] {0} is not registered", name);
            else Console.WriteLine("[Drivers] {0} registered", name);
        }
    }
}
