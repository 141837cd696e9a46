// Prints what mono's own reflection says about an assembly, one fact a line: the tests' oracle.
using System;
using System.Linq;
using System.Reflection;
using System.Runtime.InteropServices;

static class Reflect
{
    const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static
        | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    static string Name(Type t)
    {
        if (t.IsByRef) return Name(t.GetElementType()) + "&";
        if (t.IsPointer) return Name(t.GetElementType()) + "*";
        if (t.IsArray)
            return Name(t.GetElementType()) + "[" + new string(',', t.GetArrayRank() - 1) + "]";
        if (t.IsGenericParameter)
            return (t.DeclaringMethod != null ? "!!" : "!") + t.GenericParameterPosition;
        if (t.IsGenericType && !t.IsGenericTypeDefinition)
            return t.GetGenericTypeDefinition().FullName + "<"
                + string.Join(",", t.GetGenericArguments().Select(Name)) + ">";
        if (t.IsGenericTypeDefinition)
            return t.FullName + "<"
                + string.Join(",", t.GetGenericArguments().Select(Name)) + ">";
        return t.FullName;
    }

    static void Main(string[] args)
    {
        foreach (var t in Assembly.LoadFrom(args[0]).GetTypes())
        {
            Console.WriteLine("T|{0:x8}|{1}|{2}|{3}", t.MetadataToken, t.FullName, t.IsValueType,
                t.BaseType == null ? "" : t.BaseType.Namespace + "." + t.BaseType.Name);
            foreach (var f in t.GetFields(All))
                Console.WriteLine("F|{0:x8}|{1}|{2}|{3}", f.MetadataToken, f.Name, f.IsStatic,
                    Name(f.FieldType));
            foreach (var m in t.GetMethods(All).Cast<MethodBase>().Concat(t.GetConstructors(All)))
            {
                var i = m as MethodInfo;
                Console.WriteLine("M|{0:x8}|{1}|{2}|{3}", m.MetadataToken, m.Name,
                    i == null ? "System.Void" : Name(i.ReturnType),
                    string.Join(";", m.GetParameters().Select(
                        p => Name(p.ParameterType) + " " + p.Name)));
                MethodBody b = null;
                try { b = m.GetMethodBody(); } catch (Exception) { }
                if (b == null) continue;
                Console.WriteLine("B|{0:x8}|{1}|{2}|{3}|{4}", m.MetadataToken, b.MaxStackSize,
                    b.InitLocals, BitConverter.ToString(b.GetILAsByteArray()).Replace("-", ""),
                    string.Join(";", b.LocalVariables.Select(l => Name(l.LocalType))));
                foreach (var c in b.ExceptionHandlingClauses)
                    Console.WriteLine("C|{0:x8}|{1}|{2}|{3}|{4}|{5}", m.MetadataToken,
                        (int)c.Flags, c.TryOffset, c.TryLength, c.HandlerOffset,
                        c.HandlerLength);
            }
        }
    }
}
