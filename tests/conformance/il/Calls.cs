// calli, ldftn, ldvirtftn, constrained., tail., dup and pop of wide values, live entries across
// branches, unbox, ldfld of a value, switch, leave.
using System;
using System.Reflection;
using System.Reflection.Emit;

static class EmitCalls
{
    static TypeBuilder t;
    static Type wide, odd;
    static FieldInfo[] wideFields, oddFields;
    static ConstructorInfo wideCtor;
    static Type shape, square, naming, item;
    static MethodInfo wideMake, oddMake;

    static void Structs()
    {
        // Wide: 32 bytes; Odd: 3 bytes.
        TypeBuilder w = EmitOpcodes.Module.DefineType("Il.Wide",
            TypeAttributes.Public | TypeAttributes.Sealed | TypeAttributes.SequentialLayout,
            typeof(ValueType));
        wideFields = new FieldInfo[4];
        for (int i = 0; i < 4; i++)
            wideFields[i] = w.DefineField("F" + i, typeof(long), FieldAttributes.Public);
        ConstructorBuilder c = w.DefineConstructor(MethodAttributes.Public,
            CallingConventions.Standard, EmitOpcodes.Of(typeof(long), typeof(long)));
        ILGenerator il = c.GetILGenerator();
        for (int i = 0; i < 4; i++)
        {
            il.Emit(OpCodes.Ldarg_0); il.Emit(i % 2 == 0 ? OpCodes.Ldarg_1 : OpCodes.Ldarg_2);
            il.Emit(OpCodes.Ldc_I4, i + 1); il.Emit(OpCodes.Conv_I8); il.Emit(OpCodes.Mul);
            il.Emit(OpCodes.Stfld, wideFields[i]);
        }
        il.Emit(OpCodes.Ret);
        wideCtor = c; wide = w; w.CreateType();
        TypeBuilder o = EmitOpcodes.Module.DefineType("Il.Odd",
            TypeAttributes.Public | TypeAttributes.Sealed | TypeAttributes.SequentialLayout,
            typeof(ValueType));
        oddFields = new FieldInfo[3];
        for (int i = 0; i < 3; i++)
            oddFields[i] = o.DefineField("B" + i, typeof(byte), FieldAttributes.Public);
        odd = o; o.CreateType();
    }

    static MethodBuilder Override(TypeBuilder type, string name, Type result, Type[] parameters,
        MethodAttributes extra, EmitOpcodes.Body body)
    {
        MethodBuilder m = type.DefineMethod(name,
            MethodAttributes.Public | MethodAttributes.HideBySig | extra, result, parameters);
        if (body != null) body(m.GetILGenerator());
        return m;
    }

    static MethodInfo name, area, squareArea, itemName;
    static ConstructorInfo shapeCtor, squareCtor;
    static FieldInfo side, itemValue;

