// String and char, printed; the same under mono and in the guest.
using System;
using System.Collections;
using System.Globalization;
using System.Text;

static class Texts
{
    static void W(object o) { Console.WriteLine(o); }

    static int Main(string[] arguments)
    {
        string s = "  Hello, World  ";
        W("["+s.Trim()+"]["+s.TrimStart()+"]["+s.TrimEnd()+"]");
        W(s.ToUpper()+s.ToLower());
        W(s.IndexOf(
            "World")+" "+s.IndexOf(
            'o')+" "+s.LastIndexOf(
            'o')+" "+s.IndexOf("xyz")+" "+s.LastIndexOf("l")+" "+s.IndexOfAny(new[]{'W','e'}));
        W(s.Replace("l","LL")+s.Replace('o','0')+s.Replace("World",""));
        W(s.Substring(3,4)+"|"+s.Substring(10));
        W(s.Contains("lo,")+" "+s.StartsWith("  He")+" "+s.EndsWith("ld"));
        foreach (var x in "a,b,,c".Split(',')) Console.Write("<"+x+">");
        W("");
        foreach (var x in "a,b;,c".Split(new[]{',',';'}, StringSplitOptions.RemoveEmptyEntries))
            Console.Write("<"+x+">");
        W("");
        foreach (var x in "a,b,c,d".Split(new[]{','},2)) Console.Write("<"+x+">");
        W("");
        foreach (var x in "one--two--three".Split(new[]{"--"},StringSplitOptions.None))
            Console.Write("<"+x+">");
        W("");
        foreach (var x in " a  b ".Split((char[])null)) Console.Write("<"+x+">");
        W("");
        foreach (var x in ",,a,,b,,c".Split(new[]{','},2,StringSplitOptions.RemoveEmptyEntries))
            Console.Write("<"+x+">");
        W("");
        W(string.Join("-", new[]{"a","b","c"})+string.Join("+", 1, 2.5, 'c', null, true));
        W("abc".PadLeft(6,'*')+"abc".PadRight(6)+"|");
        W("abc".Insert(1,"XX")+"abcdef".Remove(2)+"abcdef".Remove(1,3));
        W(string.Format("{0,-5}|{1,5:F2}|{2:X}|{3}", "ab", 3.14159, 255, null));
        W("abc".CompareTo(
            "abd")+" "+string.CompareOrdinal(
            "a","B")+" "+(
            "abc"=="ab"+'c')+" "+string.Equals("a","A",StringComparison.OrdinalIgnoreCase));
        W(string.IsNullOrEmpty(
            "")+" "+string.IsNullOrWhiteSpace(
            " \t")+" "+new string('x',3)+new string(new[]{'a','b'})+new string(new[]{'a','b','c'},1,2));
        W("hello".GetHashCode()+" "+"".GetHashCode());
        char[] cs="hello".ToCharArray();
        Array.Reverse((Array)cs);
        W(new string(cs));
        foreach(char c in "xyz") Console.Write(c+".");
        W("");
        string n=null;
        W("null:"+n+"|"+null+(string)null);
        W("é€😀 ünïcode");
        W('a'+1);
        W((char)('a'+1));
        W("tab\tq\"uote\\");
        string t="a";
        t+="b";
        t+=1;
        t+=2.5;
        t+='c';
        t+=true;
        W(t);
        W(string.Concat("a",1,'b',2.5));
        W(object.ReferenceEquals("lit","lit"));
        W(string.Intern(new string('l',1)+"it")==(object)"lit");
        W("abc"[1]);
        W("a\nb".Length);
        W("x".Equals((object)"x"));
        W("Title Case".ToLowerInvariant());
        W("aXbXc".Split('X').Length);
        W("abc".IndexOf(
            "")+" "+"abc".LastIndexOf("")+" "+"".Split(',').Length+" "+"abc".Substring(3).Length);
        foreach (string word in arguments) W(word);
        return 45;
    }
}
