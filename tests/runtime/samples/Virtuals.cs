namespace Virtuals
{
    public interface IShape { int Area(); string Name { get; } }
    public interface INamed { string Name { get; } }
    public interface IBoth : IShape, INamed { void Extra(); }

    public class Square : IShape
    {
        public virtual int Area() { return 1; }
        public virtual string Name { get { return "square"; } }
        public override string ToString() { return Name; }
    }
    public class Big : Square
    {
        public override int Area() { return 100; }
        public new virtual string Name { get { return "hidden"; } }
    }
    // Lists the interface again: its own Name counts now.
    public class Again : Big, IShape { }

    public class Explicit : IBoth
    {
        int IShape.Area() { return 2; }
        string IShape.Name { get { return "shape"; } }
        string INamed.Name { get { return "named"; } }
        public void Extra() { }
    }
    public class Overloads
    {
        public virtual int M(int x) { return 1; }
        public virtual int M(long x) { return 2; }
        public virtual int M(int[] x) { return 3; }
        public virtual int M(ref int x) { return 4; }
        public virtual int M(string x) { return 5; }
    }
    public class Overridden : Overloads
    {
        public override int M(string x) { return 50; }
        public override int M(int x) { return 10; }
        public virtual int M(byte x) { return 60; }
    }
    public struct Value : INamed
    {
        public int X;
        public string Name { get { return "value"; } }
        public override int GetHashCode() { return X; }
    }
    public abstract class Abstract : INamed
    {
        public abstract string Name { get; }
        ~Abstract() { }
    }
    public sealed class Concrete : Abstract { public override string Name { get { return "c"; } } }
}
