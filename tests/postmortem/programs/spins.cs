class Spins
{
    static int stop;

    static void Spin(int k)
    {
        while (stop == 0)
            k++;
    }

    static int Main(string[] args)
    {
        System.Console.WriteLine("spinning");
        Spin(3);
        stop = 1;
        return 0;
    }
}
