// ArrayList, Hashtable, Stack, Queue, StringBuilder, printed; the same under mono and in the guest.
using System;
using System.Collections;
using System.Globalization;
using System.Text;

class Node : IComparable
{
    public int V;
    public Node(int v) { V = v; }
    public int CompareTo(object o) { return V.CompareTo(((Node)o).V); }
    public override string ToString() { return "N" + V; }
}

static class Collections
{
    static void W(object o) { Console.WriteLine(o); }

    static int Main(string[] arguments)
    {
        ArrayList l=new ArrayList();
        l.Add(3);
        l.Add("x");
        l.Add(1.5);
        l.Insert(1,'c');
        foreach(object o in l) Console.Write(o+" ");
        W(l.Count);
        l.RemoveAt(0);
        W(l.IndexOf("x")+" "+l.Contains(1.5));
        ArrayList n=new ArrayList();
        for(int i=0;i<10;i++) n.Add((i*7)%10);
        n.Sort();
        foreach(int i in n) Console.Write(i);
        W("");
        n.Reverse();
        W(n[0]);
        ArrayList nodes=new ArrayList();
        nodes.Add(new Node(5));
        nodes.Add(new Node(2));
        nodes.Sort();
        W(nodes[0]);
        int[] ia=(int[])n.ToArray(typeof(int));
        W(ia[3]);
        Hashtable h=new Hashtable();
        h["one"]=1;
        h["two"]=2;
        h[3]="three";
        h["four"]=4;
        foreach(DictionaryEntry e in h) Console.Write(e.Key+"="+e.Value+" ");
        W(h.Count);
        W(h["two"]+" "+h.ContainsKey(3)+" "+(h["zz"]==null));
        h.Remove("one");
        W(h.Count);
        foreach(object k in h.Keys) Console.Write(k+" ");
        W("");
        Stack s=new Stack();
        s.Push(1);
        s.Push(2);
        W(s.Pop()+" "+s.Peek()+" "+s.Count);
        Queue q=new Queue();
        q.Enqueue("a");
        q.Enqueue("b");
        W(q.Dequeue()+" "+q.Count);
        foreach(object o in s) Console.Write(o);
        W("");
        StringBuilder sb=new StringBuilder();
        for(int i=0;i<20;i++) sb.Append(i).Append(',');
        sb.Insert(0,"start:").Replace(
            "1","one").Remove(0,3).AppendFormat("{0:F1}",2.25).AppendLine("end");
        Console.Write(sb);
        W(sb.Length);
        sb.Length=5;
        W(sb.ToString()+sb[2]);
        foreach (string word in arguments) W(word);
        return 51;
    }
}
