// Console, statements of the language, exceptions as objects, unsafe code, printed; the same under
// mono and in the guest.
using System;
using System.Collections;
using System.Globalization;
using System.Text;

struct Point
{
    public int X, Y;
    public string Name;

    public Point(int x, int y, string n)
    {
        X = x;
        Y = y;
        Name = n;
    }
}

class Disp : IDisposable
{
    public void Dispose() { Console.WriteLine("disposed"); }
}

static class Misc
{
    static int static_;

    static void W(object o) { Console.WriteLine(o); }

    static unsafe void unsafe_()
    {
        string s="fixed";
        fixed(char* p=s)
        {
            int n=0;
            for(char* q=p;*q!=0;q++) n+=*q;
            W(n);
        }
        int* st=stackalloc int[4];
        st[2]=5;
        W(st[2]+st[0]*0);
        byte[] b={1,2,3};
        fixed(byte* p=b) W(p[1]);
    }

    static int Main(string[] arguments)
    {
        lock(typeof(Misc))
        {
            W("locked");
        }
        try
        {
            W("try");
        }
        finally
        {
            W("finally");
        }
        using(var d=new Disp()) W("in using");
        Console.Write("{0} {1}\n",1,2);
        Console.Write(1.5f);
        Console.Write('c');
        Console.Write(true);
        Console.Write(7L);
        Console.Write(8UL);
        Console.WriteLine();
        Console.WriteLine("{0} {1} {2} {3}",1,2,3,4);
        Console.WriteLine((object)null);
        Console.WriteLine((string)null);
        Console.Out.WriteLine("out {0}",5);
        Console.Error.WriteLine("err");
        Console.WriteLine("{{}}");
        Console.WriteLine("{0:0.0}",1.25);
        Console.WriteLine(new char[]{'h','i'},0,1);
        switch("b")
        {
            case "a": W("A");
            break;
            case "b": W("B");
            break;
            default: W("?");
            break;
        }
        switch(3)
        {
            case 1: W(1);
            break;
            case 3: W("three");
            break;
        }
        W(Environment.NewLine.Length);
        checked
        {
            int z=5;
            z*=3;
            W(z);
        }
        W(sizeof(int)+sizeof(long));
        W(default(int));
        goto end;
        end: W(new Exception(
            "boom").Message+" "+new ArgumentNullException(
            "p").Message+" "+new InvalidOperationException().Message);
        W(new ArgumentOutOfRangeException("q","msg").Message);
        W(new Exception("a",new Exception("b")).InnerException.Message);
        W(new Exception("x"));
        W(TimeSpan.FromTicks(20000000).TotalSeconds);
        W(CultureInfo.InvariantCulture.Name+"|"+1.5.ToString(CultureInfo.InvariantCulture));
        W(Encoding.UTF8.GetBytes("é").Length+" "+Encoding.ASCII.GetString(new byte[]{72,105}));
        unsafe_();
        W(string.Compare("apple","Banana")+" "+string.Compare("a","A")+" "+"b".CompareTo("a"));
        W(Char.IsLetter(
            'x')+" "+char.IsDigit(
            '5')+" "+char.ToUpper(
            'q')+" "+char.IsWhiteSpace(' ')+" "+char.IsUpper('Q')+" "+char.IsPunctuation('!'));
        DateTime t0=DateTime.UtcNow;
        W((DateTime.UtcNow-t0).TotalMilliseconds<5000);
        W(Environment.TickCount!=-1);
        var sw=System.Diagnostics.Stopwatch.StartNew();
        W(sw.ElapsedMilliseconds<5000);
        object ob=new Point(1,2,"z");
        Point un=(Point)ob;
        W(un.Name);
        GC.Collect();
        W(System.Threading.Interlocked.Increment(ref static_));
        foreach (string word in arguments) W(word);
        return 44;
    }
}
