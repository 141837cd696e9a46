// Prints an assembly's .mdb as Mono.Cecil (0.9) reads it, one fact a line: the tests' oracle.
using System;
using Mono.Cecil;
using Mono.Cecil.Mdb;

static class Symbols
{
    static void Main(string[] args)
    {
        var how = new ReaderParameters {
            ReadSymbols = true, SymbolReaderProvider = new MdbReaderProvider() };
        var module = ModuleDefinition.ReadModule(args[0], how);
        foreach (var t in module.GetTypes())
            foreach (var m in t.Methods)
            {
                if (!m.HasBody) continue;
                foreach (var i in m.Body.Instructions)
                    if (i.SequencePoint != null)
                        Console.WriteLine("P|{0:x8}|{1}|{2}|{3}|{4}", m.MetadataToken.ToInt32(),
                            i.Offset, i.SequencePoint.Document.Url, i.SequencePoint.StartLine,
                            i.SequencePoint.StartColumn);
                foreach (var v in m.Body.Variables)
                    if (v.Name != null && v.Name != "")
                        Console.WriteLine("V|{0:x8}|{1}|{2}", m.MetadataToken.ToInt32(),
                            v.Index, v.Name);
            }
    }
}
