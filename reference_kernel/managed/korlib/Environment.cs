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

    // Enough to measure time: ticks of 100 ns, differences, comparisons. There is no calendar.
    public struct DateTime
    {
        long _ticks;

        public DateTime(long ticks)
        {
            if (ticks < 0 || ticks > 3155378975999999999)
                throw new ArgumentOutOfRangeException("ticks", "Ticks must be between "
                    + "DateTime.MinValue.Ticks and DateTime.MaxValue.Ticks.");
            _ticks = ticks;
        }

        public long Ticks { get { return _ticks; } }
        public static DateTime UtcNow { get { return new DateTime(Environment.NativeUtcTicks()); } }
        public static DateTime Now { get { return UtcNow; } }

        public static TimeSpan operator -(DateTime d1, DateTime d2)
        {
            return new TimeSpan(d1._ticks - d2._ticks);
        }
        public static bool operator <(DateTime t1, DateTime t2) { return t1._ticks < t2._ticks; }
        public static bool operator >(DateTime t1, DateTime t2) { return t1._ticks > t2._ticks; }
    }

    public struct TimeSpan
    {
        public const long TicksPerMillisecond = 10000, TicksPerSecond = 10000000;

        long _ticks;

        public TimeSpan(long ticks) { _ticks = ticks; }

        public long Ticks { get { return _ticks; } }
        // Times the inverse, as .NET Framework has it: division rounds better, and differently.
        public double TotalMilliseconds
        {
            get
            {
                const double Most = 922337203685477, Least = -922337203685477;
                double value = (double)_ticks * (1.0 / TicksPerMillisecond);
                return value > Most ? Most : value < Least ? Least : value;
            }
        }
        public double TotalSeconds { get { return (double)_ticks * (1.0 / TicksPerSecond); } }
        public int Milliseconds { get { return (int)(_ticks / TicksPerMillisecond % 1000); } }
        public int Seconds { get { return (int)(_ticks / TicksPerSecond % 60); } }

        public static TimeSpan FromTicks(long value) { return new TimeSpan(value); }
        public static TimeSpan operator -(TimeSpan t1, TimeSpan t2)
        {
            long ticks = unchecked(t1._ticks - t2._ticks);
            if (t1._ticks < 0 != t2._ticks < 0 && t1._ticks < 0 != ticks < 0) throw TooLong();
            return new TimeSpan(ticks);
        }
        public static TimeSpan operator +(TimeSpan t1, TimeSpan t2)
        {
            long ticks = unchecked(t1._ticks + t2._ticks);
            if (t1._ticks < 0 == t2._ticks < 0 && t1._ticks < 0 != ticks < 0) throw TooLong();
            return new TimeSpan(ticks);
        }
        static OverflowException TooLong()
        {
            return new OverflowException("TimeSpan overflowed because the duration is too long.");
        }
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

        public long ElapsedTicks
        {
            get
            {
                return _running ? _elapsed + GetTimestamp() - _started : _elapsed;
            }
        }
        public long ElapsedMilliseconds { get { return ElapsedTicks / 1000000; } }
        public TimeSpan Elapsed { get { return new TimeSpan(ElapsedTicks / 100); } }
    }
}

namespace System.Threading
{
    // One processor and no preemption of managed code: a lock is always free, plain operations are
    // atomic.
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
