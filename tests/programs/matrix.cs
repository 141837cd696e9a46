// Matrices of doubles: product, determinant by elimination, formatted output.
using System;

static class Matrix
{
    static double[,] Multiply(double[,] a, double[,] b)
    {
        int n = a.GetLength(0), m = b.GetLength(1), k = b.GetLength(0);
        double[,] c = new double[n, m];
        for (int i = 0; i < n; i++)
            for (int j = 0; j < m; j++)
            {
                double sum = 0;
                for (int l = 0; l < k; l++) sum += a[i, l] * b[l, j];
                c[i, j] = sum;
            }
        return c;
    }

    static double Determinant(double[][] m)
    {
        double det = 1;
        int n = m.Length;
        for (int c = 0; c < n; c++)
        {
            int pivot = c;
            for (int r = c + 1; r < n; r++)
                if (Math.Abs(m[r][c]) > Math.Abs(m[pivot][c])) pivot = r;
            if (pivot != c) { double[] t = m[c]; m[c] = m[pivot]; m[pivot] = t; det = -det; }
            det *= m[c][c];
            for (int r = c + 1; r < n; r++)
            {
                double f = m[r][c] / m[c][c];
                for (int k = c; k < n; k++) m[r][k] -= f * m[c][k];
            }
        }
        return det;
    }

    static void Main()
    {
        double[,] a = { { 1, 2, 3 }, { 4, 5, 6 } }, b = { { 0.5, -1 }, { 2, 0.25 }, { -3, 4 } };
        double[,] c = Multiply(a, b);
        for (int i = 0; i < 2; i++) Console.WriteLine("{0,10:F3}{1,10:F3}", c[i, 0], c[i, 1]);
        double[][] m = new double[4][];
        for (int i = 0; i < 4; i++)
        {
            m[i] = new double[4];
            for (int j = 0; j < 4; j++) m[i][j] = (i * 7 + j * 3) % 11 - 4.5;
        }
        Console.WriteLine("det = {0:F6}", Determinant(m));
        Console.WriteLine("{0} {1} {2}", Math.Sqrt(2.25), Math.Max(3.5, -7), Math.Abs(-12));
    }
}
