// Type objects, enums, ValueType.Equals, casts, printed; the same under mono and in the guest.
using System;
using System.Collections;
using System.Globalization;
using System.Text;

enum Color { Red, Green = 5, Blue }

[Flags]
enum Access : byte { None = 0, Read = 1, Write = 2, Exec = 4, All = 7 }

enum Big : long { A = -1, B = long.MaxValue }

struct Plain
{
    public byte A;
    public long B;
    public double D;
}

interface IShape { double Area(); }

class Sq : IShape
{
    double s;
    public Sq(double s) { this.s = s; }
    public double Area() { return s * s; }
}

class Outer
{
    public class Inner
    {
        public struct Deep { }
    }
}

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

class Node : IComparable
{
    public int V;
    public Node(int v) { V = v; }
    public int CompareTo(object o) { return V.CompareTo(((Node)o).V); }
    public override string ToString() { return "N" + V; }
}

static class Types
{
    static void W(object o) { Console.WriteLine(o); }

    static int Main(string[] arguments)
    {
        W(typeof(int));
        W(typeof(string).Name);
        W(typeof(int[]));
        W(typeof(int[,]));
        W(typeof(Outer.Inner.Deep));
        W(typeof(Types).FullName);
        W(typeof(int)==5.GetType());
        W("x".GetType());
        W(new Node(1).GetType().BaseType);
        W(typeof(Color).IsEnum+" "+typeof(
            int).IsValueType+" "+typeof(
            IShape).IsInterface+" "+typeof(int[]).IsArray+" "+typeof(int).IsPrimitive);
        W(typeof(IShape).IsAssignableFrom(typeof(Sq)));
        W(typeof(object).IsAssignableFrom(typeof(int)));
        W(new int[2].GetType().GetElementType());
        W(typeof(System.Text.StringBuilder).Namespace);
        W(Color.Green);
        W((Color)7);
        W((Color)6);
        W(Access.Read|Access.Exec);
        W((Access)7);
        W((Access)9);
        W(Access.None);
        W(Color.Blue.ToString("D")+" "+Color.Blue.ToString("X")+" "+Color.Blue.ToString("G"));
        W(Big.A+" "+Big.B);
        W(Color.Red.CompareTo(Color.Blue));
        W(Color.Red.Equals(Color.Red));
        W(Enum.IsDefined(typeof(Color),5));
        W(string.Join(",",Enum.GetNames(typeof(Color))));
        W((int)Color.Green);
        W(string.Format("{0} {0:D} {1:X}",Color.Blue,Access.All));
        W(Color.Blue.GetHashCode());
        W(Enum.GetName(typeof(Color),6));
        W((Access.Read|Access.Write).HasFlag(Access.Write));
        object o=5;
        W(o is int);
        W(o is IComparable);
        W(o as string);
        Point p=new Point(1,2,"a"), q=new Point(1,2,"a");
        W(p.Equals(q));
        q.Name="b";
        W(p.Equals(q));
        W(p);
        Plain a=new Plain(),b=new Plain();
        a.B=b.B=7;
        W(a.Equals(b));
        b.D=1;
        W(a.Equals(b));
        W(new Node(3));
        W(new object());
        W(new Sq(2));
        IShape sh=new Sq(3);
        W(sh.Area());
        foreach (string word in arguments) W(word);
        return 45;
    }
}
