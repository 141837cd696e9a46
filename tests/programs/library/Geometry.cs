// The second assembly of uses_library.cs: classes, structs, statics and an interface across files.
using System;

namespace Geometry
{
    public interface IMeasured { long Measure(int scale); }

    public struct Point
    {
        public short X;
        public long Y;
        public Point(short x, long y) { X = x; Y = y; }
        public Point Moved(int by) { return new Point((short)(X + by), Y - by); }
        public override string ToString() { return "(" + X + ", " + Y + ")"; }
    }

    public abstract class Figure : IMeasured
    {
        public static int Count;
        public const int Version = 7;
        protected Point origin;

        static Figure() { Count = 100; }
        protected Figure(Point origin) { this.origin = origin; Count++; }

        public abstract long Measure(int scale);
        public virtual string Describe(string prefix)
        {
            return prefix + GetName() + " at " + origin;
        }
        protected virtual string GetName() { return "figure"; }
    }

    public class Segment : Figure
    {
        public readonly Point End;
        public Segment(Point a, Point b) : base(a) { End = b; }
        public override long Measure(int scale)
        {
            return (End.X - origin.X) * (End.Y - origin.Y) * scale;
        }
        protected override string GetName() { return "segment"; }
    }
}
