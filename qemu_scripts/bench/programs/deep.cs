// A stack of 1,000 managed frames that ends in a null reference.
class Node
{
    public int Value;
}

class Program
{
    static int Down(int depth, Node node)
    {
        if (depth == 0) return node.Value;
        return Down(depth - 1, node) + 1;
    }

    static int Main(string[] args)
    {
        return Down(999, null);
    }
}
