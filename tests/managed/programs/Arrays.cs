// Arrays of every rank and their static methods, printed; the same under mono and in the guest.
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

static class Arrays
{
    static int static_;

    static void W(object o) { Console.WriteLine(o); }

    static int Main(string[] arguments)
    {
        int[] a={5,3,9,1};
        Array.Sort((Array)a);
        foreach(int i in a) Console.Write(i+" ");
        W(a.Length);
        Array.Reverse((Array)a);
        W(a[0]+" "+a[3]);
        int[] b=(int[])a.Clone();
        b[0]=100;
        W(a[0]);
        Array.Copy(a,1,b,0,2);
        foreach(int i in b) Console.Write(i+" ");
        W("");
        Array.Clear(b,0,2);
        W(b[0]+b[1]+b[2]);
        int[,] m=new int[3,4];
        for(int i=0;i<3;i++)for(int j=0;j<4;j++) m[i,j]=i*j;
        W(m[2,3]+" "+m.Length+" "+m.Rank+" "+m.GetLength(
            0)+" "+m.GetLength(1)+" "+m.GetUpperBound(1));
        int sum=0;
        foreach(int x in m) sum+=x;
        W(sum);
        int[][] jag={new[]{1},new[]{2,3}};
        W(jag[1][1]+" "+jag.Length);
        string[] ss={"b","a","c"};
        object[] os=ss;
        W(os[1]+" "+os.Length);
        W(Array.IndexOf((Array)a,(object)3));
        double[] ds={1.5,2.5};
        W(ds[0]+ds[1]);
        bool[] bs=new bool[2];
        W(bs[0]);
        char[] cs=new char[]{'x','y'};
        W(cs);
        Console.WriteLine(cs);
        Point[] ps=new Point[2];
        ps[1].X=4;
        W(ps[1].X+ps[0].X);
        long[] ls={1,2,3};
        foreach(var l in ls) Console.Write(l);
        W("");
        object[] boxes={1,"a",2.5,'c',null,true};
        foreach(object o in boxes) Console.Write((o??"null")+",");
        W("");
        W(a.GetValue(1));
        a.SetValue(77,1);
        W(a[1]);
        Array n=Array.CreateInstance(typeof(string),3);
        n.SetValue("z",2);
        W(n.GetValue(2)+" "+n.Length);
        byte[] bb={1,2,3,4};
        int[] ib=new int[1];
        Buffer.BlockCopy(bb,0,ib,0,4);
        W(ib[0]);
        string[,] sm=new string[2,2];
        sm[1,0]="q";
        W(sm[1,0]+sm[0,0]);
        W(ss.ToString()+m);
        int[,,] cube=new int[2,3,4];
        cube[1,2,3]=9;
        W(cube[1,2,3]);
        static_=3;
        W(static_);
        foreach (string word in arguments) W(word);
        return 46;
    }
}
