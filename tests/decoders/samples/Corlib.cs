// The least of a class library that samples/Types.cs can be loaded against in a guest made by hand:
// mono's own has thousands of types behind System.Object and System.String.
namespace System
{
    public class Object
    {
        public virtual bool Equals(object o) { return o == this; }
        ~Object() { }
        public virtual int GetHashCode() { return 0; }
        public virtual string ToString() { return null; }
    }
    public abstract class ValueType { }
    public abstract class Enum : ValueType { }
    public abstract class Array { }
    public abstract class Delegate { }
    public abstract class MulticastDelegate : Delegate { }
    public sealed class String { int length; char first; }
    public struct Void { }
    public struct Boolean { bool v; }
    public struct Char { char v; }
    public struct SByte { sbyte v; }
    public struct Byte { byte v; }
    public struct Int16 { short v; }
    public struct UInt16 { ushort v; }
    public struct Int32 { int v; }
    public struct UInt32 { uint v; }
    public struct Int64 { long v; }
    public struct UInt64 { ulong v; }
    public struct Single { float v; }
    public struct Double { double v; }
    public struct Decimal { int a, b, c, d; }
    public unsafe struct IntPtr { void* v; }
    public unsafe struct UIntPtr { void* v; }
    public struct RuntimeTypeHandle { IntPtr v; }
    public struct RuntimeFieldHandle { IntPtr v; }
    public struct RuntimeMethodHandle { IntPtr v; }
    public class Type { }
    public class Attribute { }
    public class Exception { }
    public class ParamArrayAttribute : Attribute { }
    public interface IDisposable { void Dispose(); }
    public class AttributeUsageAttribute : Attribute
    {
        public AttributeUsageAttribute(AttributeTargets t) { }
    }
    public enum AttributeTargets { All = 1 }
}
namespace System.Collections
{
    public interface IEnumerable { IEnumerator GetEnumerator(); }
    public interface IEnumerator { object Current { get; } bool MoveNext(); void Reset(); }
}
namespace System.Reflection
{
    public class DefaultMemberAttribute : Attribute { public DefaultMemberAttribute(string n) { } }
}
namespace System.Runtime.InteropServices { public class OutAttribute : Attribute { } }
namespace System.Runtime.CompilerServices { public class RuntimeHelpers { } }
