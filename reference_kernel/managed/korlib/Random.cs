namespace System
{
    // Knuth's subtractive generator as in .NET: the same seed gives the same numbers.
    public class Random
    {
        int[] _seeds = new int[56];
        int _next, _nextp;

        public Random() : this(Environment.TickCount) { }

        public Random(int Seed)
        {
            int magnitude = Seed == Int32.MinValue ? Int32.MaxValue : Math.Abs(Seed);
            int mj = 161803398 - magnitude;
            int mk = 1;
            _seeds[55] = mj;
            for (int i = 1; i < 55; i++)
            {
                int ii = 21 * i % 55;
                _seeds[ii] = mk;
                mk = mj - mk;
                if (mk < 0) mk += Int32.MaxValue;
                mj = _seeds[ii];
            }
            for (int k = 1; k < 5; k++)
            {
                for (int i = 1; i < 56; i++)
                {
                    int n = i + 30;
                    if (n >= 55) n -= 55;
                    _seeds[i] = unchecked(_seeds[i] - _seeds[1 + n]);
                    if (_seeds[i] < 0) _seeds[i] += Int32.MaxValue;
                }
            }
            _next = 0;
            _nextp = 21;
        }

        int InternalSample()
        {
            if (++_next >= 56) _next = 1;
            if (++_nextp >= 56) _nextp = 1;
            int value = unchecked(_seeds[_next] - _seeds[_nextp]);
            if (value == Int32.MaxValue) value--;
            if (value < 0) value += Int32.MaxValue;
            _seeds[_next] = value;
            return value;
        }

        protected virtual double Sample() { return InternalSample() * (1.0 / Int32.MaxValue); }

        double LargeSample()
        {
            int value = InternalSample();
            if (InternalSample() % 2 == 0) value = -value;
            double d = value;
            d += Int32.MaxValue - 1;
            d /= 2 * (uint)Int32.MaxValue - 1;
            return d;
        }

        public virtual int Next() { return InternalSample(); }

        public virtual int Next(int maxValue)
        {
            if (maxValue < 0)
                throw new ArgumentOutOfRangeException("maxValue",
                    "'maxValue' must be greater than zero.");
            return (int)(Sample() * maxValue);
        }

        public virtual int Next(int minValue, int maxValue)
        {
            if (minValue > maxValue)
                throw new ArgumentOutOfRangeException("minValue",
                    "'minValue' cannot be greater than maxValue.");
            long range = (long)maxValue - minValue;
            if (range <= Int32.MaxValue) return (int)(Sample() * range) + minValue;
            return (int)((long)(LargeSample() * range) + minValue);
        }

        public virtual double NextDouble() { return Sample(); }

        public virtual void NextBytes(byte[] buffer)
        {
            if (buffer == null) throw new ArgumentNullException("buffer");
            for (int i = 0; i < buffer.Length; i++) buffer[i] = (byte)InternalSample();
        }
    }
}
