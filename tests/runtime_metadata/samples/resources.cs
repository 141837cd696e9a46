// Forwarded types, a manifest resource, wide method bodies (built with -resource and a reference).
using System.Runtime.CompilerServices;

[assembly: TypeForwardedTo(typeof(Shapes.Shape))]

public class Far : Shapes.Shape
{
    public override int Area { get { return base[1, "k"]; } }

    public static int LongBody(int x)
    {
        int a = x, b = a + 1, c = b * 3, d = c - a;
        while (a < 1000) { a += b ^ c; b = (b << 1) | (c & d); c -= d; d = a % 7 + b / 3; }
        return a + b + c + d;
    }
}
