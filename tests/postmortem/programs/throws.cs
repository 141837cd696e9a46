class Throws
{
    static int Main(string[] args)
    {
        if (args.Length == 1)
            return 7;
        int[] few = new int[2];
        return few[args.Length + 2];
    }
}
