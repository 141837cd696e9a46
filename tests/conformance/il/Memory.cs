// Indirect loads and stores with prefixes, blocks, arrays by token, arguments and locals by number,
// values that a narrow slot truncates.
using System;
using System.Reflection;
using System.Reflection.Emit;

static class EmitMemory
{
    static readonly Type[] elements = {
        typeof(sbyte), typeof(byte), typeof(short), typeof(ushort), typeof(int), typeof(uint),
            typeof(long), typeof(ulong),
        typeof(float), typeof(double), typeof(bool), typeof(char) };
    static readonly OpCode[] loads = {
        OpCodes.Ldind_I1, OpCodes.Ldind_U1, OpCodes.Ldind_I2, OpCodes.Ldind_U2, OpCodes.Ldind_I4,
            OpCodes.Ldind_U4, OpCodes.Ldind_I8,
        OpCodes.Ldind_I8, OpCodes.Ldind_R4, OpCodes.Ldind_R8, OpCodes.Ldind_U1, OpCodes.Ldind_U2 };
    static readonly OpCode[] stores = {
        OpCodes.Stind_I1, OpCodes.Stind_I1, OpCodes.Stind_I2, OpCodes.Stind_I2, OpCodes.Stind_I4,
            OpCodes.Stind_I4, OpCodes.Stind_I8,
        OpCodes.Stind_I8, OpCodes.Stind_R4, OpCodes.Stind_R8, OpCodes.Stind_I1, OpCodes.Stind_I2 };

    static TypeBuilder t;

