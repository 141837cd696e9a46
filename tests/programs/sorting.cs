// Four sorts over the same pseudo-random numbers; each must give the same checksum.
// args: 300 12345
using System;

static class Sorting
{
    static uint state;

    static int Next() { state = state * 1664525 + 1013904223; return (int)(state >> 8) % 10000; }

    static void Quick(int[] a, int low, int high)
    {
        int i = low, j = high, pivot = a[(low + high) / 2];
        while (i <= j)
        {
            while (a[i] < pivot) i++;
            while (a[j] > pivot) j--;
            if (i <= j) { int t = a[i]; a[i++] = a[j]; a[j--] = t; }
        }
        if (low < j) Quick(a, low, j);
        if (i < high) Quick(a, i, high);
    }

    static void Heap(int[] a)
    {
        for (int i = a.Length / 2 - 1; i >= 0; i--) Sift(a, i, a.Length);
        for (int end = a.Length - 1; end > 0; end--)
        {
            int t = a[0]; a[0] = a[end]; a[end] = t;
            Sift(a, 0, end);
        }
    }

    static void Sift(int[] a, int root, int end)
    {
        while (root * 2 + 1 < end)
        {
            int child = root * 2 + 1;
            if (child + 1 < end && a[child] < a[child + 1]) child++;
            if (a[root] >= a[child]) return;
            int t = a[root]; a[root] = a[child]; a[child] = t;
            root = child;
        }
    }

    static int[] Merge(int[] a)
    {
        if (a.Length < 2) return a;
        int[] left = new int[a.Length / 2], right = new int[a.Length - a.Length / 2];
        Array.Copy(a, 0, left, 0, left.Length);
        Array.Copy(a, left.Length, right, 0, right.Length);
        left = Merge(left);
        right = Merge(right);
        int[] result = new int[a.Length];
        for (int i = 0, l = 0, r = 0; i < result.Length; i++)
        {
            bool fromLeft = r == right.Length || l < left.Length && left[l] <= right[r];
            result[i] = fromLeft ? left[l++] : right[r++];
        }
        return result;
    }

    static unsafe void Bubble(int[] a)
    {
        fixed (int* p = a)
            for (int* end = p + a.Length - 1; end > p; end--)
                for (int* q = p; q < end; q++)
                    if (q[0] > q[1]) { int t = *q; *q = q[1]; q[1] = t; }
    }

    static long Checksum(int[] a)
    {
        long sum = 0;
        for (int i = 0; i < a.Length; i++) sum = unchecked(sum * 31 + a[i]);
        return sum;
    }

    static int Main(string[] args)
    {
        int n = int.Parse(args[0]);
        int[][] copies = new int[4][];
        for (int k = 0; k < 4; k++)
        {
            state = uint.Parse(args[1]);
            copies[k] = new int[n];
            for (int i = 0; i < n; i++) copies[k][i] = Next();
        }
        Quick(copies[0], 0, n - 1);
        Heap(copies[1]);
        copies[2] = Merge(copies[2]);
        Bubble(copies[3]);
        int same = 0;
        foreach (int[] copy in copies)
        {
            Console.WriteLine("{0} {1} {2} {3}", copy[0], copy[n / 2], copy[n - 1], Checksum(copy));
            if (Checksum(copy) == Checksum(copies[0])) same++;
        }
        return same;
    }
}
