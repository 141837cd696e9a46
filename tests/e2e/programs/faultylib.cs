// The method in row 1 of this assembly's MethodDef table; faulty.exe has another one there.
public static class First
{
    public static int Which() { return 1; }
}
