// Type objects: one per MethodTable, made by the runtime. Names are composed here from metadata
// names.
using System.Reflection;
using System.Runtime.CompilerServices;

namespace System.Reflection
{
    public abstract class MemberInfo
    {
        public abstract string Name { get; }
        public abstract Type DeclaringType { get; }
    }

    public sealed class Assembly { private Assembly() { } }

    public class AssemblyName { }

    public class Binder { }
}

namespace System
{
    public struct RuntimeTypeHandle
    {
        internal IntPtr value;
        public IntPtr Value { get { return value; } }
    }

    public struct RuntimeFieldHandle
    {
        internal IntPtr value;
        public IntPtr Value { get { return value; } }
    }

    public struct RuntimeMethodHandle
    {
        internal IntPtr value;
        public IntPtr Value { get { return value; } }
    }

    public struct RuntimeArgumentHandle { internal IntPtr value; }

    public struct TypedReference { internal IntPtr type; internal IntPtr value; }

    public struct ArgIterator { internal IntPtr value; }

    public enum TypeCode
    {
        Empty = 0, Object = 1, DBNull = 2, Boolean = 3, Char = 4, SByte = 5, Byte = 6, Int16 = 7,
        UInt16 = 8, Int32 = 9, UInt32 = 10, Int64 = 11, UInt64 = 12, Single = 13, Double = 14,
        Decimal = 15, DateTime = 16, String = 18
    }

    public abstract class Type : MemberInfo
    {
        internal IntPtr _handle;

        internal IntPtr Handle { get { return _handle; } }

        protected Type() { }

        public static Type GetTypeFromHandle(RuntimeTypeHandle handle)
        {
            return RuntimeType.FromHandle(handle.value);
        }

        public RuntimeTypeHandle TypeHandle
        {
            get
            {
                RuntimeTypeHandle handle = new RuntimeTypeHandle();
                handle.value = _handle;
                return handle;
            }
        }

        public abstract string Namespace { get; }
        public abstract string FullName { get; }
        public abstract Type BaseType { get; }
        public abstract bool IsValueType { get; }
        public abstract bool IsInterface { get; }
        public abstract bool IsEnum { get; }
        public abstract bool IsArray { get; }
        public abstract bool IsPrimitive { get; }
        public abstract bool IsSealed { get; }
        public abstract bool IsAbstract { get; }
        public bool IsClass { get { return !IsValueType && !IsInterface; } }
        public abstract Type GetElementType();
        public abstract int GetArrayRank();
        public abstract bool IsAssignableFrom(Type c);
        public abstract bool IsInstanceOfType(object o);

        public virtual bool IsSubclassOf(Type c)
        {
            if (c == null) throw new ArgumentNullException("type");
            for (Type type = BaseType; type != null; type = type.BaseType)
                if (type == c) return true;
            return IsInterface && c == typeof(object);
        }

        public static TypeCode GetTypeCode(Type type)
        {
            if (type == null) return TypeCode.Empty;
            int element = RuntimeType.NativeTypeCode(type._handle);
            if (element >= 0x02 && element <= 0x0d) return (TypeCode)(element + 1);
            if (element == 0x0e) return TypeCode.String;
            if (type == typeof(Decimal)) return TypeCode.Decimal;
            if (type == typeof(DateTime)) return TypeCode.DateTime;
            return TypeCode.Object;
        }

        public override bool Equals(object o) { return ReferenceEquals(this, o); }

        public virtual bool Equals(Type o) { return ReferenceEquals(this, o); }

        public override int GetHashCode() { return RuntimeHelpers.GetHashCode(this); }

        public override string ToString() { return FullName; }

        public static bool operator ==(Type left, Type right)
        {
            return ReferenceEquals(left, right);
        }

        public static bool operator !=(Type left, Type right)
        {
            return !ReferenceEquals(left, right);
        }
    }

    internal sealed class RuntimeType : Type
    {
        const int FlagValueType = 1, FlagInterface = 2, FlagEnum = 4, FlagArray = 8, FlagPrimitive =
            16,
            FlagSealed = 32, FlagAbstract = 64;

        public override string Name { get { return NameOf(_handle); } }

        public override Type DeclaringType { get { return FromHandle(NativeDeclaring(_handle)); } }

        public override string Namespace { get { return NamespaceOf(_handle); } }

        public override string FullName { get { return FullNameOf(_handle); } }

        public override Type BaseType { get { return FromHandle(NativeBase(_handle)); } }

