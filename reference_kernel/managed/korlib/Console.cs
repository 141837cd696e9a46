// Console: text goes out as UTF-8 through the kernel, unbuffered, so that nothing is lost at a
// crash.
using System.IO;
using System.Runtime.InteropServices;
using System.Text;

namespace System
{
    public enum ConsoleColor
    {
        Black, DarkBlue, DarkGreen, DarkCyan, DarkRed, DarkMagenta, DarkYellow, Gray, DarkGray,
            Blue, Green,
        Cyan, Red, Magenta, Yellow, White
    }

    public static class Console
    {
        static TextWriter _out = new ConsoleWriter(1);
        static TextWriter _error = new ConsoleWriter(2);

        public static TextWriter Out { get { return _out; } }
        public static TextWriter Error { get { return _error; } }

        public static void SetOut(TextWriter newOut)
        {
            if (newOut == null) throw new ArgumentNullException("newOut");
            _out = newOut;
        }

        public static void SetError(TextWriter newError)
        {
            if (newError == null) throw new ArgumentNullException("newError");
            _error = newError;
        }

        public static Encoding OutputEncoding
        {
            get { return Encoding.UTF8; }
            set { }
        }

        public static bool IsOutputRedirected { get { return true; } }

        public static void Write(bool value) { _out.Write(value); }
        public static void Write(char value) { _out.Write(value); }
        public static void Write(char[] value) { _out.Write(value); }
        public static void Write(int value) { _out.Write(value); }
        public static void Write(uint value) { _out.Write(value); }
        public static void Write(long value) { _out.Write(value); }
        public static void Write(ulong value) { _out.Write(value); }
        public static void Write(float value) { _out.Write(value); }
        public static void Write(double value) { _out.Write(value); }
        public static void Write(object value) { _out.Write(value); }
        public static void Write(string value) { _out.Write(value); }
        public static void Write(char[] buffer, int index, int count)
        {
            _out.Write(buffer, index, count);
        }
        public static void Write(string format, object arg0) { _out.Write(format, arg0); }
        public static void Write(string format, object arg0, object arg1)
        {
            _out.Write(format, arg0, arg1);
        }

        public static void Write(string format, object arg0, object arg1, object arg2)
        {
            _out.Write(format, arg0, arg1, arg2);
        }

        public static void Write(string format, params object[] arg)
        {
            if (arg == null) _out.Write(format, null, null);
            else _out.Write(format, arg);
        }

        public static void WriteLine() { _out.WriteLine(); }
        public static void WriteLine(bool value) { _out.WriteLine(value); }
        public static void WriteLine(char value) { _out.WriteLine(value); }
        public static void WriteLine(char[] value) { _out.WriteLine(value); }
        public static void WriteLine(int value) { _out.WriteLine(value); }
        public static void WriteLine(uint value) { _out.WriteLine(value); }
        public static void WriteLine(long value) { _out.WriteLine(value); }
        public static void WriteLine(ulong value) { _out.WriteLine(value); }
        public static void WriteLine(float value) { _out.WriteLine(value); }
        public static void WriteLine(double value) { _out.WriteLine(value); }
        public static void WriteLine(object value) { _out.WriteLine(value); }
        public static void WriteLine(string value) { _out.WriteLine(value); }
        public static void WriteLine(char[] buffer, int index, int count)
        {
            _out.WriteLine(buffer, index, count);
        }
        public static void WriteLine(string format, object arg0) { _out.WriteLine(format, arg0); }
        public static void WriteLine(string format, object arg0, object arg1)
        {
            _out.WriteLine(format, arg0, arg1);
        }

        public static void WriteLine(string format, object arg0, object arg1, object arg2)
        {
            _out.WriteLine(format, arg0, arg1, arg2);
        }

        public static void WriteLine(string format, params object[] arg)
        {
            if (arg == null) _out.WriteLine(format, null, null);
            else _out.WriteLine(format, arg);
        }

    }

    internal sealed class ConsoleWriter : TextWriter
    {
        int _channel;
        byte[] _bytes = new byte[256];

        public ConsoleWriter(int channel) { _channel = channel; }

        public override Encoding Encoding { get { return Encoding.UTF8; } }

        public override unsafe void Write(char value)
        {
            char copy = value;
            WriteChars(&copy, 1);
        }

        public override unsafe void Write(string value)
        {
            if (value == null || value.Length == 0) return;
            fixed (char* chars = value) WriteChars(chars, value.Length);
        }

        public override unsafe void Write(char[] buffer, int index, int count)
        {
            if (buffer == null) throw new ArgumentNullException("buffer");
            if (index < 0 || count < 0 || index > buffer.Length - count)
                throw new ArgumentException("Offset and length were out of bounds for the array "
                    + "or count is greater than the number of elements from index to the end of "
                    + "the source collection.");
            if (count == 0) return;
            fixed (char* chars = &buffer[index]) WriteChars(chars, count);
        }

        unsafe void WriteChars(char* chars, int count)
        {
            fixed (byte* bytes = &_bytes[0])
            {
                while (count > 0)
                {
                    // a chunk never ends between two surrogates, so that each chunk is whole
                    // characters
                    int chunk = count > 64 ? 64 : count;
                    if (chunk < count && Char.IsHighSurrogate(chars[chunk - 1])) chunk--;
                    NativeWrite(_channel, bytes, UTF8Encoding.Encode(chars, chunk, bytes));
                    chars += chunk;
                    count -= chunk;
                }
            }
        }

        [DllImport("kernel", EntryPoint = "console_write")]
        static extern unsafe void NativeWrite(int channel, byte* utf8, int count);
    }
}
