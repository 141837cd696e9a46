/* Exponential and logarithm, correct to the last bit but for one argument in some thousand; and
 * what is made of them.
 *
 * The hyperbolic functions and log10 are fdlibm's, evaluated in double as glibc 2.36 does, whose
 * answers mono gives. They are off by up to two units of the last place, and are meant to be:
 * better ones print differently. (glibc's expm1 uses FMA where the processor has it: one value in
 * 1,000 differs by that.)
 *
 * Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved. Developed at SunPro, a Sun
 * Microsystems, Inc. business. Permission to use, copy, modify, and distribute this software is
 * freely granted, provided that this notice is preserved. */
#include "math.h"
#include "real.h"

/* Split (fdlibm's): the first part has 33 bits, so that n times it is exact. Written as double so
 * that they are just that. */
#define LN2_HI 6.93147180369123816490e-01
#define LN2_LO 1.90821492927058770002e-10
#define LOG2E  1.44269504088896338700e+00
#define HALF_LN2 0x1.62e43p-2        /* a little more: fdlibm compares upper words */

CLR_ABI double math_sqrt(double x)
{
    __asm__("sqrtsd %0, %0" : "+x"(x));
    return x;
}

CLR_ABI double math_exp(double x)
{
    if (is_nan(x))
        return x;
    if (x > 710)
        return __builtin_inf();
    if (x < -746)
        return 0;
    /* e**x = 2**n * (1 + m) */
    real n = real_rint(x * 1.44269504088896340735992468100189214L);
    real rest = x - n * LN2_HI - n * LN2_LO;
    real m = real_exp2m1(rest * 1.44269504088896340735992468100189214L);
    return (double)real_scale(1 + m, n);
}

CLR_ABI double math_log(double x)
{
    if (is_nan(x) || x < 0)
        return NOT_A_NUMBER;
    if (x == 0)
        return -__builtin_inf();
    if (is_infinite(x))
        return x;
    return (double)real_log2_times(0.693147180559945309417232121458176568L, x);
}

CLR_ABI double math_log10(double x)
{
    if (is_nan(x) || x < 0)
        return NOT_A_NUMBER;
    if (x == 0)
        return -__builtin_inf();
    if (is_infinite(x))
        return x;
    int exponent = -1023;
    if (x < 0x1p-1022) {
        x *= 0x1p54;
        exponent -= 54;
    }
    exponent += (int)(bits_of(x) >> 52);
    int negative = exponent < 0;                        /* log x, x in [1/2, 1), then */
    double m = of_bits((bits_of(x) & 0xFFFFFFFFFFFFF) | (uint64_t)(0x3FF - negative) << 52);
    double y = exponent + negative;
    double z = y * 3.69423907715893078616e-13 + 4.34294481903251816668e-01 * math_log(m);
    return z + y * 3.01029995663611771306e-01;
}

/* e**x - 1 = x - (x * e - hxs) near 0 */
static double near_zero_term(double x, double *hxs)
{
    double hfx = 0.5 * x, square = x * hfx, fourth = square * square;
    double r1 = 1.0 + square * -3.33333333333331316428e-02;
    double r2 = 1.58730158725481460165e-03 + square * -7.93650757867487942473e-05;
    double r3 = 4.00821782732936239552e-06 + square * -2.01099218183624371326e-07;
    double r = r1 + fourth * r2 + fourth * fourth * r3;
    double t = 3.0 - r * hfx;
    *hxs = square;
    return square * ((r - t) / (6.0 - x * t));
}

static double times_power_of_two(double x, int n)       /* neither over- nor underflows */
{
    return of_bits(bits_of(x) + ((uint64_t)n << 52));
}

/* e**x - 1 for finite x <= 44 */
static double expm1_of(double x)
{
    double size = absolute(x), hxs, high, low;
    if (x < -38.8)
        return -1;
    if (size < 0x1p-54)
        return x;
    if (size < HALF_LN2)
        return x - (x * near_zero_term(x, &hxs) - hxs);
    int k;
    if (size < 0x1.0a2b2p0) {
        k = x < 0 ? -1 : 1;
        high = x - k * LN2_HI;
        low = k * LN2_LO;
    } else {
        k = (int)(LOG2E * x + (x < 0 ? -0.5 : 0.5));
        high = x - k * LN2_HI;
        low = k * LN2_LO;
    }
    x = high - low;
    double lost = (high - x) - low;
    double e = near_zero_term(x, &hxs);
    e = (x * (e - lost) - lost) - hxs;
    if (k == -1)
        return 0.5 * (x - e) - 0.5;
    if (k == 1)
        return x < -0.25 ? -2.0 * (e - (x + 0.5)) : 1.0 + 2.0 * (x - e);
    if (k <= -2 || k > 56)
        return times_power_of_two(1.0 - (e - x), k) - 1.0;
    double unit = times_power_of_two(1.0, -k);
    if (k < 20)
        return times_power_of_two((1.0 - unit) - (e - x), k);
    return times_power_of_two((x - (e + unit)) + 1.0, k);
}

/* e**x / 2, |x| > 22, also where e**x overflows and this does not */
static double half_exp(double x)
{
    if (x < 0x1.62e42p9)
        return 0.5 * math_exp(x);
    double root = math_exp(0.5 * x);
    return 0.5 * root * root;
}

CLR_ABI double math_sinh(double x)
{
    double size = absolute(x), half = x < 0 ? -0.5 : 0.5;
    if (is_nan(x) || is_infinite(x) || size < 0x1p-28)
        return x;
    if (size >= 22)
        return x < 0 ? -half_exp(size) : half_exp(size);
    double t = expm1_of(size);
    if (size < 1)
        return half * (2.0 * t - t * t / (t + 1.0));
    return half * (t + t / (t + 1.0));
}

CLR_ABI double math_cosh(double x)
{
    double size = absolute(x);
    if (is_nan(x) || is_infinite(x))
        return size;
    if (size >= 22)
        return half_exp(size);
    if (size < HALF_LN2) {
        if (size < 0x1p-55)
            return 1;
        double t = expm1_of(size), w = 1.0 + t;
        return 1.0 + (t * t) / (w + w);
    }
    double t = math_exp(size);
    return 0.5 * t + 0.5 / t;
}

CLR_ABI double math_tanh(double x)
{
    double size = absolute(x), value = 1;
    if (is_nan(x) || size < 0x1p-55)
        return x;
    if (size >= 1 && size < 22) {
        value = 1.0 - 2.0 / (expm1_of(2.0 * size) + 2.0);
    } else if (size < 1) {
        double t = expm1_of(-2.0 * size);
        value = -t / (t + 2.0);
    }
    return x < 0 ? -value : value;
}
