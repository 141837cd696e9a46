// Methods with catch clauses and filters: refused when called, whether anything is thrown or not.
// case catch: Catch catch
// case filter: Filter filter
// case catch_all: CatchAll catch
using System;

static class Handlers
{
    static int Catch(int x) { try { return 10 / x; } catch (DivideByZeroException) { return -1; } }
    static int Filter(int x)
    {
        try { return 10 / x; } catch (Exception) when (x == 0) { return -2; }
    }
    static int CatchAll(int x) { try { return 10 / x; } catch { return -3; } }

    static int Main(string[] args)
    {
        Console.WriteLine("before " + args[0]);
        int r = 0;
        if (args[0] == "catch") r = Catch(2);
        if (args[0] == "filter") r = Filter(2);
        if (args[0] == "catch_all") r = CatchAll(2);
        Console.WriteLine("after " + r);
        return r;
    }
}
