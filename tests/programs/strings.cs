// String methods: Substring, IndexOf, Replace, Trim, upper and lower case, PadLeft, Split, Join.
using System;

static class Strings
{
    static bool Palindrome(string s)
    {
        int i = 0, j = s.Length - 1;
        while (i < j)
        {
            if (!char.IsLetter(s[i])) { i++; continue; }
            if (!char.IsLetter(s[j])) { j--; continue; }
            if (char.ToUpper(s[i++]) != char.ToUpper(s[j--])) return false;
        }
        return true;
    }

    static string Rot13(string s)
    {
        char[] c = s.ToCharArray();
        for (int i = 0; i < c.Length; i++)
        {
            if (c[i] >= 'a' && c[i] <= 'z') c[i] = (char)((c[i] - 'a' + 13) % 26 + 'a');
            else if (c[i] >= 'A' && c[i] <= 'Z') c[i] = (char)((c[i] - 'A' + 13) % 26 + 'A');
        }
        return new string(c);
    }

    static void Main()
    {
        string s = "  The Quick, brown fox  ";
        Console.WriteLine("[" + s.Trim() + "]");
        Console.WriteLine(s.Trim().ToUpper() + " " + s.Trim().ToLower());
        Console.WriteLine(s.IndexOf("Quick") + " " + s.IndexOf('b') + " " + s.LastIndexOf('o')
            + " " + s.IndexOf("absent"));
        Console.WriteLine(s.Substring(6, 5) + "|" + s.Substring(18));
        Console.WriteLine(s.Replace("o", "0").Replace(' ', '_'));
        Console.WriteLine("42".PadLeft(6) + "42".PadRight(6) + "|" + "7".PadLeft(3, '0'));
        Console.WriteLine(s.Contains("fox") + " " + "fox".StartsWith("fo") + " "
            + "fox".EndsWith("ox"));
        string[] parts = "a,b,,c".Split(',');
        Console.WriteLine(parts.Length + " " + string.Join("-", parts));
        Console.WriteLine(Palindrome("A man, a plan, a canal: Panama") + " " + Palindrome("nope"));
        Console.WriteLine(Rot13("Hello") + " " + Rot13(Rot13("Hello")));
        Console.WriteLine(string.Compare("abc", "abd") < 0 ? "less" : "not less");
        Console.WriteLine("x".Equals("x") + " " + string.IsNullOrEmpty("") + " "
            + "abc".Insert(1, "--") + " " + "abcdef".Remove(2, 3));
        Console.WriteLine(new string('=', 12));
        Console.WriteLine("unicode: \u00e4\u00f6\u00fc \u20ac \u4e2d");
    }
}
