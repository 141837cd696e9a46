// Never leaves one line: a step over it has to be ended by the debugger.
static class Spin
{
    static int Main()
    {
        int n = 0;
        while (true) n++;
    }
}
