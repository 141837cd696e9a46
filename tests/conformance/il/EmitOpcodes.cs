// Writes Opcodes.dll: methods whose IL no C# compiler emits (native int arithmetic, short branch
// forms, tokens where C# uses short opcodes, prefixes, calli, cpblk, implicit truncation...).
// Runs under mono only; the assembly it writes is what runs in the guest.
using System;
using System.Reflection;
using System.Reflection.Emit;

static class EmitOpcodes
{
    public static ModuleBuilder Module;

    public delegate void Body(ILGenerator il);

    public static TypeBuilder StaticClass(string name)
    {
        return Module.DefineType(name,
            TypeAttributes.Public | TypeAttributes.Abstract | TypeAttributes.Sealed);
    }

    public static MethodBuilder Method(TypeBuilder type, string name, Type result,
        Type[] parameters, Body body)
    {
        MethodBuilder method = type.DefineMethod(
            name, MethodAttributes.Public | MethodAttributes.Static, result, parameters);
        body(method.GetILGenerator());
        return method;
    }

    public static Type[] Of(params Type[] types) { return types; }

    static void Main(string[] args)
    {
        string file = args[0];
        AssemblyName name = new AssemblyName("Opcodes");
        AssemblyBuilder assembly = AppDomain.CurrentDomain.DefineDynamicAssembly(
            name, AssemblyBuilderAccess.Save, ".");
        Module = assembly.DefineDynamicModule("Opcodes", file);
        EmitFamilies.Emit();
        EmitMemory.Emit();
        EmitCalls.Emit();
        assembly.Save(file);
    }
}
