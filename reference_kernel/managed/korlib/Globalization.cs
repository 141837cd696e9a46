// There is one culture, the invariant one.
namespace System.Globalization
{
    [Flags]
    public enum NumberStyles
    {
        None = 0, AllowLeadingWhite = 1, AllowTrailingWhite = 2, AllowLeadingSign = 4,
            AllowTrailingSign = 8,
        AllowParentheses = 16, AllowDecimalPoint = 32, AllowThousands = 64, AllowExponent = 128,
        AllowCurrencySymbol = 256, AllowHexSpecifier = 512,
        Integer = 7, HexNumber = 515, Number = 111, Float = 167, Currency = 383, Any = 511
    }

    public class CultureInfo : IFormatProvider
    {
        static readonly CultureInfo Invariant = new CultureInfo();

        CultureInfo() { }

        public static CultureInfo InvariantCulture { get { return Invariant; } }

        public static CultureInfo CurrentCulture
        {
            get { return Invariant; }
            set { }
        }

        public static CultureInfo CurrentUICulture { get { return Invariant; } }

        public virtual string Name { get { return String.Empty; } }

        public virtual NumberFormatInfo NumberFormat
        {
            get
            {
                return NumberFormatInfo.InvariantInfo;
            }
        }

        public virtual object GetFormat(Type formatType)
        {
            return formatType == typeof(NumberFormatInfo) ? NumberFormat : null;
        }

        public override string ToString() { return Name; }
    }

    public sealed class NumberFormatInfo : IFormatProvider
    {
        static readonly NumberFormatInfo Invariant = new NumberFormatInfo();

        NumberFormatInfo() { }

        public static NumberFormatInfo InvariantInfo { get { return Invariant; } }
        public static NumberFormatInfo CurrentInfo { get { return Invariant; } }
        public string NumberDecimalSeparator { get { return "."; } }
        public string NumberGroupSeparator { get { return ","; } }
        public string NegativeSign { get { return "-"; } }
        public string PositiveSign { get { return "+"; } }

        public object GetFormat(Type formatType)
        {
            return formatType == typeof(NumberFormatInfo) ? this : null;
        }
    }
}