    static void Classes()
    {
        TypeBuilder n = EmitOpcodes.Module.DefineType("Il.INaming",
            TypeAttributes.Public | TypeAttributes.Interface | TypeAttributes.Abstract);
        name = Override(n, "Name", typeof(string), EmitOpcodes.Of(typeof(int)),
            MethodAttributes.Abstract | MethodAttributes.Virtual | MethodAttributes.NewSlot, null);
        naming = n; n.CreateType();

        TypeBuilder s = EmitOpcodes.Module.DefineType("Il.Shape", TypeAttributes.Public);
        side = s.DefineField("Side", typeof(int), FieldAttributes.Public);
        ConstructorBuilder sc = s.DefineConstructor(MethodAttributes.Public,
            CallingConventions.Standard, EmitOpcodes.Of(typeof(int)));
        ILGenerator il = sc.GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Call, typeof(object).GetConstructor(Type.EmptyTypes));
        il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Ldarg_1); il.Emit(OpCodes.Stfld, side);
        il.Emit(OpCodes.Ret);
        shapeCtor = sc;
        area = Override(s, "Area", typeof(int), EmitOpcodes.Of(typeof(int)),
            MethodAttributes.Virtual | MethodAttributes.NewSlot, g => {
            g.Emit(OpCodes.Ldarg_0); g.Emit(OpCodes.Ldfld, side); g.Emit(OpCodes.Ldarg_1);
            g.Emit(OpCodes.Add); g.Emit(OpCodes.Ret); });
        shape = s; s.CreateType();

        TypeBuilder q = EmitOpcodes.Module.DefineType("Il.Square", TypeAttributes.Public, shape);
        ConstructorBuilder qc = q.DefineConstructor(MethodAttributes.Public,
            CallingConventions.Standard, EmitOpcodes.Of(typeof(int)));
        il = qc.GetILGenerator(); il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Ldarg_1);
        il.Emit(OpCodes.Call, shapeCtor); il.Emit(OpCodes.Ret);
        squareCtor = qc;
        squareArea = Override(q, "Area", typeof(int), EmitOpcodes.Of(typeof(int)),
            MethodAttributes.Virtual, g => {
            g.Emit(OpCodes.Ldarg_0); g.Emit(OpCodes.Ldfld, side); g.Emit(OpCodes.Dup);
            g.Emit(OpCodes.Mul); g.Emit(OpCodes.Ldarg_1); g.Emit(OpCodes.Add); g.Emit(OpCodes.Ret);
            });
        square = q; q.CreateType();

        TypeBuilder i = EmitOpcodes.Module.DefineType("Il.Item",
            TypeAttributes.Public | TypeAttributes.Sealed | TypeAttributes.SequentialLayout,
            typeof(ValueType));
        i.AddInterfaceImplementation(naming);
        itemValue = i.DefineField("Value", typeof(int), FieldAttributes.Public);
        // Each call adds one to the value: shows whether the original or a boxed copy was called.
        itemName = Override(i, "Name", typeof(string), EmitOpcodes.Of(typeof(int)),
            MethodAttributes.Virtual | MethodAttributes.NewSlot | MethodAttributes.Final, g => {
            g.Emit(OpCodes.Ldarg_0); g.Emit(OpCodes.Dup); g.Emit(OpCodes.Ldfld, itemValue);
            g.Emit(OpCodes.Ldarg_1); g.Emit(OpCodes.Add); g.Emit(OpCodes.Stfld, itemValue);
            g.Emit(OpCodes.Ldstr, "item"); g.Emit(OpCodes.Ret); });
        Override(i, "GetHashCode", typeof(int), Type.EmptyTypes, MethodAttributes.Virtual, g => {
            g.Emit(OpCodes.Ldarg_0); g.Emit(OpCodes.Ldfld, itemValue); g.Emit(OpCodes.Ldc_I4, 1000);
            g.Emit(OpCodes.Add); g.Emit(OpCodes.Ret); });
        item = i; i.CreateType();
    }

    static void Makers()
    {
        wideMake = EmitOpcodes.Method(t, "MakeWide", wide, EmitOpcodes.Of(typeof(long)), il => {
            il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Neg);
            il.Emit(OpCodes.Newobj, wideCtor); il.Emit(OpCodes.Ret); });
        oddMake = EmitOpcodes.Method(t, "MakeOdd", odd, EmitOpcodes.Of(typeof(int)), il => {
            LocalBuilder l = il.DeclareLocal(odd);
            il.Emit(OpCodes.Ldloca, l); il.Emit(OpCodes.Initobj, odd);
            for (int i = 0; i < 3; i++)
            {
                il.Emit(OpCodes.Ldloca, l); il.Emit(OpCodes.Ldarg_0);
                il.Emit(OpCodes.Ldc_I4, i * 50 + 1); il.Emit(OpCodes.Mul);
                il.Emit(OpCodes.Stfld, oddFields[i]);
            }
            il.Emit(OpCodes.Ldloc, l); il.Emit(OpCodes.Ret); });
    }

    static void FunctionPointers()
    {
        Type[][] signatures = {
            EmitOpcodes.Of(), EmitOpcodes.Of(typeof(int)),
                EmitOpcodes.Of(typeof(long), typeof(int)),
                EmitOpcodes.Of(typeof(double), typeof(int), typeof(float)),
            EmitOpcodes.Of(typeof(int), typeof(int), typeof(int), typeof(int), typeof(int)),
                EmitOpcodes.Of(typeof(byte), typeof(double), typeof(long), typeof(float),
                typeof(short), typeof(double), typeof(int)),
            EmitOpcodes.Of(wide, typeof(int)), EmitOpcodes.Of(odd, wide, typeof(double), odd) };
        for (int s = 0; s < signatures.Length; s++)
        {
            Type[] signature = signatures[s];
            MethodBuilder target = EmitOpcodes.Method(t, "Target" + s, typeof(long), signature,
                il => {
                il.Emit(OpCodes.Ldc_I4_S, (sbyte)17); il.Emit(OpCodes.Conv_I8);
                for (int i = 0; i < signature.Length; i++)
                {
                    il.Emit(OpCodes.Ldc_I4_S, (sbyte)31); il.Emit(OpCodes.Conv_I8);
                    il.Emit(OpCodes.Mul); il.Emit(OpCodes.Ldarg_S, (byte)i);
                    // ldfld of a value on the evaluation stack
                    if (signature[i] == wide) il.Emit(OpCodes.Ldfld, wideFields[3]);
                    if (signature[i] == odd) il.Emit(OpCodes.Ldfld, oddFields[2]);
                    il.Emit(OpCodes.Conv_I8); il.Emit(OpCodes.Add);
                }
                il.Emit(OpCodes.Ret); });
            EmitOpcodes.Method(t, "calli_" + s, typeof(long), EmitOpcodes.Of(typeof(int)), il => {
                il.Emit(OpCodes.Ldc_I4, 1000000); il.Emit(OpCodes.Conv_I8);
                for (int i = 0; i < signature.Length; i++)
                {
                    il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Ldc_I4, i * 3 + 1);
                    il.Emit(OpCodes.Mul);
                    if (signature[i] == typeof(long)) il.Emit(OpCodes.Conv_I8);
                    if (signature[i] == typeof(double)) il.Emit(OpCodes.Conv_R8);
                    if (signature[i] == typeof(float)) il.Emit(OpCodes.Conv_R4);
                    if (signature[i] == typeof(byte)) il.Emit(OpCodes.Conv_U1);
                    if (signature[i] == typeof(short)) il.Emit(OpCodes.Conv_I2);
                    if (signature[i] == wide)
                    {
                        il.Emit(OpCodes.Conv_I8); il.Emit(OpCodes.Call, wideMake);
                    }
                    if (signature[i] == odd) il.Emit(OpCodes.Call, oddMake);
                }
                il.Emit(OpCodes.Ldftn, target);
                il.EmitCalli(OpCodes.Calli, CallingConventions.Standard, typeof(long), signature,
                    null);
                il.Emit(OpCodes.Add); il.Emit(OpCodes.Ret); });
        }
        EmitOpcodes.Method(t, "calli_struct", typeof(long), EmitOpcodes.Of(typeof(int)), il => {
            il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Conv_I8); il.Emit(OpCodes.Ldftn, wideMake);
            il.EmitCalli(OpCodes.Calli, CallingConventions.Standard, wide,
                EmitOpcodes.Of(typeof(long)), null);
            il.Emit(OpCodes.Ldfld, wideFields[1]); il.Emit(OpCodes.Ret); });
        FieldBuilder stored = t.DefineField("stored", typeof(IntPtr),
            FieldAttributes.Public | FieldAttributes.Static);
        EmitOpcodes.Method(t, "calli_stored", typeof(int), EmitOpcodes.Of(typeof(int)), il => {
            il.Emit(OpCodes.Ldftn, oddMake); il.Emit(OpCodes.Stsfld, stored);
            il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Ldsfld, stored);
            il.EmitCalli(OpCodes.Calli, CallingConventions.Standard, odd,
                EmitOpcodes.Of(typeof(int)), null);
            il.Emit(OpCodes.Ldfld, oddFields[1]); il.Emit(OpCodes.Ret); });
        // calli of an instance method through ldvirtftn and ldftn
        EmitOpcodes.Method(t, "ldvirtftn", typeof(int), EmitOpcodes.Of(shape, typeof(int)), il => {
            il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Ldarg_1); il.Emit(OpCodes.Ldarg_0);
            il.Emit(OpCodes.Ldvirtftn, area);
            il.EmitCalli(OpCodes.Calli, CallingConventions.Standard | CallingConventions.HasThis,
                typeof(int), EmitOpcodes.Of(typeof(int)), null);
            il.Emit(OpCodes.Ret); });
        EmitOpcodes.Method(t, "ldvirtftn_interface", typeof(string), EmitOpcodes.Of(naming), il => {
            il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Ldc_I4_2); il.Emit(OpCodes.Ldarg_0);
            il.Emit(OpCodes.Ldvirtftn, name);
            il.EmitCalli(OpCodes.Calli, CallingConventions.Standard | CallingConventions.HasThis,
                typeof(string), EmitOpcodes.Of(typeof(int)), null);
            il.Emit(OpCodes.Ret); });
        EmitOpcodes.Method(t, "ldftn_instance", typeof(int), EmitOpcodes.Of(shape, typeof(int)),
            il => {
            il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Ldarg_1); il.Emit(OpCodes.Ldftn, area);
            il.EmitCalli(OpCodes.Calli, CallingConventions.Standard | CallingConventions.HasThis,
                typeof(int), EmitOpcodes.Of(typeof(int)), null);
            il.Emit(OpCodes.Ret); });
    }

    static void Dispatch()
    {
        EmitOpcodes.Method(t, "NewShape", shape, EmitOpcodes.Of(typeof(int)),
            il => { il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Newobj,
            shapeCtor); il.Emit(OpCodes.Ret); });
        EmitOpcodes.Method(t, "NewSquare", shape, EmitOpcodes.Of(typeof(int)),
            il => { il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Newobj,
            squareCtor); il.Emit(OpCodes.Ret); });
        EmitOpcodes.Method(t, "call_nonvirtual", typeof(int), EmitOpcodes.Of(shape, typeof(int)),
            il => { il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Ldarg_1); il.Emit(OpCodes.Call,
            area); il.Emit(OpCodes.Ret); });
        EmitOpcodes.Method(t, "callvirt", typeof(int), EmitOpcodes.Of(shape, typeof(int)),
            il => { il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Ldarg_1); il.Emit(OpCodes.Callvirt,
            area); il.Emit(OpCodes.Ret); });
        EmitOpcodes.Method(t, "tail_call", typeof(int), EmitOpcodes.Of(shape, typeof(int)),
            il => {
                il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Ldarg_1); il.Emit(OpCodes.Tailcall);
                il.Emit(OpCodes.Callvirt, area); il.Emit(OpCodes.Ret); });
        MethodInfo toString = typeof(object).GetMethod("ToString"), hash
            = typeof(object).GetMethod("GetHashCode");
        // An interface method on a value: called on the value itself, which changes.
        EmitOpcodes.Method(t, "constrained_interface", typeof(int), EmitOpcodes.Of(typeof(int)),
            il => {
            LocalBuilder l = il.DeclareLocal(item);
            il.Emit(OpCodes.Ldloca, l); il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Stfld, itemValue);
            il.Emit(OpCodes.Ldloca, l); il.Emit(OpCodes.Ldc_I4_5);
            il.Emit(OpCodes.Constrained, item); il.Emit(OpCodes.Callvirt, name);
            il.Emit(OpCodes.Pop);
            il.Emit(OpCodes.Ldloc, l); il.Emit(OpCodes.Ldfld, itemValue); il.Emit(OpCodes.Ret); });
        EmitOpcodes.Method(t, "constrained_override", typeof(int), EmitOpcodes.Of(typeof(int)),
            il => {
            LocalBuilder l = il.DeclareLocal(item);
            il.Emit(OpCodes.Ldloca, l); il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Stfld, itemValue);
            il.Emit(OpCodes.Ldloca, l); il.Emit(OpCodes.Constrained, item);
            il.Emit(OpCodes.Callvirt, hash); il.Emit(OpCodes.Ret); });
        // Not overridden in the value type: a boxed copy is called.
        EmitOpcodes.Method(t, "constrained_inherited", typeof(string), EmitOpcodes.Of(), il => {
            LocalBuilder l = il.DeclareLocal(item);
            il.Emit(OpCodes.Ldloca, l); il.Emit(OpCodes.Initobj, item);
            il.Emit(OpCodes.Ldloca, l); il.Emit(OpCodes.Constrained, item);
            il.Emit(OpCodes.Callvirt, toString); il.Emit(OpCodes.Ret); });
        EmitOpcodes.Method(t, "constrained_reference", typeof(int),
            EmitOpcodes.Of(shape, typeof(int)), il => {
            il.Emit(OpCodes.Ldarga_S, (byte)0); il.Emit(OpCodes.Ldarg_1);
            il.Emit(OpCodes.Constrained, shape); il.Emit(OpCodes.Callvirt, area);
            il.Emit(OpCodes.Ret); });
        EmitOpcodes.Method(t, "constrained_int", typeof(string), EmitOpcodes.Of(typeof(int)),
            il => {
            il.Emit(OpCodes.Ldarga_S, (byte)0); il.Emit(OpCodes.Constrained, typeof(int));
            il.Emit(OpCodes.Callvirt, toString); il.Emit(OpCodes.Ret); });
        EmitOpcodes.Method(t, "BoxItem", typeof(object), EmitOpcodes.Of(typeof(int)), il => {
            LocalBuilder l = il.DeclareLocal(item);
            il.Emit(OpCodes.Ldloca, l); il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Stfld, itemValue);
            il.Emit(OpCodes.Ldloc, l); il.Emit(OpCodes.Box, item); il.Emit(OpCodes.Ret); });
        EmitOpcodes.Method(t, "unbox_field", typeof(int), EmitOpcodes.Of(typeof(object)), il => {
            // unbox gives the address inside the box: the store changes the box.
            il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Unbox, item);
            il.Emit(OpCodes.Ldc_I4_S, (sbyte)77); il.Emit(OpCodes.Stfld, itemValue);
            il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Unbox, item); il.Emit(OpCodes.Ldobj, item);
            il.Emit(OpCodes.Ldfld, itemValue); il.Emit(OpCodes.Ret); });
        EmitOpcodes.Method(t, "unbox_any_reference", typeof(string),
            EmitOpcodes.Of(typeof(object)),
            il => { il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Unbox_Any,
            typeof(string)); il.Emit(OpCodes.Ret); });
        EmitOpcodes.Method(t, "unbox_int", typeof(int), EmitOpcodes.Of(typeof(object)),
            il => { il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Unbox,
            typeof(int)); il.Emit(OpCodes.Ldind_I4); il.Emit(OpCodes.Ret); });
        EmitOpcodes.Method(t, "isinst_item", typeof(int), EmitOpcodes.Of(typeof(object)),
            il => { il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Isinst,
            item); il.Emit(OpCodes.Ldnull); il.Emit(OpCodes.Cgt_Un); il.Emit(OpCodes.Ret); });
        EmitOpcodes.Method(t, "isinst_naming", typeof(int), EmitOpcodes.Of(typeof(object)),
            il => { il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Isinst,
            naming); il.Emit(OpCodes.Ldnull); il.Emit(OpCodes.Ceq); il.Emit(OpCodes.Ret); });
        EmitOpcodes.Method(t, "sizes", typeof(int), EmitOpcodes.Of(), il => {
            il.Emit(OpCodes.Sizeof, wide); il.Emit(OpCodes.Ldc_I4, 100); il.Emit(OpCodes.Mul);
            il.Emit(OpCodes.Sizeof, odd); il.Emit(OpCodes.Add);
            il.Emit(OpCodes.Ldc_I4, 100); il.Emit(OpCodes.Mul);
            il.Emit(OpCodes.Sizeof, typeof(char)); il.Emit(OpCodes.Add);
            il.Emit(OpCodes.Ldc_I4, 100); il.Emit(OpCodes.Mul);
            il.Emit(OpCodes.Sizeof, typeof(string)); il.Emit(OpCodes.Add); il.Emit(OpCodes.Ret); });
    }

    static void Stack()
    {
        EmitOpcodes.Method(t, "dup_wide", typeof(long), EmitOpcodes.Of(typeof(long)), il => {
            LocalBuilder a = il.DeclareLocal(wide), b = il.DeclareLocal(wide);
            il.Emit(OpCodes.Ldc_I4_7); il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Call, wideMake);
            il.Emit(OpCodes.Dup); il.Emit(OpCodes.Dup); il.Emit(OpCodes.Pop);
            il.Emit(OpCodes.Stloc, a); il.Emit(OpCodes.Stloc, b); il.Emit(OpCodes.Conv_I8);
            for (int i = 0; i < 4; i++)
            {
                il.Emit(OpCodes.Ldloc, i % 2 == 0 ? a : b); il.Emit(OpCodes.Ldfld, wideFields[i]);
                il.Emit(OpCodes.Add);
            }
            il.Emit(OpCodes.Ret); });
        EmitOpcodes.Method(t, "dup_odd", typeof(int), EmitOpcodes.Of(typeof(int)), il => {
            il.Emit(OpCodes.Ldc_I4_M1); il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Call, oddMake);
            il.Emit(OpCodes.Dup); il.Emit(OpCodes.Ldfld, oddFields[0]);
            LocalBuilder l = il.DeclareLocal(typeof(int)); il.Emit(OpCodes.Stloc, l);
            il.Emit(OpCodes.Ldfld, oddFields[2]); il.Emit(OpCodes.Ldloc, l); il.Emit(OpCodes.Add);
            il.Emit(OpCodes.Add); il.Emit(OpCodes.Ret); });
        EmitOpcodes.Method(t, "dup_double", typeof(double), EmitOpcodes.Of(typeof(double)),
            il => {
                il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Dup); il.Emit(OpCodes.Dup);
                il.Emit(OpCodes.Mul); il.Emit(OpCodes.Sub); il.Emit(OpCodes.Ret); });
        EmitOpcodes.Method(t, "dup_float", typeof(float), EmitOpcodes.Of(typeof(float)),
            il => {
                il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Dup); il.Emit(OpCodes.Neg);
                il.Emit(OpCodes.Dup); il.Emit(OpCodes.Pop); il.Emit(OpCodes.Sub);
                il.Emit(OpCodes.Ret); });
        EmitOpcodes.Method(t, "dup_long", typeof(long), EmitOpcodes.Of(typeof(long)),
            il => {
                il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Dup); il.Emit(OpCodes.Dup);
                il.Emit(OpCodes.Add); il.Emit(OpCodes.Xor); il.Emit(OpCodes.Nop);
                il.Emit(OpCodes.Ret); });
        // Four live entries of four kinds cross a branch; both arms push one more.
        EmitOpcodes.Method(t, "join", typeof(long),
            EmitOpcodes.Of(typeof(int), typeof(long), typeof(double)), il => {
            Label other = il.DefineLabel(), end = il.DefineLabel();
            il.Emit(OpCodes.Ldarg_1); il.Emit(OpCodes.Ldarg_2); il.Emit(OpCodes.Ldarg_0);
            il.Emit(OpCodes.Ldarg_1); il.Emit(OpCodes.Call, wideMake);
            il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Ldc_I4_3); il.Emit(OpCodes.Bgt_S, other);
            il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Call, oddMake); il.Emit(OpCodes.Br_S, end);
            il.MarkLabel(other); il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Ldc_I4_1);
            il.Emit(OpCodes.Sub); il.Emit(OpCodes.Call, oddMake);
            il.MarkLabel(end);
            LocalBuilder o = il.DeclareLocal(odd); il.Emit(OpCodes.Stloc, o);
            il.Emit(OpCodes.Ldfld, wideFields[2]); il.Emit(OpCodes.Ldloc, o);
            il.Emit(OpCodes.Ldfld, oddFields[1]); il.Emit(OpCodes.Conv_I8); il.Emit(OpCodes.Add);
            LocalBuilder l = il.DeclareLocal(typeof(long)); il.Emit(OpCodes.Stloc, l);
            il.Emit(OpCodes.Conv_R8); il.Emit(OpCodes.Mul); il.Emit(OpCodes.Conv_I8);
            il.Emit(OpCodes.Sub); il.Emit(OpCodes.Ldloc, l); il.Emit(OpCodes.Xor);
            il.Emit(OpCodes.Ret); });
        EmitOpcodes.Method(t, "deep", typeof(int), EmitOpcodes.Of(typeof(int)), il => {
            for (int i = 0; i < 200; i++)
            {
                il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Ldc_I4, i); il.Emit(OpCodes.Add);
            }
            for (int i = 0; i < 199; i++) il.Emit(i % 2 == 0 ? OpCodes.Sub : OpCodes.Xor);
            il.Emit(OpCodes.Ret); });
        EmitOpcodes.Method(t, "switch_back", typeof(int), EmitOpcodes.Of(typeof(int)), il => {
            // A jump table with targets before and after it, two of them the same.
            Label top = il.DefineLabel(), a = il.DefineLabel(), b = il.DefineLabel(), end
                = il.DefineLabel();
            LocalBuilder sum = il.DeclareLocal(typeof(int));
            il.MarkLabel(top);
            il.Emit(OpCodes.Ldloc, sum); il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Add);
            il.Emit(OpCodes.Ldc_I4_1); il.Emit(OpCodes.Add); il.Emit(OpCodes.Stloc, sum);
            il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Ldc_I4_1); il.Emit(OpCodes.Sub);
            il.Emit(OpCodes.Starg_S, (byte)0);
            il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Switch, new Label[] { a, b, top, top, b });
            il.Emit(OpCodes.Ldc_I4, 1000); il.Emit(OpCodes.Br, end);
            il.MarkLabel(a); il.Emit(OpCodes.Ldc_I4, 2000); il.Emit(OpCodes.Br, end);
            il.MarkLabel(b); il.Emit(OpCodes.Ldc_I4, 3000); il.Emit(OpCodes.Br, end);
            il.MarkLabel(end); il.Emit(OpCodes.Ldloc, sum); il.Emit(OpCodes.Add);
            il.Emit(OpCodes.Ret); });
        EmitOpcodes.Method(t, "leave_short", typeof(int), EmitOpcodes.Of(typeof(int)), il => {
            LocalBuilder l = il.DeclareLocal(typeof(int));
            il.BeginExceptionBlock(); Label target = il.DefineLabel();
            il.Emit(OpCodes.Ldarg_0); il.Emit(OpCodes.Stloc, l); il.Emit(OpCodes.Leave_S, target);
            il.BeginFinallyBlock(); il.Emit(OpCodes.Ldloc, l); il.Emit(OpCodes.Ldc_I4, 100);
            il.Emit(OpCodes.Add); il.Emit(OpCodes.Stloc, l); il.EndExceptionBlock();
            il.MarkLabel(target); il.Emit(OpCodes.Ldloc, l); il.Emit(OpCodes.Ret); });
    }

    public static void Emit()
    {
        Structs(); Classes();
        t = EmitOpcodes.StaticClass("Il.Calls");
        Makers(); FunctionPointers(); Dispatch(); Stack();
        t.CreateType();
    }
}
