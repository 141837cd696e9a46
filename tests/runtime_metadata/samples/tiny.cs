public static class Tiny
{
    public static int Main() { return 42; }
}
