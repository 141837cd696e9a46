/* System.Math on the x87 unit: its 64-bit mantissa leaves 11 bits to spare for a double's last bit.
 * Arguments are reduced here, because the unit's own reduction knows only 66 bits of pi (Intel SDM
 * 1, 8.3.8). */
#include "exec.h"

typedef long double real;

#define LOG2E   1.44269504088896340735992468100189214L
/* Split constants (fdlibm's): the first parts have 33 bits, so that n times them is exact. Written
 * as double so that they are just that. */
#define LN2_HI  6.93147180369123816490e-01
#define LN2_LO  1.90821492927058770002e-10
#define PIO2_1  1.57079632673412561417e+00
#define PIO2_2  6.07710050630396597660e-11
#define PIO2_3  2.02226624879595063154e-21

static real rint_x87(real x)
{
    __asm__("frndint" : "+t"(x));
    return x;
}

static real scale(real x, real n)
{
    __asm__("fscale" : "+t"(x) : "u"(n));
    return x;
}

static real exp2m1_small(real x)                /* |x| <= 1 */
{
    __asm__("f2xm1" : "+t"(x));
    return x;
}

static real log2_times(real factor, real x)
{
    __asm__("fyl2x" : "+t"(x) : "u"(factor) : "st(1)");
    return x;
}

static real atan2_x87(real y, real x)
{
    __asm__("fpatan" : "+t"(x) : "u"(y) : "st(1)");
    return x;
}

static real sqrt_x87(real x)
{
    __asm__("fsqrt" : "+t"(x));
    return x;
}

static bool is_nan(double x) { return x != x; }
static bool is_infinite(double x) { return x == __builtin_inf() || x == -__builtin_inf(); }
#define NOT_A_NUMBER __builtin_nan("")

/* e**x = 2**n * (1 + m), m in *minus_one */
static real exp_parts(real x, real *minus_one)
{
    real n = rint_x87(x * LOG2E);
    real r = x - n * LN2_HI - n * LN2_LO;
    *minus_one = exp2m1_small(r * LOG2E);
    return n;
}

static real exp_real(real x)
{
    real m, n = exp_parts(x, &m);
    return scale(1 + m, n);
}

/* e**x - 1, accurate near 0 too */
static real expm1_real(real x)
{
    real m, n = exp_parts(x, &m);
    return scale(m, n) + (scale(1, n) - 1);
}

/* ---- trigonometry ---- */

static real reduce(double x, unsigned *quadrant)
{
    real n = rint_x87((real)x * 0.636619772367581343075535053490057448L);
    *quadrant = (unsigned)(int64_t)(n - 4 * rint_x87(n / 4)) & 3;
    real high = (real)x - n * PIO2_1;
    return high - n * PIO2_2 - n * PIO2_3;
}

static real sin_small(real x)
{
    __asm__("fsin" : "+t"(x));
    return x;
}

static real cos_small(real x)
{
    __asm__("fcos" : "+t"(x));
    return x;
}

static CLR_ABI double math_sin(double x)
{
    unsigned quadrant;
    if (is_nan(x) || is_infinite(x))
        return NOT_A_NUMBER;
    if (x == 0)
        return x;
    real r = reduce(x, &quadrant);
    real value = quadrant & 1 ? cos_small(r) : sin_small(r);
    return (double)(quadrant & 2 ? -value : value);
}

static CLR_ABI double math_cos(double x)
{
    unsigned quadrant;
    if (is_nan(x) || is_infinite(x))
        return NOT_A_NUMBER;
    real r = reduce(x, &quadrant);
    real value = quadrant & 1 ? sin_small(r) : cos_small(r);
    return (double)(quadrant == 1 || quadrant == 2 ? -value : value);
}

static CLR_ABI double math_tan(double x)
{
    unsigned quadrant;
    if (is_nan(x) || is_infinite(x))
        return NOT_A_NUMBER;
    if (x == 0)
        return x;
    real r = reduce(x, &quadrant);
    return (double)(quadrant & 1 ? -cos_small(r) / sin_small(r) : sin_small(r) / cos_small(r));
}

static CLR_ABI double math_asin(double x)
{
    return (double)atan2_x87(x, sqrt_x87((1 - (real)x) * (1 + (real)x)));
}

static CLR_ABI double math_acos(double x)
{
    return (double)atan2_x87(sqrt_x87((1 - (real)x) * (1 + (real)x)), x);
}

static CLR_ABI double math_atan(double x) { return (double)atan2_x87(x, 1); }
static CLR_ABI double math_atan2(double y, double x) { return (double)atan2_x87(y, x); }

/* ---- exponentials ---- */

static CLR_ABI double math_sqrt(double x)
{
    __asm__("sqrtsd %0, %0" : "+x"(x));
    return x;
}

static CLR_ABI double math_exp(double x)
{
    if (is_nan(x))
        return x;
    if (x > 710)
        return __builtin_inf();
    if (x < -746)
        return 0;
    return (double)exp_real(x);
}

