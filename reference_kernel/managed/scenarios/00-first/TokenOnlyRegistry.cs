using Ddk;

namespace Scenarios
{
    // Fault token-only-registry: the method registry ignores the assembly. Value is MethodDef row 1
    // here as TokenTwin.Value is in ddk.dll, and that one is compiled first: its code runs instead,
    // and the check fails.
    // Default scope: scenarios!Scenarios.TokenOnlyRegistry::Value
    public static class TokenOnlyRegistry
    {
        public static int Value(int seed)
        {
            return seed + 1000;
        }

        public static void Run()
        {
            Check.Equal(2007, TokenTwin.Value(7), "TokenTwin.Value of ddk.dll");
            Check.Equal(1007, Value(7), "TokenOnlyRegistry.Value of scenarios.dll");
        }
    }
}
