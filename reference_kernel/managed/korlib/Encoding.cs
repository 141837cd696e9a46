namespace System.Text
{
    public abstract class Encoding
    {
        static Encoding _utf8, _ascii, _unicode;

        public static Encoding UTF8 { get { return _utf8 ?? (_utf8 = new UTF8Encoding()); } }
        public static Encoding ASCII { get { return _ascii ?? (_ascii = new ASCIIEncoding()); } }
        public static Encoding Unicode
        {
            get
            {
                return _unicode ?? (_unicode = new UnicodeEncoding());
            }
        }
        public static Encoding Default { get { return UTF8; } }

        public abstract string WebName { get; }
        public abstract byte[] GetBytes(string s);
        public abstract unsafe string GetString(byte* bytes, int byteCount);

        public virtual int GetByteCount(string s) { return GetBytes(s).Length; }

        public virtual byte[] GetBytes(char[] chars)
        {
            if (chars == null) throw new ArgumentNullException("chars", "Array cannot be null.");
            return GetBytes(new string(chars));
        }

        public virtual string GetString(byte[] bytes)
        {
            if (bytes == null) throw new ArgumentNullException("bytes");
            return GetString(bytes, 0, bytes.Length);
        }

        public virtual unsafe string GetString(byte[] bytes, int index, int count)
        {
            if (bytes == null) throw new ArgumentNullException("bytes");
            if (index < 0 || count < 0 || index > bytes.Length - count)
                throw new ArgumentOutOfRangeException("bytes",
                    "Index and count must refer to a location within the buffer.");
            if (count == 0) return String.Empty;
            fixed (byte* first = &bytes[index]) return GetString(first, count);
        }

        public virtual char[] GetChars(byte[] bytes) { return GetString(bytes).ToCharArray(); }
    }

    public class UTF8Encoding : Encoding
    {
        public UTF8Encoding() { }
        public UTF8Encoding(bool encoderShouldEmitUTF8Identifier) { }

        public override string WebName { get { return "utf-8"; } }

        // Room needed: 3 bytes a char. A lone surrogate becomes U+FFFD. Returns the bytes written.
        internal static unsafe int Encode(char* chars, int count, byte* to)
        {
            byte* start = to;
            for (int i = 0; i < count; i++)
            {
                uint c = chars[i];
                if (c >= 0xD800 && c <= 0xDFFF)
                {
                    if (c <= 0xDBFF && i + 1 < count && Char.IsLowSurrogate(chars[i + 1]))
                        c = 0x10000 + ((c - 0xD800) << 10) + (uint)(chars[++i] - 0xDC00);
                    else c = 0xFFFD;
                }
                if (c < 0x80) *to++ = (byte)c;
                else
                {
                    if (c < 0x800) *to++ = (byte)(0xC0 | (c >> 6));
                    else
                    {
                        if (c < 0x10000) *to++ = (byte)(0xE0 | (c >> 12));
                        else
                        {
                            *to++ = (byte)(0xF0 | (c >> 18));
                            *to++ = (byte)(0x80 | ((c >> 12) & 0x3F));
                        }
                        *to++ = (byte)(0x80 | ((c >> 6) & 0x3F));
                    }
                    *to++ = (byte)(0x80 | (c & 0x3F));
                }
            }
            return (int)(to - start);
        }

        public override unsafe byte[] GetBytes(string s)
        {
            if (s == null) throw new ArgumentNullException("s");
            if (s.Length == 0) return new byte[0];
            byte[] room = new byte[s.Length * 3];
            int count;
            fixed (char* chars = s)
            fixed (byte* bytes = &room[0])
                count = Encode(chars, s.Length, bytes);
            byte[] result = new byte[count];
            Buffer.BlockCopy(room, 0, result, 0, count);
            return result;
        }

        public override unsafe string GetString(byte* bytes, int byteCount)
        {
            StringBuilder text = new StringBuilder(byteCount);
            int at = 0;
            while (at < byteCount)
            {
                uint c = bytes[at++];
                if (c < 0x80)
                {
                    text.Append((char)c);
                    continue;
                }
                int more = c >= 0xC2 && c < 0xE0 ? 1 : c >= 0xE0 && c < 0xF0 ? 2 : c >= 0xF0
                    && c < 0xF5 ? 3 : 0;
                uint low = more == 2 ? 0x800u : more == 3 ? 0x10000u : 0x80u;
                c &= more == 1 ? 0x1Fu : more == 2 ? 0xFu : 7u;
                int taken = 0;
                while (taken < more && at + taken < byteCount && (bytes[at + taken] & 0xC0) == 0x80)
                    c = (c << 6) | (uint)(bytes[at + taken++] & 0x3F);
                at += taken;
                if (more == 0 || taken < more || c < low || c > 0x10FFFF || c >= 0xD800
                    && c <= 0xDFFF)
                    text.Append('\uFFFD');
                else if (c < 0x10000) text.Append((char)c);
                else
                {
                    text.Append((char)(0xD800 + ((c - 0x10000) >> 10)));
                    text.Append((char)(0xDC00 + ((c - 0x10000) & 0x3FF)));
                }
            }
            return text.ToString();
        }
    }

    public class ASCIIEncoding : Encoding
    {
        public override string WebName { get { return "us-ascii"; } }

        public override byte[] GetBytes(string s)
        {
            if (s == null) throw new ArgumentNullException("s");
            byte[] result = new byte[s.Length];
            for (int i = 0; i < s.Length; i++) result[i] = s[i] < '\u0080' ? (byte)s[i] : (byte)'?';
            return result;
        }

        public override unsafe string GetString(byte* bytes, int byteCount)
        {
            char[] chars = new char[byteCount];
            for (int i = 0; i < byteCount; i++) chars[i] = bytes[i] < 0x80 ? (char)bytes[i] : '?';
            return new string(chars);
        }
    }

    public class UnicodeEncoding : Encoding
    {
        public override string WebName { get { return "utf-16"; } }

        public override byte[] GetBytes(string s)
        {
            if (s == null) throw new ArgumentNullException("s");
            byte[] result = new byte[s.Length * 2];
            for (int i = 0; i < s.Length; i++)
            {
                char c = Whole(i > 0 ? s[i - 1] : '\0', s[i], i + 1 < s.Length ? s[i + 1] : '\0');
                result[2 * i] = (byte)c;
                result[2 * i + 1] = (byte)(c >> 8);
            }
            return result;
        }

        // Half a surrogate pair becomes U+FFFD.
        static char Whole(char before, char c, char behind)
        {
            bool lost = Char.IsHighSurrogate(c) && !Char.IsLowSurrogate(behind)
                || Char.IsLowSurrogate(c) && !Char.IsHighSurrogate(before);
            return lost ? '\uFFFD' : c;
        }

        public override unsafe string GetString(byte* bytes, int byteCount)
        {
            int length = byteCount / 2;
            char* from = (char*)bytes;
            char[] chars = new char[(byteCount + 1) / 2];
            for (int i = 0; i < length; i++)
                chars[i] = Whole(i > 0 ? from[i - 1] : '\0', from[i],
                    i + 1 < length ? from[i + 1] : '\0');
            if (length < chars.Length) chars[length] = '\uFFFD';
            return new string(chars);
        }
    }
}
