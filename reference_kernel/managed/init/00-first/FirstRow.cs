namespace Kernel
{
    // Takes MethodDef row 1 and is never called: only ddk.dll and scenarios.dll may have compiled
    // code for that row when the scenario token-only-registry runs.
    static class FirstRow
    {
        static int Unused()
        {
            return 0;
        }
    }
}
