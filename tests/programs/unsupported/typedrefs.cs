// Typed references and variable argument lists: opcodes of C's world that C# can still emit.
// case typedref: TypedRef mkrefany|typed
// case arglist: CallVarargs|Varargs arglist|vararg
using System;

static class TypedRefs
{
    static int TypedRef()
    {
        int x = 5; TypedReference r = __makeref(x); __refvalue(r, int) = 6; return x;
    }
    static int Varargs(__arglist)
    {
        ArgIterator it = new ArgIterator(__arglist); return it.GetRemainingCount();
    }
    static int CallVarargs() { return Varargs(__arglist(1, 2L)); }

    static int Main(string[] args)
    {
        Console.WriteLine("before " + args[0]);
        int r = 0;
        if (args[0] == "typedref") r = TypedRef();
        if (args[0] == "arglist") r = CallVarargs();
        Console.WriteLine("after " + r);
        return r;
    }
}
