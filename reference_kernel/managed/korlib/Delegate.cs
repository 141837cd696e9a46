// Declarations: layout as in EXPORTS.md; the runtime implements constructor and Invoke later.
namespace System
{
    public abstract class Delegate : ICloneable
    {
        internal object _target;
        internal IntPtr _method;

        public object Target { get { return _target; } }

        public object Clone() { return MemberwiseClone(); }

        public static Delegate Combine(Delegate a, Delegate b)
        {
            if (a == null) return b;
            if (b == null) return a;
            throw new NotSupportedException("Delegates with more than one target are not there "
                + "yet.");
        }

        public static Delegate Remove(Delegate source, Delegate value)
        {
            return source == value ? null : source;
        }

        public override bool Equals(object obj)
        {
            Delegate other = obj as Delegate;
            return (object)other != null && GetType() == other.GetType() && _target == other._target
                && _method == other._method;
        }

        public override int GetHashCode() { return _method.GetHashCode(); }

        public static bool operator ==(Delegate a, Delegate b)
        {
            return (object)a == null ? (object)b == null : a.Equals(b);
        }

        public static bool operator !=(Delegate a, Delegate b) { return !(a == b); }
    }

    public abstract class MulticastDelegate : Delegate
    {
        internal Delegate[] _list;
    }

    public delegate void Action();
    public delegate void Action<T>(T obj);
    public delegate void Action<T1, T2>(T1 arg1, T2 arg2);
    public delegate TResult Func<TResult>();
    public delegate TResult Func<T, TResult>(T arg);
    public delegate TResult Func<T1, T2, TResult>(T1 arg1, T2 arg2);
    public delegate int Comparison<T>(T x, T y);
    public delegate bool Predicate<T>(T obj);
    public delegate void AsyncCallback(IAsyncResult ar);
    public delegate void EventHandler(object sender, EventArgs e);

    public interface IAsyncResult { bool IsCompleted { get; } }

    public class EventArgs
    {
        public static readonly EventArgs Empty = new EventArgs();
    }
}
