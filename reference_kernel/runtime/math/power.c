/* x to the y: 2**(y * log2 x), the logarithm a pair, so that a large y does not use up its bits. */
#include "math.h"
#include "real.h"

static bool is_integer(double x) { return !is_infinite(x) && (double)real_rint(x) == x; }
static bool is_odd(double x)
{
    return is_integer(x) && (double)real_rint((real)x / 2) * 2 != x;
}

/* log2 m, m between sqrt(1/2) and sqrt(2): 2/ln 2 * artanh s, s = (m - 1)/(m + 1) */
static struct pair log2_near_one(real m)
{
    struct pair s = pair_over((struct pair){ m - 1, 0 }, (struct pair){ m + 1, 0 });
    struct pair z = pair_times(s, s);
    real tail = 0;
    for (int power = 31; power >= 5; power -= 2)
        tail = tail * z.high + 1.0L / power;
    /* artanh s = s * (1 + z/3 + z*z*tail) */
    struct pair third = pair_over(z, (struct pair){ 3, 0 });
    struct pair factor = pair_sum(1, third.high);
    factor.low += third.low + z.high * z.high * tail;
    const struct pair two_over_ln2 = { 2.88539008177792681472L, -5.54542035929109e-20L };
    return pair_times(pair_times(s, factor), two_over_ln2);
}

/* x > 0, finite. x = 2**e * m with m near 1, so that y * e is exact. */
static double power_positive(double x, double y)
{
    real m = x, e = 0;
    __asm__("fxtract" : "=t"(m), "=u"(e) : "0"(m));
    if (m > 1.41421356237309504880L) {
        m /= 2;
        e += 1;
    }
    struct pair log = log2_near_one(m);
    real whole = (real)y * e, rough = (real)y * log.high;
    if (whole + rough > 1025)
        return __builtin_inf();
    if (whole + rough < -1080)
        return 0;
    struct pair part = pair_product(y, log.high);
    part.low += (real)y * log.low;
    real n1 = real_rint(whole), n2 = real_rint(part.high);
    struct pair rest = pair_sum_any(whole - n1, part.high - n2);
    real n3 = real_rint(rest.high);
    real power = real_exp2m1(rest.high - n3);
    /* 2**(r + l) = 2**r + 2**r * l * ln 2 */
    power += (1 + power) * (rest.low + part.low) * 0.693147180559945309417232121458176568L;
    return (double)real_scale(1 + power, n1 + n2 + n3);
}

/* Small whole powers by multiplication: exact where the result is a double or half-way to one. */
static double power_whole(double x, uint32_t n, bool inverse)
{
    struct pair base = { x, 0 }, value = { 1, 0 };
    for (;;) {
        if (n & 1)
            value = pair_times(value, base);
        n >>= 1;
        if (n == 0)
            break;
        base = pair_times(base, base);
    }
    if (inverse)
        value = pair_over((struct pair){ 1, 0 }, value);
    return (double)value.high;
}

CLR_ABI double math_pow(double x, double y)
{
    if (y == 0 || x == 1)
        return 1;
    if (is_nan(x) || is_nan(y))
        return NOT_A_NUMBER;
    double size = absolute(x);
    if (is_infinite(y)) {
        if (size == 1)
            return 1;
        return (size > 1) == (y > 0) ? __builtin_inf() : 0;
    }
    bool negative = __builtin_signbit(x) && is_odd(y);
    if (x == 0 || is_infinite(x)) {
        double limit = (x == 0) == (y < 0) ? __builtin_inf() : 0;
        return negative ? -limit : limit;
    }
    if (x < 0 && !is_integer(y))
        return NOT_A_NUMBER;
    /* within these bounds no product comes near the ends of the x87 unit's range */
    double value;
    if (is_integer(y) && absolute(y) <= 64 && size > 0x1p-100 && size < 0x1p100)
        value = power_whole(size, (uint32_t)absolute(y), y < 0);
    else
        value = power_positive(size, y);
    return negative ? -value : value;
}
