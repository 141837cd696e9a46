// Made fixtures/Portable*.dll and .pdb, with Mono.Cecil 0.11 (Debian libmono-cecil-private-cil):
// reads rows of debug information from standard input and writes the assembly with a portable PDB.
//   P|token|il|file|line|column|endline|endcolumn|hidden    V|token|index|name|start|end
using System;
using System.Collections.Generic;
using System.Linq;
using Mono.Cecil;
using Mono.Cecil.Cil;

static class WritePdb
{
    static Instruction At(MethodDefinition m, int offset)
    {
        return m.Body.Instructions.FirstOrDefault(i => i.Offset == offset);
    }

    static void Main(string[] args)
    {
        var a = AssemblyDefinition.ReadAssembly(args[0]);
        var documents = new Dictionary<string, Document>();
        string line;
        while ((line = Console.ReadLine()) != null)
        {
            var f = line.Split('|');
            var m = (MethodDefinition)a.MainModule.LookupToken(Convert.ToInt32(f[1], 16));
            if (f[0] == "P")
            {
                Document d;
                if (!documents.TryGetValue(f[3], out d))
                    documents[f[3]] = d = new Document(f[3]);
                var p = new SequencePoint(At(m, int.Parse(f[2])), d);
                if (f[8] == "True")
                    p.StartLine = p.EndLine = 0xfeefee;
                else
                {
                    p.StartLine = int.Parse(f[4]);
                    p.StartColumn = int.Parse(f[5]);
                    p.EndLine = int.Parse(f[6]);
                    p.EndColumn = int.Parse(f[7]);
                }
                m.DebugInformation.SequencePoints.Add(p);
            }
            else
            {
                if (m.DebugInformation.Scope == null)
                    m.DebugInformation.Scope = new ScopeDebugInformation(
                        m.Body.Instructions.First(), null);
                var scope = new ScopeDebugInformation(At(m, int.Parse(f[4])),
                    At(m, int.Parse(f[5])));
                scope.Variables.Add(new VariableDebugInformation(
                    m.Body.Variables[int.Parse(f[2])], f[3]));
                m.DebugInformation.Scope.Scopes.Add(scope);
            }
        }
        a.Write(args[1], new WriterParameters {
            WriteSymbols = true,
            SymbolWriterProvider = args.Length > 2
                ? (ISymbolWriterProvider)new EmbeddedPortablePdbWriterProvider()
                : new PortablePdbWriterProvider() });
    }
}