static double log_scaled(double x, real unit)
{
    if (is_nan(x) || x < 0)
        return NOT_A_NUMBER;
    if (x == 0)
        return -__builtin_inf();
    if (is_infinite(x))
        return x;
    return (double)log2_times(unit, x);
}

static CLR_ABI double math_log(double x)
{
    return log_scaled(x, 0.693147180559945309417232121458176568L);
}

static CLR_ABI double math_log10(double x)
{
    return log_scaled(x, 0.301029995663981195213738894724493027L);
}

static CLR_ABI double math_sinh(double x)
{
    if (is_nan(x) || is_infinite(x) || x == 0)
        return x;
    real e = expm1_real(x < 0 ? -(real)x : x);
    real value = (e + e / (e + 1)) / 2;
    return (double)(x < 0 ? -value : value);
}

static CLR_ABI double math_cosh(double x)
{
    if (is_nan(x))
        return x;
    if (is_infinite(x))
        return __builtin_inf();
    real e = exp_real(x < 0 ? -(real)x : x);
    return (double)((e + 1 / e) / 2);
}

static CLR_ABI double math_tanh(double x)
{
    if (is_nan(x) || x == 0)
        return x;
    if (x > 22 || x < -22)
        return x > 0 ? 1 : -1;
    real e = expm1_real(2 * (real)x);
    return (double)(e / (e + 2));
}

/* ---- power ---- */

static bool is_integer(double x) { return !is_infinite(x) && (double)rint_x87(x) == x; }
static bool is_odd(double x)
{
    return is_integer(x) && (double)rint_x87((real)x / 2) * 2 != x;
}

/* x > 0, finite; 2**(y * log2 x). x = 2**e * m with m near 1, so that y * e is exact. */
static double power_positive(double x, double y)
{
    real m = x, e = 0;
    __asm__("fxtract" : "=t"(m), "=u"(e) : "0"(m));
    if (m > 1.41421356237309504880L) {
        m /= 2;
        e += 1;
    }
    real whole = (real)y * e, part = (real)y * log2_times(1, m);
    if (whole + part > 1025)
        return __builtin_inf();
    if (whole + part < -1080)
        return 0;
    real n1 = rint_x87(whole), n2 = rint_x87(part);
    real fraction = (whole - n1) + (part - n2);
    real n3 = rint_x87(fraction);
    return (double)scale(1 + exp2m1_small(fraction - n3), n1 + n2 + n3);
}

/* Small whole powers by multiplication: exact as long as 64 bits hold the product. */
static double power_whole(double x, int32_t n)
{
    real base = x, value = 1;
    for (uint32_t left = n < 0 ? -(uint32_t)n : (uint32_t)n; left; left >>= 1) {
        if (left & 1)
            value *= base;
        base *= base;
    }
    return (double)(n < 0 ? 1 / value : value);
}

static CLR_ABI double math_pow(double x, double y)
{
    if (y == 0 || x == 1)
        return 1;
    if (is_nan(x) || is_nan(y))
        return NOT_A_NUMBER;
    if (is_infinite(y)) {
        double size = x < 0 ? -x : x;
        if (size == 1)
            return 1;
        return (size > 1) == (y > 0) ? __builtin_inf() : 0;
    }
    bool negative = __builtin_signbit(x) && is_odd(y);
    if (x == 0 || is_infinite(x)) {
        double size = (x == 0) == (y < 0) ? __builtin_inf() : 0;
        return negative ? -size : size;
    }
    if (x < 0 && !is_integer(y))
        return NOT_A_NUMBER;
    if (is_integer(y) && y >= -64 && y <= 64)
        return power_whole(x, (int32_t)y);
    double size = power_positive(x < 0 ? -x : x, y);
    return negative ? -size : size;
}

/* Exact remainder with the sign of x (C99 fmod). */
CLR_ABI double rt_f64_rem(double x, double y)
{
    if (is_nan(x) || is_nan(y) || is_infinite(x) || y == 0)
        return NOT_A_NUMBER;
    if (is_infinite(y) || x == 0)
        return x;
    real value = x;
    uint16_t status;
    do {
        __asm__("fprem\n\tfnstsw %1" : "+t"(value), "=a"(status) : "u"((real)y) : "cc");
    } while (status & 0x0400);          /* C2: not finished */
    return (double)value;
}

#define MATH(name, function) { "System.Math::" name, (void *)function }
const struct rt_export rt_icalls_math[] = {
    MATH("Sqrt", math_sqrt), MATH("Sin", math_sin), MATH("Cos", math_cos), MATH("Tan", math_tan),
    MATH("Asin", math_asin), MATH("Acos", math_acos), MATH("Atan", math_atan),
    MATH("Atan2", math_atan2), MATH("Exp", math_exp), MATH("Log", math_log),
    MATH("Log10", math_log10), MATH("Sinh", math_sinh), MATH("Cosh", math_cosh),
    MATH("Tanh", math_tanh), MATH("NativePow", math_pow), MATH("FMod", rt_f64_rem),
};
const size_t rt_icall_math_count = sizeof rt_icalls_math / sizeof *rt_icalls_math;
