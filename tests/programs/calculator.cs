// A recursive-descent parser for arithmetic; the value of the last argument is the exit status.
// args: 1+2*3 "(4 - 6) * 7 % 5" 2*(3+4)*5-28/7 -(2+3)
using System;

sealed class Parser
{
    readonly string text;
    int at;

    public Parser(string text) { this.text = text; }

    void Skip() { while (at < text.Length && text[at] == ' ') at++; }

    bool Take(char c)
    {
        Skip();
        if (at < text.Length && text[at] == c) { at++; return true; }
        return false;
    }

    public int Sum()
    {
        int value = Product();
        while (true)
        {
            if (Take('+')) value += Product();
            else if (Take('-')) value -= Product();
            else return value;
        }
    }

    int Product()
    {
        int value = Unary();
        while (true)
        {
            if (Take('*')) value *= Unary();
            else if (Take('/')) value /= Unary();
            else if (Take('%')) value %= Unary();
            else return value;
        }
    }

    int Unary()
    {
        if (Take('-')) return -Unary();
        if (Take('('))
        {
            int value = Sum();
            Take(')');
            return value;
        }
        int start = at;
        while (at < text.Length && char.IsDigit(text[at])) at++;
        return int.Parse(text.Substring(start, at - start));
    }
}

static class Calculator
{
    static int Main(string[] args)
    {
        int last = 0;
        for (int i = 0; i < args.Length; i++)
        {
            last = new Parser(args[i]).Sum();
            Console.WriteLine(args[i] + " = " + last);
        }
        return last;
    }
}
