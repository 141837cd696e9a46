using System;

namespace Scenarios
{
    // Every scenario in a fixed order. In a healthy kernel all pass; a fault in its default scope
    // breaks its own one (or the driver, where that is the scenario) and nothing before it.
    public static class All
    {
        public static void Run()
        {
            ArrayMtElement.Run();
            Passed("array-mt-element");
            ArrayStrideUnaligned.Run();
            Passed("array-stride-unaligned");
            ThisNotHomed.Run();
            Passed("this-not-homed");
            VtFieldOffset.Run();
            Passed("vt-field-offset");
            LocalSlot8.Run();
            Passed("local-slot-8");
            CalleeSavedLost.Run();
            Passed("callee-saved-lost");
            Local0OverSaveArea.Run();
            Passed("local0-over-save-area");
            EmbeddedVtField8.Run();
            Passed("embedded-vt-field-8");
            ShadowSpaceMissing.Run();
            Passed("shadow-space-missing");
            StackArgShift.Run();
            Passed("stack-arg-shift");
            HiddenBufferNotHomed.Run();
            Passed("hidden-buffer-not-homed");
            DupLargeVt.Run();
            Passed("dup-large-vt");
            VtableSlotCollision.Run();
            Passed("vtable-slot-collision");
            WidthTruncate.Run();
            Passed("width-truncate");
            TokenOnlyRegistry.Run();
            Passed("token-only-registry");
        }

        static void Passed(string name)
        {
            Console.WriteLine("[Scenario] " + name + " ok");
        }
    }
}
