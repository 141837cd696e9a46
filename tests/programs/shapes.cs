// Virtual methods, interfaces, abstract classes and a hand-made linked list.
using System;
using System.Text;

interface IPrintable { void Print(StringBuilder output); }

abstract class Shape : IPrintable, IComparable
{
    static int made;
    protected readonly int id;

    protected Shape() { id = ++made; }

    public abstract int Area { get; }
    public virtual string Kind { get { return "shape"; } }
    public void Print(StringBuilder output)
    {
        output.Append(Kind).Append('#').Append(id).Append(" area ").Append(Area);
    }
    public int CompareTo(object other) { return Area - ((Shape)other).Area; }
    public override string ToString()
    {
        StringBuilder s = new StringBuilder(); Print(s); return s.ToString();
    }
}

class Rectangle : Shape
{
    protected int width, height;
    public Rectangle(int w, int h) { width = w; height = h; }
    public override int Area { get { return width * height; } }
    public override string Kind { get { return "rectangle"; } }
}

sealed class Square : Rectangle
{
    public Square(int side) : base(side, side) { }
    public override string Kind { get { return "square of side " + width; } }
}

sealed class Triangle : Shape
{
    readonly int b, h;
    public Triangle(int b, int h) { this.b = b; this.h = h; }
    public override int Area { get { return b * h / 2; } }
}

sealed class Node { public Shape Value; public Node Next; }

static class Shapes
{
    static Node Insert(Node head, Shape value)
    {
        Node node = new Node { Value = value };
        if (head == null || value.CompareTo(head.Value) < 0) { node.Next = head; return node; }
        Node at = head;
        while (at.Next != null && at.Next.Value.CompareTo(value) <= 0) at = at.Next;
        node.Next = at.Next;
        at.Next = node;
        return head;
    }

    static int Main()
    {
        Node head = null;
        head = Insert(head, new Rectangle(3, 9));
        head = Insert(head, new Square(4));
        head = Insert(head, new Triangle(5, 7));
        head = Insert(head, new Square(6));
        int total = 0;
        for (Node n = head; n != null; n = n.Next)
        {
            Console.WriteLine(n.Value);
            total += n.Value.Area;
            if (n.Value is Rectangle && !(n.Value is Square))
                Console.WriteLine("  the only plain rectangle");
        }
        Console.WriteLine("total " + total);
        return total;
    }
}
