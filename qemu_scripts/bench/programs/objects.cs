// A heap of a million objects of several types, all of them held; ends in a null reference.
class Node
{
    public Node Next;
    public object Payload;
    public int Number;
}

class Small
{
    public int A, B, C;
}

struct Pair
{
    public long Key;
    public object Value;
}

class Program
{
    static Node head;

    static object Make(int i)
    {
        switch (i % 5)
        {
            case 0: return new string('x', i % 23 + 1);
            case 1: return new int[i % 17];
            case 2: return new Small();
            case 3: return new object[i % 5];
            default: return new Pair[i % 4];
        }
    }

    static int Main(string[] args)
    {
        for (int i = 0; i < 500000; i++)
        {
            Node node = new Node();
            node.Next = head;
            node.Payload = Make(i);
            node.Number = i;
            head = node;
        }
        Node none = null;
        return none.Number;
    }
}
