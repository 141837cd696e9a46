using System.Text;

namespace System.IO
{
    public abstract class TextReader : IDisposable
    {
        public void Dispose() { }
    }

    public abstract class TextWriter : IDisposable
    {
        protected char[] CoreNewLine = { '\n' };

        protected TextWriter() { }

        public abstract Encoding Encoding { get; }

        public virtual string NewLine
        {
            get { return new string(CoreNewLine); }
            set { CoreNewLine = value == null ? new char[] { '\n' } : value.ToCharArray(); }
        }

        public virtual void Close() { Dispose(true); }
        public void Dispose() { Dispose(true); }
        protected virtual void Dispose(bool disposing) { }
        public virtual void Flush() { }

        public virtual void Write(char value) { }

        public virtual void Write(char[] buffer)
        {
            if (buffer != null) Write(buffer, 0, buffer.Length);
        }

        public virtual void Write(char[] buffer, int index, int count)
        {
            for (int i = 0; i < count; i++) Write(buffer[index + i]);
        }

        public virtual void Write(string value)
        {
            if (value == null) return;
            for (int i = 0; i < value.Length; i++) Write(value[i]);
        }

        public virtual void Write(bool value) { Write(value ? "True" : "False"); }
        public virtual void Write(int value) { Write(value.ToString()); }
        public virtual void Write(uint value) { Write(value.ToString()); }
        public virtual void Write(long value) { Write(value.ToString()); }
        public virtual void Write(ulong value) { Write(value.ToString()); }
        public virtual void Write(float value) { Write(value.ToString()); }
        public virtual void Write(double value) { Write(value.ToString()); }

        static string TextOf(object value)
        {
            IFormattable formattable = value as IFormattable;
            return formattable != null ? formattable.ToString(null, null) : value.ToString();
        }

        public virtual void Write(object value)
        {
            if (value != null) Write(TextOf(value));
        }

        public virtual void Write(string format, object arg0)
        {
            Write(String.Format(format, arg0));
        }
        public virtual void Write(string format, object arg0, object arg1)
        {
            Write(String.Format(format, arg0, arg1));
        }

        public virtual void Write(string format, object arg0, object arg1, object arg2)
        {
            Write(String.Format(format, arg0, arg1, arg2));
        }

        public virtual void Write(string format, params object[] arg)
        {
            Write(String.Format(format, arg));
        }

        public virtual void WriteLine() { Write(CoreNewLine); }

        // text and line end in one piece
        public virtual void WriteLine(string value)
        {
            Write(value + NewLine);
        }

        public virtual void WriteLine(char value) { WriteLine(value.ToString()); }
        public virtual void WriteLine(char[] buffer) { WriteLine(new string(buffer)); }
        public virtual void WriteLine(char[] buffer, int index, int count)
        {
            WriteLine(new string(buffer, index, count));
        }
        public virtual void WriteLine(bool value) { WriteLine(value ? "True" : "False"); }
        public virtual void WriteLine(int value) { WriteLine(value.ToString()); }
        public virtual void WriteLine(uint value) { WriteLine(value.ToString()); }
        public virtual void WriteLine(long value) { WriteLine(value.ToString()); }
        public virtual void WriteLine(ulong value) { WriteLine(value.ToString()); }
        public virtual void WriteLine(float value) { WriteLine(value.ToString()); }
        public virtual void WriteLine(double value) { WriteLine(value.ToString()); }
        public virtual void WriteLine(object value)
        {
            WriteLine(value == null ? "" : TextOf(value));
        }
        public virtual void WriteLine(string format, object arg0)
        {
            WriteLine(String.Format(format, arg0));
        }

        public virtual void WriteLine(string format, object arg0, object arg1)
        {
            WriteLine(String.Format(format, arg0, arg1));
        }

        public virtual void WriteLine(string format, object arg0, object arg1, object arg2)
        {
            WriteLine(String.Format(format, arg0, arg1, arg2));
        }

        public virtual void WriteLine(string format, params object[] arg)
        {
            WriteLine(String.Format(format, arg));
        }
    }

    public class StringWriter : TextWriter
    {
        StringBuilder _text;

        public StringWriter() { _text = new StringBuilder(); }

        public StringWriter(StringBuilder sb)
        {
            if (sb == null) throw new ArgumentNullException("sb");
            _text = sb;
        }

        public override Encoding Encoding { get { return Encoding.UTF8; } }
        public virtual StringBuilder GetStringBuilder() { return _text; }
        public override void Write(char value) { _text.Append(value); }
        public override void Write(string value) { _text.Append(value); }
        public override void Write(char[] buffer, int index, int count)
        {
            _text.Append(buffer, index, count);
        }
        public override string ToString() { return _text.ToString(); }
    }
}