        public override bool IsValueType
        {
            get
            {
                return (NativeFlags(_handle) & FlagValueType) != 0;
            }
        }
        public override bool IsInterface
        {
            get
            {
                return (NativeFlags(_handle) & FlagInterface) != 0;
            }
        }
        public override bool IsEnum { get { return (NativeFlags(_handle) & FlagEnum) != 0; } }
        public override bool IsArray { get { return (NativeFlags(_handle) & FlagArray) != 0; } }
        public override bool IsPrimitive
        {
            get
            {
                return (NativeFlags(_handle) & FlagPrimitive) != 0;
            }
        }
        public override bool IsSealed { get { return (NativeFlags(_handle) & FlagSealed) != 0; } }
        public override bool IsAbstract
        {
            get
            {
                return (NativeFlags(_handle) & FlagAbstract) != 0;
            }
        }

        public override Type GetElementType() { return FromHandle(NativeElement(_handle)); }

        public override int GetArrayRank()
        {
            int rank = NativeRank(_handle);
            if (rank == 0) throw new ArgumentException("Must be an array type.");
            return rank;
        }

        public override bool IsAssignableFrom(Type c)
        {
            return c != null && NativeIsAssignableFrom(_handle, c._handle);
        }

        public override bool IsInstanceOfType(object o)
        {
            return o != null && NativeIsAssignableFrom(_handle, o.GetType()._handle);
        }

        static string NameOf(IntPtr type)
        {
            IntPtr element = NativeElement(type);
            if (element == IntPtr.Zero) return NativeName(type);
            return NameOf(element) + Brackets(NativeRank(type));
        }

        static string NamespaceOf(IntPtr type)
        {
            IntPtr element = NativeElement(type);
            if (element != IntPtr.Zero) return NamespaceOf(element);
            IntPtr outer = NativeDeclaring(type);
            return outer != IntPtr.Zero ? NamespaceOf(outer) : NativeNamespace(type);
        }

        static string FullNameOf(IntPtr type)
        {
            IntPtr element = NativeElement(type);
            if (element != IntPtr.Zero) return FullNameOf(element) + Brackets(NativeRank(type));
            IntPtr outer = NativeDeclaring(type);
            if (outer != IntPtr.Zero) return FullNameOf(outer) + "+" + NativeName(type);
            string ns = NativeNamespace(type);
            return ns == null || ns.Length == 0 ? NativeName(type) : ns + "." + NativeName(type);
        }

        static string Brackets(int rank)
        {
            return "[" + new string(',', rank - 1) + "]";
        }

        [MethodImpl(MethodImplOptions.InternalCall)]
        internal static extern Type FromHandle(IntPtr type);
        [MethodImpl(MethodImplOptions.InternalCall)]
        internal static extern string NativeName(IntPtr type);
        [MethodImpl(MethodImplOptions.InternalCall)]
        internal static extern string NativeNamespace(IntPtr type);
        [MethodImpl(MethodImplOptions.InternalCall)]
        internal static extern IntPtr NativeDeclaring(IntPtr type);
        [MethodImpl(MethodImplOptions.InternalCall)]
        internal static extern IntPtr NativeBase(IntPtr type);
        [MethodImpl(MethodImplOptions.InternalCall)]
        internal static extern IntPtr NativeElement(IntPtr type);
        [MethodImpl(MethodImplOptions.InternalCall)]
        internal static extern int NativeRank(IntPtr type);
        [MethodImpl(MethodImplOptions.InternalCall)]
        internal static extern int NativeFlags(IntPtr type);
        [MethodImpl(MethodImplOptions.InternalCall)]
        internal static extern int NativeTypeCode(IntPtr type);
        [MethodImpl(MethodImplOptions.InternalCall)]
        internal static extern bool NativeIsAssignableFrom(IntPtr to, IntPtr from);
        [MethodImpl(MethodImplOptions.InternalCall)]
        internal static extern bool NativeHasAttribute(IntPtr type, string fullName);
        [MethodImpl(MethodImplOptions.InternalCall)]
        internal static extern int NativeFieldCount(IntPtr type);
        [MethodImpl(MethodImplOptions.InternalCall)]
        internal static extern object NativeGetField(object owner, IntPtr type, int index);
        [MethodImpl(MethodImplOptions.InternalCall)]
        internal static extern int NativeEnumCount(IntPtr type);
        [MethodImpl(MethodImplOptions.InternalCall)]
        internal static extern string NativeEnumName(IntPtr type, int index);
        [MethodImpl(MethodImplOptions.InternalCall)]
        internal static extern long NativeEnumValue(IntPtr type, int index);
    }
}
