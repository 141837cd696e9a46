// String: concatenation, joining, formatting.
using System.Text;

namespace System
{
    public sealed partial class String
    {
        // ---- Concat, Join ----

        static unsafe void Put(string target, ref int at, string part)
        {
            if ((object)part == null || part._length == 0) return;
            fixed (char* to = &target._firstChar)
            fixed (char* from = &part._firstChar)
                Copy(to + at, from, part._length);
            at += part._length;
        }

        static int LengthOf(string s) { return (object)s == null ? 0 : s._length; }

        public static string Concat(string str0, string str1)
        {
            int total = LengthOf(str0) + LengthOf(str1);
            if (total == 0) return Empty;
            if (LengthOf(str1) == 0) return str0;
            if (LengthOf(str0) == 0) return str1;
            string result = FastAllocate(total);
            int at = 0;
            Put(result, ref at, str0);
            Put(result, ref at, str1);
            return result;
        }

        public static string Concat(string str0, string str1, string str2)
        {
            int total = LengthOf(str0) + LengthOf(str1) + LengthOf(str2);
            if (total == 0) return Empty;
            string result = FastAllocate(total);
            int at = 0;
            Put(result, ref at, str0);
            Put(result, ref at, str1);
            Put(result, ref at, str2);
            return result;
        }

        public static string Concat(string str0, string str1, string str2, string str3)
        {
            int total = LengthOf(str0) + LengthOf(str1) + LengthOf(str2) + LengthOf(str3);
            if (total == 0) return Empty;
            string result = FastAllocate(total);
            int at = 0;
            Put(result, ref at, str0);
            Put(result, ref at, str1);
            Put(result, ref at, str2);
            Put(result, ref at, str3);
            return result;
        }

        public static string Concat(params string[] values)
        {
            if (values == null) throw new ArgumentNullException("values");
            int total = 0;
            for (int i = 0; i < values.Length; i++) total += LengthOf(values[i]);
            if (total == 0) return Empty;
            string result = FastAllocate(total);
            int at = 0;
            for (int i = 0; i < values.Length; i++) Put(result, ref at, values[i]);
            return result;
        }

        static string TextOf(object o)
        {
            if (o == null) return Empty;
            string text = o.ToString();
            return (object)text == null ? Empty : text;
        }

        public static string Concat(object arg0) { return TextOf(arg0); }

        public static string Concat(object arg0, object arg1)
        {
            return Concat(TextOf(arg0), TextOf(arg1));
        }

        public static string Concat(object arg0, object arg1, object arg2)
        {
            return Concat(TextOf(arg0), TextOf(arg1), TextOf(arg2));
        }

        public static string Concat(params object[] args)
        {
            if (args == null) throw new ArgumentNullException("args");
            string[] texts = new string[args.Length];
            for (int i = 0; i < args.Length; i++) texts[i] = TextOf(args[i]);
            return Concat(texts);
        }

        public static string Join(string separator, params string[] value)
        {
            if (value == null) throw new ArgumentNullException("value");
            return Join(separator, value, 0, value.Length);
        }

        public static string Join(string separator, params object[] values)
        {
            if (values == null) throw new ArgumentNullException("values");
            string[] texts = new string[values.Length];
            for (int i = 0; i < values.Length; i++) texts[i] = TextOf(values[i]);
            return Join(separator, texts, 0, texts.Length);
        }

        public static string Join(char separator, params string[] value)
        {
            return Join(separator.ToString(), value);
        }

        public static string Join(char separator, params object[] values)
        {
            return Join(separator.ToString(), values);
        }

        public static string Join(string separator, string[] value, int startIndex, int count)
        {
            if (value == null) throw new ArgumentNullException("value");
            if (startIndex < 0 || count < 0 || startIndex > value.Length - count)
                throw new ArgumentOutOfRangeException("startIndex",
                    "Index and count must refer to a location within the buffer.");
            if (count == 0) return Empty;
            int total = LengthOf(separator) * (count - 1);
            for (int i = 0; i < count; i++) total += LengthOf(value[startIndex + i]);
            if (total == 0) return Empty;
            string result = FastAllocate(total);
            int at = 0;
            for (int i = 0; i < count; i++)
            {
                if (i > 0) Put(result, ref at, separator);
                Put(result, ref at, value[startIndex + i]);
            }
            return result;
        }

        // ---- Format ----

        public static string Format(string format, object arg0)
        {
            return Format(null, format, new object[] { arg0 });
        }

        public static string Format(string format, object arg0, object arg1)
        {
            return Format(null, format, new object[] { arg0, arg1 });
        }

        public static string Format(string format, object arg0, object arg1, object arg2)
        {
            return Format(null, format, new object[] { arg0, arg1, arg2 });
        }

        public static string Format(string format, params object[] args)
        {
            return Format(null, format, args);
        }

        public static string Format(IFormatProvider provider, string format, object arg0)
        {
            return Format(provider, format, new object[] { arg0 });
        }

        public static string Format(IFormatProvider provider, string format, object arg0,
            object arg1)
        {
            return Format(provider, format, new object[] { arg0, arg1 });
        }

        public static string Format(IFormatProvider provider, string format, object arg0,
            object arg1, object arg2)
        {
            return Format(provider, format, new object[] { arg0, arg1, arg2 });
        }

        public static string Format(IFormatProvider provider, string format, params object[] args)
        {
            if ((object)format == null || args == null)
                throw new ArgumentNullException((object)format == null ? "format" : "args");
            return new StringBuilder(format.Length + args.Length * 8).AppendFormat(provider, format,
                args).ToString();
        }
    }
}
