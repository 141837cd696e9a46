// Counts words with a Hashtable and prints them sorted.
// args: "the quick brown fox jumps over the lazy dog the end" quick
using System;
using System.Collections;
using System.Text;

static class WordCount
{
    static string[] Split(string text)
    {
        ArrayList words = new ArrayList();
        StringBuilder word = new StringBuilder();
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (char.IsLetterOrDigit(c)) word.Append(char.ToLower(c));
            else if (word.Length > 0) { words.Add(word.ToString()); word.Length = 0; }
        }
        if (word.Length > 0) words.Add(word.ToString());
        string[] result = new string[words.Count];
        for (int i = 0; i < result.Length; i++) result[i] = (string)words[i];
        return result;
    }

    static void Sort(string[] a)
    {
        for (int i = 1; i < a.Length; i++)
        {
            string x = a[i];
            int j = i - 1;
            while (j >= 0 && string.CompareOrdinal(a[j], x) > 0) { a[j + 1] = a[j]; j--; }
            a[j + 1] = x;
        }
    }

    static int Main(string[] args)
    {
        Hashtable counts = new Hashtable();
        ArrayList order = new ArrayList();
        foreach (string argument in args)
            foreach (string word in Split(argument))
            {
                if (!counts.ContainsKey(word)) { counts[word] = 0; order.Add(word); }
                counts[word] = (int)counts[word] + 1;
            }
        string[] words = new string[order.Count];
        for (int i = 0; i < words.Length; i++) words[i] = (string)order[i];
        Sort(words);
        foreach (string word in words) Console.WriteLine("{0,-8}|{1,3}", word, counts[word]);
        return words.Length;
    }
}
