// CRC-32, Adler-32 and a base-64 encoder over the arguments: shifts, tables, bytes.
// args: "123456789" "" "The quick brown fox jumps over the lazy dog"
using System;
using System.Text;

static class Crc
{
    static readonly uint[] table = MakeTable();

    static uint[] MakeTable()
    {
        uint[] t = new uint[256];
        for (uint i = 0; i < 256; i++)
        {
            uint c = i;
            for (int k = 0; k < 8; k++) c = (c & 1) != 0 ? 0xEDB88320 ^ (c >> 1) : c >> 1;
            t[i] = c;
        }
        return t;
    }

    static byte[] Bytes(string s)
    {
        byte[] b = new byte[s.Length];
        for (int i = 0; i < b.Length; i++) b[i] = (byte)s[i];
        return b;
    }

    static uint Crc32(byte[] data)
    {
        uint crc = 0xFFFFFFFF;
        foreach (byte b in data) crc = table[(crc ^ b) & 0xFF] ^ (crc >> 8);
        return ~crc;
    }

    static uint Adler32(byte[] data)
    {
        uint a = 1, b = 0;
        for (int i = 0; i < data.Length; i++) { a = (a + data[i]) % 65521; b = (b + a) % 65521; }
        return b << 16 | a;
    }

    static string Base64(byte[] data)
    {
        const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        StringBuilder s = new StringBuilder();
        for (int i = 0; i < data.Length; i += 3)
        {
            int left = data.Length - i;
            int bits = data[i] << 16;
            bits |= (left > 1 ? data[i + 1] << 8 : 0) | (left > 2 ? data[i + 2] : 0);
            s.Append(Alphabet[bits >> 18]).Append(Alphabet[bits >> 12 & 63]);
            s.Append(left > 1 ? Alphabet[bits >> 6 & 63] : '=');
            s.Append(left > 2 ? Alphabet[bits & 63] : '=');
        }
        return s.ToString();
    }

    static int Main(string[] args)
    {
        uint all = 0;
        foreach (string arg in args)
        {
            byte[] data = Bytes(arg);
            uint crc = Crc32(data);
            Console.WriteLine("{0:X8} {1:x8} {2}", crc, Adler32(data), Base64(data));
            all ^= crc;
        }
        return (int)(all & 0x7FFF);
    }
}
