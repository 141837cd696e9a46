// The roots of the type system. The runtime lays these types out like any other; only String and
// arrays have a shape of their own (see EXPORTS.md).
using System.Runtime.CompilerServices;

namespace System
{
    public class Object
    {
        public Object() { }

        ~Object() { }

        public virtual bool Equals(object obj)
        {
            return ReferenceEquals(this, obj);
        }

        public static bool Equals(object objA, object objB)
        {
            if (ReferenceEquals(objA, objB)) return true;
            if (ReferenceEquals(objA, null) || ReferenceEquals(objB, null)) return false;
            return objA.Equals(objB);
        }

        public static bool ReferenceEquals(object objA, object objB)
        {
            return objA == objB;
        }

        public virtual int GetHashCode()
        {
            return RuntimeHelpers.GetHashCode(this);
        }

        public virtual string ToString()
        {
            return GetType().ToString();
        }

        [MethodImpl(MethodImplOptions.InternalCall)]
        public extern Type GetType();

        [MethodImpl(MethodImplOptions.InternalCall)]
        protected extern object MemberwiseClone();
    }

    public abstract class ValueType
    {
        protected ValueType() { }

        // Field by field, as ECMA-335 and .NET have it: a struct with padding must not compare its
        // padding.
        public override bool Equals(object obj)
        {
            if (obj == null) return false;
            Type type = GetType();
            if (type != obj.GetType()) return false;
            int count = RuntimeType.NativeFieldCount(type.Handle);
            for (int i = 0; i < count; i++)
            {
                object mine = RuntimeType.NativeGetField(this, type.Handle, i);
                object other = RuntimeType.NativeGetField(obj, type.Handle, i);
                if (!Object.Equals(mine, other)) return false;
            }
            return true;
        }

        public override int GetHashCode()
        {
            Type type = GetType();
            int hash = RuntimeHelpers.GetHashCode(type);
            int count = RuntimeType.NativeFieldCount(type.Handle);
            for (int i = 0; i < count; i++)
            {
                object field = RuntimeType.NativeGetField(this, type.Handle, i);
                if (field != null) hash ^= field.GetHashCode();
            }
            return hash;
        }

        public override string ToString()
        {
            return GetType().ToString();
        }
    }

    public struct Void { }

    public interface IDisposable { void Dispose(); }

    public interface ICloneable { object Clone(); }

    public interface IComparable { int CompareTo(object obj); }

    public interface IComparable<T> { int CompareTo(T other); }

    public interface IEquatable<T> { bool Equals(T other); }

    public interface IFormatProvider { object GetFormat(Type formatType); }

    public interface IFormattable { string ToString(string format,
        IFormatProvider formatProvider); }

    public interface ICustomFormatter { string Format(string format, object arg,
        IFormatProvider formatProvider); }
}
