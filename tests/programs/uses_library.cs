// Uses Geometry.dll beside it: derives from its classes, implements its interface, reads statics.
// library: library/Geometry.cs
using System;
using Geometry;

sealed class Path : Segment, IMeasured
{
    readonly Segment[] parts;

    public Path(params Segment[] parts) : base(new Point(1, 2), parts[parts.Length - 1].End)
    {
        this.parts = parts;
    }

    public override long Measure(int scale)
    {
        long sum = base.Measure(scale);
        foreach (Segment part in parts) sum += part.Measure(scale);
        return sum;
    }

    long IMeasured.Measure(int scale) { return -Measure(scale + 1); }
    public override string Describe(string prefix)
    {
        return base.Describe(prefix) + " with " + parts.Length + " parts";
    }
    protected override string GetName() { return "path"; }
}

static class UsesLibrary
{
    static int Main()
    {
        Point origin = new Point(-3, 1L << 33);
        Segment a = new Segment(origin, origin.Moved(5));
        Segment b = new Segment(a.End, new Point(100, -100));
        Path path = new Path(a, b);
        IMeasured[] all = { a, b, path };
        foreach (IMeasured m in all) Console.WriteLine(m.Measure(2));
        Figure[] figures = { path, a };
        foreach (Figure f in figures) Console.WriteLine(f.Describe("a "));
        Console.WriteLine(Figure.Count + " " + Figure.Version + " " + path.Measure(1));
        return Figure.Count;
    }
}
