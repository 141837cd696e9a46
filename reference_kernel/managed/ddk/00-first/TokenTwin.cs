namespace Ddk
{
    // The first type of ddk.dll, in the folder that sorts first: Value has MethodDef row 1, like
    // TokenOnlyRegistry.Value in scenarios.dll. A registry that ignores the assembly mixes them up.
    public static class TokenTwin
    {
        public static int Value(int seed)
        {
            return seed + 2000;
        }
    }
}
