// Whole families by table: native int arithmetic, comparisons, branches and conversions. The
// checks that call them are made by gen_il.py from the same names.
using System;
using System.Reflection.Emit;

static class EmitFamilies
{
    static readonly Type[] kinds = { typeof(int), typeof(long), typeof(IntPtr), typeof(float),
        typeof(double) };
    static readonly string[] kindNames = { "int", "long", "native", "float", "double" };

    static void Load(ILGenerator il, int argument, Type type)
    {
        il.Emit(argument == 0 ? OpCodes.Ldarg_0 : OpCodes.Ldarg_1);
        if (type == typeof(IntPtr)) il.Emit(OpCodes.Conv_I);
    }

    // Native ints come in as longs, so that the C# caller needs no IntPtr operators.
    static Type Passed(Type type) { return type == typeof(IntPtr) ? typeof(long) : type; }

    static void Native()
    {
        TypeBuilder t = EmitOpcodes.StaticClass("Il.Native");
        OpCode[] binary = {
            OpCodes.Add, OpCodes.Sub, OpCodes.Mul, OpCodes.Div, OpCodes.Div_Un, OpCodes.Rem,
                OpCodes.Rem_Un,
            OpCodes.And, OpCodes.Or, OpCodes.Xor, OpCodes.Add_Ovf, OpCodes.Add_Ovf_Un,
                OpCodes.Sub_Ovf,
            OpCodes.Sub_Ovf_Un, OpCodes.Mul_Ovf, OpCodes.Mul_Ovf_Un };
        foreach (OpCode op in binary)
        {
            EmitOpcodes.Method(t, Id(op), typeof(long), EmitOpcodes.Of(typeof(long), typeof(long)),
                il => {
                il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Conv_I);
                il.Emit(OpCodes.Ldarg_1); il.Emit(OpCodes.Conv_I);
                il.Emit(op); il.Emit(OpCodes.Conv_I8); il.Emit(OpCodes.Ret); });
            // int32 with native int: the int32 is widened (ECMA-335 III.1.5, table 2).
            EmitOpcodes.Method(t, Id(op) + "_mixed", typeof(long),
                EmitOpcodes.Of(typeof(long), typeof(int)), il => {
                il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Conv_I); il.Emit(OpCodes.Ldarg_1);
                il.Emit(op); il.Emit(OpCodes.Conv_I8); il.Emit(OpCodes.Ret); });
        }
        foreach (OpCode op in new OpCode[] { OpCodes.Shl, OpCodes.Shr, OpCodes.Shr_Un })
            foreach (Type type in new Type[] { typeof(int), typeof(long), typeof(IntPtr) })
                EmitOpcodes.Method(t, Id(op) + "_" + Name(type), typeof(long),
                    EmitOpcodes.Of(Passed(type), typeof(int)), il => {
                    Load(il, 0, type); il.Emit(OpCodes.Ldarg_1); il.Emit(op);
                    il.Emit(OpCodes.Conv_I8); il.Emit(OpCodes.Ret); });
        foreach (OpCode op in new OpCode[] { OpCodes.Neg, OpCodes.Not })
            EmitOpcodes.Method(t, Id(op), typeof(long), EmitOpcodes.Of(typeof(long)), il => {
                il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Conv_U); il.Emit(op);
                il.Emit(OpCodes.Conv_U8); il.Emit(OpCodes.Ret); });
        t.CreateType();
    }

    static string Id(OpCode op) { return op.Name.Replace('.', '_'); }

    static string Name(Type type) { return kindNames[Array.IndexOf(kinds, type)]; }

    static void Compare()
    {
        TypeBuilder t = EmitOpcodes.StaticClass("Il.Compare");
        foreach (OpCode op in new OpCode[] { OpCodes.Ceq, OpCodes.Cgt, OpCodes.Cgt_Un, OpCodes.Clt,
            OpCodes.Clt_Un })
            foreach (Type type in kinds)
                EmitOpcodes.Method(t, Id(op) + "_" + Name(type), typeof(int),
                    EmitOpcodes.Of(Passed(type), Passed(type)), il => {
                    Load(il, 0, type); Load(il, 1, type); il.Emit(op); il.Emit(OpCodes.Ret); });
        OpCode[] branches = {
            OpCodes.Beq, OpCodes.Bge, OpCodes.Bgt, OpCodes.Ble, OpCodes.Blt, OpCodes.Bne_Un,
                OpCodes.Bge_Un, OpCodes.Bgt_Un,
            OpCodes.Ble_Un, OpCodes.Blt_Un, OpCodes.Beq_S, OpCodes.Bge_S, OpCodes.Bgt_S,
                OpCodes.Ble_S, OpCodes.Blt_S,
            OpCodes.Bne_Un_S, OpCodes.Bge_Un_S, OpCodes.Bgt_Un_S, OpCodes.Ble_Un_S,
                OpCodes.Blt_Un_S };
        foreach (OpCode op in branches)
            foreach (Type type in kinds)
                EmitOpcodes.Method(t, Id(op) + "_" + Name(type), typeof(int),
                    EmitOpcodes.Of(Passed(type), Passed(type)), il => {
                    Label yes = il.DefineLabel();
                    Load(il, 0, type); Load(il, 1, type); il.Emit(op, yes);
                    il.Emit(OpCodes.Ldc_I4_0); il.Emit(OpCodes.Ret);
                    il.MarkLabel(yes); il.Emit(OpCodes.Ldc_I4_1); il.Emit(OpCodes.Ret); });
        foreach (OpCode op in new OpCode[] { OpCodes.Brtrue, OpCodes.Brtrue_S, OpCodes.Brfalse,
            OpCodes.Brfalse_S })
            foreach (Type type in new Type[] { typeof(int), typeof(long), typeof(IntPtr) })
                EmitOpcodes.Method(t, Id(op) + "_" + Name(type), typeof(int),
                    EmitOpcodes.Of(Passed(type)), il => {
                    Label yes = il.DefineLabel(), end = il.DefineLabel();
                    Load(il, 0, type); il.Emit(op, yes);
                    il.Emit(OpCodes.Ldc_I4_0); il.Emit(OpCodes.Br_S, end);
                    il.MarkLabel(yes); il.Emit(OpCodes.Ldc_I4_1); il.Emit(OpCodes.Br, end);
                    il.MarkLabel(end); il.Emit(OpCodes.Ret); });
        t.CreateType();
    }

    static void Convert()
    {
        TypeBuilder t = EmitOpcodes.StaticClass("Il.Convert");
        OpCode[] integer = {
            OpCodes.Conv_I1, OpCodes.Conv_U1, OpCodes.Conv_I2, OpCodes.Conv_U2, OpCodes.Conv_I4,
                OpCodes.Conv_U4, OpCodes.Conv_I8,
            OpCodes.Conv_U8, OpCodes.Conv_I, OpCodes.Conv_U, OpCodes.Conv_Ovf_I1,
                OpCodes.Conv_Ovf_U1, OpCodes.Conv_Ovf_I2,
            OpCodes.Conv_Ovf_U2, OpCodes.Conv_Ovf_I4, OpCodes.Conv_Ovf_U4, OpCodes.Conv_Ovf_I8,
                OpCodes.Conv_Ovf_U8,
            OpCodes.Conv_Ovf_I, OpCodes.Conv_Ovf_U, OpCodes.Conv_Ovf_I1_Un, OpCodes.Conv_Ovf_U1_Un,
                OpCodes.Conv_Ovf_I2_Un,
            OpCodes.Conv_Ovf_U2_Un, OpCodes.Conv_Ovf_I4_Un, OpCodes.Conv_Ovf_U4_Un,
                OpCodes.Conv_Ovf_I8_Un, OpCodes.Conv_Ovf_U8_Un,
            OpCodes.Conv_Ovf_I_Un, OpCodes.Conv_Ovf_U_Un };
        // The result is widened by its own signedness, so that the upper half of the slot is seen.
        foreach (OpCode op in integer)
            foreach (Type type in kinds)
                EmitOpcodes.Method(t, Id(op) + "_" + Name(type), typeof(long),
                    EmitOpcodes.Of(Passed(type)), il => {
                    bool unsigned = op.Name.Contains(".u");
                    Load(il, 0, type); il.Emit(op);
                    il.Emit(unsigned ? OpCodes.Conv_U8 : OpCodes.Conv_I8); il.Emit(OpCodes.Ret); });
        foreach (Type type in kinds)
        {
            EmitOpcodes.Method(t, "conv_r4_" + Name(type), typeof(float),
                EmitOpcodes.Of(Passed(type)),
                il => { Load(il, 0, type); il.Emit(OpCodes.Conv_R4); il.Emit(OpCodes.Ret); });
            EmitOpcodes.Method(t, "conv_r8_" + Name(type), typeof(double),
                EmitOpcodes.Of(Passed(type)),
                il => { Load(il, 0, type); il.Emit(OpCodes.Conv_R8); il.Emit(OpCodes.Ret); });
            if (type != typeof(float) && type != typeof(double))
                EmitOpcodes.Method(t, "conv_r_un_" + Name(type), typeof(double),
                    EmitOpcodes.Of(Passed(type)),
                    il => {
                        Load(il, 0, type); il.Emit(OpCodes.Conv_R_Un); il.Emit(OpCodes.Conv_R8);
                        il.Emit(OpCodes.Ret); });
        }
        EmitOpcodes.Method(t, "ckfinite", typeof(double), EmitOpcodes.Of(typeof(double)),
            il => { il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Ckfinite); il.Emit(OpCodes.Ret); });
        t.CreateType();
    }

    public static void Emit() { Native(); Compare(); Convert(); }
}
