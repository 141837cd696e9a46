// Double arithmetic on fields: four bodies that attract each other, a step being all pairs.
using System;

sealed class Body
{
    public double X, Y, Z, VX, VY, VZ, Mass;

    public Body(double x, double y, double z, double vx, double vy, double vz, double mass)
    {
        X = x; Y = y; Z = z; VX = vx; VY = vy; VZ = vz; Mass = mass;
    }
}

static class Orbit
{
    static void Step(Body[] bodies, double dt)
    {
        for (int i = 0; i < bodies.Length; i++)
        {
            Body a = bodies[i];
            for (int k = i + 1; k < bodies.Length; k++)
            {
                Body b = bodies[k];
                double dx = a.X - b.X, dy = a.Y - b.Y, dz = a.Z - b.Z;
                double squared = dx * dx + dy * dy + dz * dz + 0.01;
                double pull = dt / (squared * squared);
                a.VX -= dx * b.Mass * pull; a.VY -= dy * b.Mass * pull; a.VZ -= dz * b.Mass * pull;
                b.VX += dx * a.Mass * pull; b.VY += dy * a.Mass * pull; b.VZ += dz * a.Mass * pull;
            }
        }
        for (int i = 0; i < bodies.Length; i++)
        {
            Body a = bodies[i];
            a.X += dt * a.VX; a.Y += dt * a.VY; a.Z += dt * a.VZ;
        }
    }

    static int Main(string[] args)
    {
        Body[] bodies = new Body[]
        {
            new Body(0, 0, 0, 0, 0, 0, 40), new Body(5, 0, 1, 0, 2, 0, 1),
            new Body(0, 9, 0, -2, 0, 0, 2), new Body(-14, 0, 0, 0, -1.5, 0.1, 1),
        };
        for (int round = 0; round < args.Length; round++)
            for (int step = 0; step < 20000; step++) Step(bodies, 0.001);
        // A whole number: how doubles are printed is not what is measured.
        Console.WriteLine((long)(bodies[1].X * 1000));
        return 0;
    }
}
