using System; using System.Reflection; using System.Reflection.Emit;
class P { static void Main(string[] a){ 
 var ab = AppDomain.CurrentDomain.DefineDynamicAssembly(new AssemblyName("Opcodes"), AssemblyBuilderAccess.Save, ".");
 var mb = ab.DefineDynamicModule("Opcodes","Opcodes.dll");
 var t = mb.DefineType("Il.Ops", TypeAttributes.Public|TypeAttributes.Abstract|TypeAttributes.Sealed);
 var m = t.DefineMethod("Add", MethodAttributes.Public|MethodAttributes.Static, typeof(int), new[]{typeof(int),typeof(int)});
 var g = m.GetILGenerator(); g.Emit(OpCodes.Ldarg_0); g.Emit(OpCodes.Ldarg_1); g.Emit(OpCodes.Add); g.Emit(OpCodes.Ret);
 t.CreateType(); ab.Save("Opcodes.dll"); } }