    static void Address(ILGenerator il) { il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Conv_U); }

    static void Prefix(ILGenerator il, int variant, bool small)
    {
        if ((variant & 1) != 0 && !small) il.Emit(OpCodes.Unaligned, (byte)1);
        if ((variant & 2) != 0) il.Emit(OpCodes.Volatile);
    }

    static void Copies(int i, int variant)
    {
        // copy(source, destination) by ldind/stind and by ldobj/stobj, with and without prefixes
        bool small = i < 2 || elements[i] == typeof(bool);
        string name = elements[i].Name + "_" + variant;
        EmitOpcodes.Method(t, "ind_" + name, typeof(void),
            EmitOpcodes.Of(typeof(long), typeof(long)), il => {
            il.Emit(OpCodes.Ldarg_1); il.Emit(OpCodes.Conv_U); Address(il);
            Prefix(il, variant, small); il.Emit(loads[i]); Prefix(il, variant, small);
            il.Emit(stores[i]); il.Emit(OpCodes.Ret); });
        EmitOpcodes.Method(t, "obj_" + name, typeof(void),
            EmitOpcodes.Of(typeof(long), typeof(long)), il => {
            il.Emit(OpCodes.Ldarg_1); il.Emit(OpCodes.Conv_U); Address(il);
            Prefix(il, variant, small); il.Emit(OpCodes.Ldobj, elements[i]);
            Prefix(il, variant, small); il.Emit(OpCodes.Stobj, elements[i]); il.Emit(OpCodes.Ret);
            });
    }

    static void Blocks()
    {
        for (int variant = 0; variant < 4; variant++)
        {
            EmitOpcodes.Method(t, "cpblk_" + variant, typeof(void),
                EmitOpcodes.Of(typeof(long), typeof(long), typeof(int)), il => {
                il.Emit(OpCodes.Ldarg_1); il.Emit(OpCodes.Conv_U); Address(il);
                il.Emit(OpCodes.Ldarg_2);
                Prefix(il, variant, false); il.Emit(OpCodes.Cpblk); il.Emit(OpCodes.Ret); });
            EmitOpcodes.Method(t, "initblk_" + variant, typeof(void),
                EmitOpcodes.Of(typeof(long), typeof(int), typeof(int)), il => {
                Address(il); il.Emit(OpCodes.Ldarg_1); il.Emit(OpCodes.Ldarg_2);
                Prefix(il, variant, false); il.Emit(OpCodes.Initblk); il.Emit(OpCodes.Ret); });
        }
        EmitOpcodes.Method(t, "native_cell", typeof(long),
            EmitOpcodes.Of(typeof(long), typeof(long)), il => {
            Address(il); il.Emit(OpCodes.Ldarg_1); il.Emit(OpCodes.Conv_I);
            il.Emit(OpCodes.Stind_I);
            Address(il); il.Emit(OpCodes.Ldind_I); il.Emit(OpCodes.Conv_I8); il.Emit(OpCodes.Ret);
            });
        EmitOpcodes.Method(t, "cpobj_long", typeof(void),
            EmitOpcodes.Of(typeof(long), typeof(long)), il => {
            il.Emit(OpCodes.Ldarg_1); il.Emit(OpCodes.Conv_U); Address(il);
            il.Emit(OpCodes.Cpobj, typeof(long)); il.Emit(OpCodes.Ret); });
        EmitOpcodes.Method(t, "localloc_sum", typeof(int), EmitOpcodes.Of(typeof(int)), il => {
            // Writes its last byte, reads the rest: initialised locals make them zero.
            LocalBuilder p = il.DeclareLocal(typeof(byte).MakePointerType());
            il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Conv_U); il.Emit(OpCodes.Localloc);
            il.Emit(OpCodes.Stloc, p);
            il.Emit(OpCodes.Ldloc, p); il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Add);
            il.Emit(OpCodes.Ldc_I4_1); il.Emit(OpCodes.Sub); il.Emit(OpCodes.Ldc_I4_S, (sbyte)-9);
            il.Emit(OpCodes.Stind_I1);
            il.Emit(OpCodes.Ldloc, p); il.Emit(OpCodes.Ldind_U1);
            il.Emit(OpCodes.Ldloc, p); il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Add);
            il.Emit(OpCodes.Ldc_I4_1); il.Emit(OpCodes.Sub); il.Emit(OpCodes.Ldind_U1);
            il.Emit(OpCodes.Add); il.Emit(OpCodes.Ret); });
    }

    static void Arrays()
    {
        for (int i = 0; i < elements.Length; i++)
        {
            Type element = elements[i];
            EmitOpcodes.Method(t, "elem_" + element.Name, element, EmitOpcodes.Of(element), il => {
                LocalBuilder a = il.DeclareLocal(element.MakeArrayType());
                il.Emit(OpCodes.Ldc_I4_5); il.Emit(OpCodes.Newarr, element);
                il.Emit(OpCodes.Stloc, a);
                il.Emit(OpCodes.Ldloc, a); il.Emit(OpCodes.Ldc_I4_3); il.Emit(OpCodes.Ldarg_0);
                il.Emit(OpCodes.Stelem, element);
                il.Emit(OpCodes.Ldloc, a); il.Emit(OpCodes.Ldc_I4_4); il.Emit(OpCodes.Readonly);
                il.Emit(OpCodes.Ldelema, element);
                il.Emit(OpCodes.Ldloc, a); il.Emit(OpCodes.Ldc_I4_3);
                il.Emit(OpCodes.Ldelema, element); il.Emit(OpCodes.Cpobj, element);
                il.Emit(OpCodes.Ldloc, a); il.Emit(OpCodes.Ldc_I4_4); il.Emit(OpCodes.Conv_I);
                il.Emit(OpCodes.Ldelem, element); il.Emit(OpCodes.Ret); });
        }
        EmitOpcodes.Method(t, "elem_native", typeof(long), EmitOpcodes.Of(typeof(long)), il => {
            LocalBuilder a = il.DeclareLocal(typeof(IntPtr[]));
            il.Emit(OpCodes.Ldc_I4_3); il.Emit(OpCodes.Conv_I);
            il.Emit(OpCodes.Newarr, typeof(IntPtr)); il.Emit(OpCodes.Stloc, a);
            il.Emit(OpCodes.Ldloc, a); il.Emit(OpCodes.Ldc_I4_1); il.Emit(OpCodes.Ldarg_0);
            il.Emit(OpCodes.Conv_I); il.Emit(OpCodes.Stelem_I);
            il.Emit(OpCodes.Ldloc, a); il.Emit(OpCodes.Ldc_I4_1); il.Emit(OpCodes.Ldelem_I);
            il.Emit(OpCodes.Conv_I8);
            il.Emit(OpCodes.Ldloc, a); il.Emit(OpCodes.Ldlen); il.Emit(OpCodes.Conv_I8);
            il.Emit(OpCodes.Add); il.Emit(OpCodes.Ret); });
        EmitOpcodes.Method(t, "elem_string", typeof(string), EmitOpcodes.Of(typeof(string)), il => {
            LocalBuilder a = il.DeclareLocal(typeof(string[]));
            il.Emit(OpCodes.Ldc_I4_2); il.Emit(OpCodes.Newarr, typeof(string));
            il.Emit(OpCodes.Stloc, a);
            il.Emit(OpCodes.Ldloc, a); il.Emit(OpCodes.Ldc_I4_1); il.Emit(OpCodes.Ldarg_0);
            il.Emit(OpCodes.Stelem, typeof(string));
            il.Emit(OpCodes.Ldloc, a); il.Emit(OpCodes.Ldc_I4_1);
            il.Emit(OpCodes.Ldelema, typeof(string)); il.Emit(OpCodes.Ldind_Ref);
            il.Emit(OpCodes.Pop); il.Emit(OpCodes.Ldloc, a); il.Emit(OpCodes.Ldc_I4_1);
            il.Emit(OpCodes.Ldelem, typeof(string)); il.Emit(OpCodes.Ret); });
    }

    // int32 0x..ff.. into slots of 8 and 16 bits: every store truncates, every load widens.
    static void Truncation()
    {
        Type[] narrow = { typeof(sbyte), typeof(byte), typeof(short), typeof(ushort), typeof(char),
            typeof(bool) };
        foreach (Type type in narrow)
        {
            FieldBuilder field = t.DefineField("static_" + type.Name, type,
                FieldAttributes.Public | FieldAttributes.Static);
            EmitOpcodes.Method(t, "local_" + type.Name, typeof(int), EmitOpcodes.Of(typeof(int)),
                il => {
                LocalBuilder before = il.DeclareLocal(type), l = il.DeclareLocal(type), after
                    = il.DeclareLocal(type);
                il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Stloc, l);
                il.Emit(OpCodes.Ldloc, l); il.Emit(OpCodes.Ldloc, before);
                il.Emit(OpCodes.Ldloc, after); il.Emit(OpCodes.Add); il.Emit(OpCodes.Add);
                il.Emit(OpCodes.Ret); });
            EmitOpcodes.Method(t, "field_" + type.Name, typeof(int), EmitOpcodes.Of(typeof(int)),
                il => {
                il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Stsfld, field);
                il.Emit(OpCodes.Ldsfld, field); il.Emit(OpCodes.Ret); });
            MethodBuilder starg = EmitOpcodes.Method(t, "starg_" + type.Name, typeof(int),
                EmitOpcodes.Of(type, typeof(int)), il => {
                il.Emit(OpCodes.Ldarg_1); il.Emit(OpCodes.Starg, (short)0);
                il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Ret); });
            EmitOpcodes.Method(t, "arg_" + type.Name, typeof(int), EmitOpcodes.Of(typeof(int)),
                il => {
                il.Emit(OpCodes.Ldc_I4_0); il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Call, starg);
                il.Emit(OpCodes.Ret); });
            EmitOpcodes.Method(t, "element_" + type.Name, typeof(int), EmitOpcodes.Of(typeof(int)),
                il => {
                LocalBuilder a = il.DeclareLocal(type.MakeArrayType());
                il.Emit(OpCodes.Ldc_I4_3); il.Emit(OpCodes.Newarr, type); il.Emit(OpCodes.Stloc, a);
                il.Emit(OpCodes.Ldloc, a); il.Emit(OpCodes.Ldc_I4_1); il.Emit(OpCodes.Ldarg_0);
                il.Emit(OpCodes.Stelem, type);
                il.Emit(OpCodes.Ldloc, a); il.Emit(OpCodes.Ldc_I4_1); il.Emit(OpCodes.Ldelem, type);
                il.Emit(OpCodes.Ldloc, a); il.Emit(OpCodes.Ldc_I4_2); il.Emit(OpCodes.Ldelem, type);
                il.Emit(OpCodes.Add); il.Emit(OpCodes.Ret); });
        }
    }

    // 300 locals and 260 arguments: the forms of ldarg, starg, ldloc, stloc with 16-bit numbers.
    static void Many()
    {
        EmitOpcodes.Method(t, "many_locals", typeof(int), EmitOpcodes.Of(typeof(int)), il => {
            LocalBuilder[] l = new LocalBuilder[300];
            for (int i = 0; i < l.Length; i++)
                l[i] = il.DeclareLocal(i % 3 == 0 ? typeof(int) : i % 3 == 1 ? typeof(byte)
                    : typeof(long));
            for (int i = 0; i < l.Length; i++)
            {
                il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Ldc_I4, i); il.Emit(OpCodes.Add);
                if (i % 3 == 2) il.Emit(OpCodes.Conv_I8);
                il.Emit(OpCodes.Stloc, (short)i);
            }
            il.Emit(OpCodes.Ldloca, (short)297); il.Emit(OpCodes.Dup); il.Emit(OpCodes.Ldind_I4);
            il.Emit(OpCodes.Ldc_I4_1); il.Emit(OpCodes.Add); il.Emit(OpCodes.Stind_I4);
            il.Emit(OpCodes.Ldc_I4_0);
            for (int i = 0; i < l.Length; i++)
            {
                il.Emit(OpCodes.Ldc_I4_3); il.Emit(OpCodes.Mul); il.Emit(OpCodes.Ldloc, (short)i);
                if (i % 3 == 2) il.Emit(OpCodes.Conv_I4);
                il.Emit(OpCodes.Xor);
            }
            il.Emit(OpCodes.Ret); });
        Type[] parameters = new Type[260];
        for (int i = 0; i < parameters.Length; i++)
            parameters[i] = i % 4 == 3 ? typeof(double) : i % 4 == 2 ? typeof(short) : typeof(int);
        MethodBuilder callee = EmitOpcodes.Method(t, "many_arguments", typeof(int), parameters,
            il => {
            il.Emit(OpCodes.Ldarg, (short)256); il.Emit(OpCodes.Ldc_I4_7); il.Emit(OpCodes.Mul);
            il.Emit(OpCodes.Starg, (short)257);
            il.Emit(OpCodes.Ldarga, (short)256); il.Emit(OpCodes.Dup); il.Emit(OpCodes.Ldind_I4);
            il.Emit(OpCodes.Ldc_I4_2); il.Emit(OpCodes.Add); il.Emit(OpCodes.Stind_I4);
            il.Emit(OpCodes.Ldc_I4_0);
            for (int i = 0; i < parameters.Length; i++)
            {
                il.Emit(OpCodes.Ldc_I4_5); il.Emit(OpCodes.Mul); il.Emit(OpCodes.Ldarg, (short)i);
                if (i % 4 == 3) il.Emit(OpCodes.Conv_I4);
                il.Emit(OpCodes.Xor);
            }
            il.Emit(OpCodes.Ret); });
        EmitOpcodes.Method(t, "call_many_arguments", typeof(int), EmitOpcodes.Of(typeof(int)),
            il => {
            for (int i = 0; i < parameters.Length; i++)
            {
                il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Ldc_I4, i * 9); il.Emit(OpCodes.Sub);
                if (i % 4 == 3) il.Emit(OpCodes.Conv_R8);
                if (i % 4 == 2) il.Emit(OpCodes.Conv_I2);
            }
            il.Emit(OpCodes.Call, callee); il.Emit(OpCodes.Ret); });
    }

    public static void Emit()
    {
        t = EmitOpcodes.StaticClass("Il.Memory");
        for (int i = 0; i < elements.Length; i++)
            for (int variant = 0; variant < 4; variant++) Copies(i, variant);
        Blocks(); Arrays(); Truncation(); Many();
        t.CreateType();
    }
}
