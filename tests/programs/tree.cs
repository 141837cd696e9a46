// A binary search tree with deletion, an iterator of its own and IEnumerable/foreach over it.
using System;
using System.Collections;

sealed class Tree : IEnumerable
{
    public sealed class Node { public int Key; public string Value; public Node Left, Right; }

    sealed class Walker : IEnumerator
    {
        readonly ArrayList path = new ArrayList();
        readonly Node root;
        Node current;

        public Walker(Node root) { this.root = root; Reset(); }
        public object Current { get { return current; } }
        public void Reset() { path.Clear(); Descend(root); }
        void Descend(Node n) { for (; n != null; n = n.Left) path.Add(n); }

        public bool MoveNext()
        {
            if (path.Count == 0) return false;
            current = (Node)path[path.Count - 1];
            path.RemoveAt(path.Count - 1);
            Descend(current.Right);
            return true;
        }
    }

    Node root;
    public int Count { get; private set; }

    public string this[int key]
    {
        get { Node n = Find(key); return n == null ? null : n.Value; }
        set { Put(ref root, key, value); }
    }

    Node Find(int key)
    {
        Node n = root;
        while (n != null && n.Key != key) n = key < n.Key ? n.Left : n.Right;
        return n;
    }

    void Put(ref Node n, int key, string value)
    {
        if (n == null) { n = new Node { Key = key, Value = value }; Count++; }
        else if (key == n.Key) n.Value = value;
        else if (key < n.Key) Put(ref n.Left, key, value);
        else Put(ref n.Right, key, value);
    }

    public bool Remove(int key) { return Remove(ref root, key); }

    bool Remove(ref Node n, int key)
    {
        if (n == null) return false;
        if (key < n.Key) return Remove(ref n.Left, key);
        if (key > n.Key) return Remove(ref n.Right, key);
        if (n.Left == null) n = n.Right;
        else if (n.Right == null) n = n.Left;
        else
        {
            Node least = n.Right;
            while (least.Left != null) least = least.Left;
            n.Key = least.Key;
            n.Value = least.Value;
            return Remove(ref n.Right, least.Key);
        }
        Count--;
        return true;
    }

    public IEnumerator GetEnumerator() { return new Walker(root); }

    static int Main()
    {
        Tree tree = new Tree();
        for (int i = 0; i < 40; i++) tree[i * 17 % 41] = "v" + i;
        tree[5] = "five";
        for (int i = 0; i < 41; i += 3) if (!tree.Remove(i)) Console.WriteLine("absent: " + i);
        int sum = 0;
        foreach (Node n in tree)
        {
            Console.Write(n.Key + "=" + n.Value + " ");
            sum += n.Key;
        }
        Console.WriteLine();
        Console.WriteLine(tree.Count + " nodes, " + (tree[6] ?? "none") + ", " + tree[5]);
        return sum % 256;
    }
}
