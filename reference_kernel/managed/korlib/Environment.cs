using System.Runtime.InteropServices;

namespace System
{
    public enum PlatformID { Win32S, Win32Windows, Win32NT, WinCE, Unix, Xbox, MacOSX }

    public static class Environment
    {
        static int _exitCode;

        public static string NewLine { get { return "\n"; } }

        // Milliseconds since boot; wraps as .NET's does.
        public static int TickCount { get { return unchecked((int)(NativeTime() / 1000000)); } }

        public static int ProcessorCount { get { return 1; } }
        public static bool Is64BitProcess { get { return true; } }
        public static bool Is64BitOperatingSystem { get { return true; } }

        public static int ExitCode
        {
            get { return _exitCode; }
            set { _exitCode = value; }
        }

        public static void Exit(int exitCode) { NativeExit(exitCode); }

        public static void FailFast(string message)
        {
            Console.Error.WriteLine(message);
            NativeExit(134);
        }

        [DllImport("kernel", EntryPoint = "env_exit")]
        static extern void NativeExit(int status);

        [DllImport("kernel", EntryPoint = "time_ns")]
        internal static extern long NativeTime();

        [DllImport("kernel", EntryPoint = "time_utc_ticks")]
        internal static extern long NativeUtcTicks();
    }

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
            if (maxValue < 0) throw new ArgumentOutOfRangeException("maxValue", "'maxValue' must be greater than zero.");
            return (int)(Sample() * maxValue);
        }

        public virtual int Next(int minValue, int maxValue)
        {
            if (minValue > maxValue)
                throw new ArgumentOutOfRangeException("minValue", "'minValue' cannot be greater than maxValue.");
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

    // Enough to measure time: ticks of 100 ns, differences, comparisons. There is no calendar.
    public struct DateTime
    {
        long _ticks;

        public DateTime(long ticks) { _ticks = ticks; }

        public long Ticks { get { return _ticks; } }
        public static DateTime UtcNow { get { return new DateTime(Environment.NativeUtcTicks()); } }
        public static DateTime Now { get { return UtcNow; } }

        public static TimeSpan operator -(DateTime d1, DateTime d2) { return new TimeSpan(d1._ticks - d2._ticks); }
        public static bool operator <(DateTime t1, DateTime t2) { return t1._ticks < t2._ticks; }
        public static bool operator >(DateTime t1, DateTime t2) { return t1._ticks > t2._ticks; }
    }

    public struct TimeSpan
    {
        public const long TicksPerMillisecond = 10000, TicksPerSecond = 10000000;

        long _ticks;

        public TimeSpan(long ticks) { _ticks = ticks; }

        public long Ticks { get { return _ticks; } }
        public double TotalMilliseconds { get { return (double)_ticks / TicksPerMillisecond; } }
        public double TotalSeconds { get { return (double)_ticks / TicksPerSecond; } }
        public int Milliseconds { get { return (int)(_ticks / TicksPerMillisecond % 1000); } }
        public int Seconds { get { return (int)(_ticks / TicksPerSecond % 60); } }

        public static TimeSpan FromTicks(long value) { return new TimeSpan(value); }
        public static TimeSpan operator -(TimeSpan t1, TimeSpan t2) { return new TimeSpan(t1._ticks - t2._ticks); }
        public static TimeSpan operator +(TimeSpan t1, TimeSpan t2) { return new TimeSpan(t1._ticks + t2._ticks); }
    }
}

namespace System.Diagnostics
{
    public class Stopwatch
    {
        public static readonly long Frequency = 1000000000;
        public static readonly bool IsHighResolution = true;

        long _elapsed, _started;
        bool _running;

        public static long GetTimestamp() { return Environment.NativeTime(); }

        public static Stopwatch StartNew()
        {
            Stopwatch watch = new Stopwatch();
            watch.Start();
            return watch;
        }

        public bool IsRunning { get { return _running; } }

        public void Start()
        {
            if (_running) return;
            _running = true;
            _started = GetTimestamp();
        }

        public void Stop()
        {
            if (!_running) return;
            _running = false;
            _elapsed += GetTimestamp() - _started;
        }

        public void Reset()
        {
            _running = false;
            _elapsed = 0;
        }

        public void Restart()
        {
            Reset();
            Start();
        }

        public long ElapsedTicks { get { return _running ? _elapsed + GetTimestamp() - _started : _elapsed; } }
        public long ElapsedMilliseconds { get { return ElapsedTicks / 1000000; } }
        public TimeSpan Elapsed { get { return new TimeSpan(ElapsedTicks / 100); } }
    }
}

namespace System.Threading
{
    // One processor and no preemption of managed code: a lock is always free, plain operations are atomic.
    public static class Monitor
    {
        public static void Enter(object obj)
        {
            if (obj == null) throw new ArgumentNullException("obj");
        }

        public static void Enter(object obj, ref bool lockTaken)
        {
            if (obj == null) throw new ArgumentNullException("obj");
            lockTaken = true;
        }

        public static void Exit(object obj)
        {
            if (obj == null) throw new ArgumentNullException("obj");
        }
    }

    public static class Interlocked
    {
        public static int Increment(ref int location) { return ++location; }
        public static long Increment(ref long location) { return ++location; }
        public static int Decrement(ref int location) { return --location; }
        public static long Decrement(ref long location) { return --location; }
        public static int Add(ref int location1, int value) { return location1 += value; }
        public static long Add(ref long location1, long value) { return location1 += value; }

        public static int Exchange(ref int location1, int value)
        {
            int old = location1;
            location1 = value;
            return old;
        }

        public static object Exchange(ref object location1, object value)
        {
            object old = location1;
            location1 = value;
            return old;
        }

        public static int CompareExchange(ref int location1, int value, int comparand)
        {
            int old = location1;
            if (old == comparand) location1 = value;
            return old;
        }

        public static long CompareExchange(ref long location1, long value, long comparand)
        {
            long old = location1;
            if (old == comparand) location1 = value;
            return old;
        }

        public static object CompareExchange(ref object location1, object value, object comparand)
        {
            object old = location1;
            if (old == comparand) location1 = value;
            return old;
        }

        public static void MemoryBarrier() { Thread.MemoryBarrier(); }
    }

    public sealed class Thread
    {
        Thread() { }

        [DllImport("kernel", EntryPoint = "mem_fence")]
        public static extern void MemoryBarrier();

        [DllImport("kernel", EntryPoint = "cpu_pause")]
        static extern void Pause();

        public static void SpinWait(int iterations)
        {
            for (int i = 0; i < iterations; i++) Pause();
        }

        public static void Sleep(int millisecondsTimeout)
        {
            long end = Environment.NativeTime() + millisecondsTimeout * 1000000L;
            while (Environment.NativeTime() < end) Pause();
        }
    }
}
