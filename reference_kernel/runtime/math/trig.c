/* Sine, cosine, tangent. What mono 6.8 computes: tangent by libm; sine and cosine by FSIN and FCOS
 * on the bare argument, which reduce it by a pi of 66 bits (Intel SDM 1, 8.3.8) and leave arguments
 * from 2**63 on alone. Here: the same pi below 2**63, and beyond it the true one. */
#include "math.h"
#include "real.h"

typedef unsigned __int128 wide;

#define QUARTER_PI 0.785398163397448309616

/* An argument less a multiple of pi/2: at most a little over pi/4. */
struct reduced {
    struct pair rest;
    unsigned quadrant;
};

/* magnitude * 2**exponent */
static struct pair from_fixed(wide magnitude, int exponent, bool negative)
{
    if (magnitude == 0)
        return (struct pair){ 0, 0 };
    while (!(magnitude >> 127)) {
        magnitude <<= 1;
        exponent--;
    }
    real high = real_scale((real)(uint64_t)(magnitude >> 64), exponent + 64);
    real low = real_scale((real)(uint64_t)magnitude, exponent);
    return negative ? (struct pair){ -high, -low } : (struct pair){ high, low };
}

/* x = mantissa * 2**exponent, pi/4 <= x */
static uint64_t parts(double x, int *exponent)
{
    uint64_t bits = bits_of(x);
    *exponent = (int)(bits >> 52 & 0x7FF) - 1075;
    return (bits & 0xFFFFFFFFFFFFF) | 1ull << 52;
}

/* By FSIN's pi, exactly; pi/4 <= x < 2**63. In units of 2**-65, pi/2 and x are whole. */
static struct reduced reduce_as_fsin(double x)
{
    const wide half_pi = ((wide)0x3 << 64) | 0x243F6A8885A308D3;
    int exponent;
    wide rest = parts(x, &exponent);
    rest <<= exponent + 65;
    unsigned quadrant = 0;
    for (int shift = 62; shift >= 0; shift--) {
        quadrant <<= 1;
        if (rest >> shift >= half_pi) {
            rest -= half_pi << shift;
            quadrant |= 1;
        }
    }
    bool beyond = rest > half_pi / 2;
    if (beyond)
        rest = half_pi - rest;
    return (struct reduced){ from_fixed(rest, -65, beyond), (quadrant + beyond) & 3 };
}

/* 2/pi behind 64 zeros: enough for the largest double (M. Payne, R. Hanek 1983). */
static const uint64_t two_over_pi[] = {
    0,
    0xA2F9836E4E441529, 0xFC2757D1F534DDC0, 0xDB6295993C439041, 0xFE5163ABDEBBC561,
    0xB7246E3A424DD2E0, 0x06492EEA09D1921C, 0xFE1DEB1CB129A73E, 0xE88235F52EBB4484,
    0xE99C7026B45F7E41, 0x3991D639835339F4, 0x9C845F8BBDF9283B, 0x1FF897FFDE05980F,
    0xEF2F118B5A0A6D1F, 0x6D367ECF27CB09B7, 0x4F463F669E5FEA2D, 0x7527BAC7EBE5F17B,
    0x3D0739F78A5292EA, 0x6BFB5FB11F8D5D08, 0x56033046FC7B6BAB, 0xF0CFBC209AF4361D,
};

static uint64_t window_word(int bit)                    /* 64 bits from bit on; -64 is the first */
{
    unsigned from = (unsigned)(bit + 64), shift = from % 64;
    const uint64_t *word = two_over_pi + from / 64;
    return shift ? word[0] << shift | word[1] >> (64 - shift) : word[0];
}

/* By the true pi; pi/4 <= x. Of 2/pi only the 192 bits matter that do not make whole turns. */
static struct reduced reduce(double x)
{
    int exponent;
    uint64_t mantissa = parts(x, &exponent);
    wide low = (wide)window_word(exponent + 126) * mantissa;
    wide middle = (wide)window_word(exponent + 62) * mantissa + (low >> 64);
    uint64_t top = window_word(exponent - 2) * mantissa + (uint64_t)(middle >> 64);
    unsigned quadrant = (unsigned)(top >> 62);
    /* the fraction of a quarter turn, 190 bits: as two words of 128, the rest is below 2**-126 */
    wide fraction = ((wide)top << 64 | (uint64_t)middle) << 2 | (uint64_t)low >> 62;
    uint64_t rest = (uint64_t)low << 2;
    bool beyond = fraction >> 127;
    if (beyond) {
        rest = -rest;
        fraction = -fraction - (rest != 0);
    }
    int shift = 0;
    for (; !(fraction >> 127); shift++) {
        fraction = fraction << 1 | rest >> 63;
        rest <<= 1;
    }
    struct pair part = from_fixed(fraction, -128 - shift, beyond);
    const struct pair half_pi = { 1.57079632679489661926L, -2.50827880633416601173e-20L };
    return (struct reduced){ pair_times(part, half_pi), (quadrant + beyond) & 3 };
}

/* ---- on a reduced argument: Taylor's series, which at pi/4 needs terms to the 23rd power ---- */

static real series(real z, const real *coefficient, int count)
{
    real sum = 0;
    for (int i = count - 1; i >= 0; i--)
        sum = sum * z + coefficient[i];
    return sum;
}

#define SERIES(z, name) series(z, name, (int)(sizeof name / sizeof *name))

static struct pair sin_small(struct pair x)
{
    static const real coefficient[] = {
        -1 / 6.0L, 1 / 120.0L, -1 / 5040.0L, 1 / 362880.0L, -1 / 39916800.0L, 1 / 6227020800.0L,
        -1 / 1307674368000.0L, 1 / 355687428096000.0L, -1 / 121645100408832000.0L,
        1 / 51090942171709440000.0L, -1 / 25852016738884976640000.0L,
    };
    real z = x.high * x.high;
    real rest = x.high * z * SERIES(z, coefficient) + x.low * (1 - z / 2);
    return pair_sum(x.high, rest);
}

static struct pair cos_small(struct pair x)
{
    static const real coefficient[] = {
        1 / 24.0L, -1 / 720.0L, 1 / 40320.0L, -1 / 3628800.0L, 1 / 479001600.0L,
        -1 / 87178291200.0L, 1 / 20922789888000.0L, -1 / 6402373705728000.0L,
        1 / 2432902008176640000.0L, -1 / 1124000727777607680000.0L,
    };
    struct pair square = pair_product(x.high, x.high);
    real z = square.high;
    struct pair first = pair_sum(1, -z / 2);
    real rest = z * z * SERIES(z, coefficient) - square.low / 2 - x.high * x.low;
    return pair_sum(first.high, first.low + rest);
}

/* sin(x + turns * pi/2), x >= 0 */
static double sin_turned(double x, unsigned turns)
{
    struct reduced r = { { x, 0 }, 0 };
    if (x >= 0x1p63)
        r = reduce(x);
    else if (x >= QUARTER_PI)
        r = reduce_as_fsin(x);
    turns += r.quadrant;
    real value = (turns & 1 ? cos_small(r.rest) : sin_small(r.rest)).high;
    return (double)(turns & 2 ? -value : value);
}

CLR_ABI double math_sin(double x)
{
    if (is_nan(x) || is_infinite(x))
        return NOT_A_NUMBER;
    if (x == 0)
        return x;
    return x < 0 ? -sin_turned(-x, 0) : sin_turned(x, 0);
}

CLR_ABI double math_cos(double x)
{
    if (is_nan(x) || is_infinite(x))
        return NOT_A_NUMBER;
    return sin_turned(absolute(x), 1);
}

CLR_ABI double math_tan(double x)
{
    if (is_nan(x) || is_infinite(x))
        return NOT_A_NUMBER;
    if (absolute(x) < 0x1p-30)                          /* x**3/3 is less than the last bit */
        return x;
    struct reduced r = { { absolute(x), 0 }, 0 };
    if (absolute(x) >= QUARTER_PI)
        r = reduce(absolute(x));
    struct pair sine = sin_small(r.rest), cosine = cos_small(r.rest);
    real value = r.quadrant & 1 ? -pair_over(cosine, sine).high : pair_over(sine, cosine).high;
    return (double)(x < 0 ? -value : value);
}

/* ---- inverse ---- */

CLR_ABI double math_asin(double x)
{
    return (double)real_atan2(x, real_sqrt((1 - (real)x) * (1 + (real)x)));
}

CLR_ABI double math_acos(double x)
{
    return (double)real_atan2(real_sqrt((1 - (real)x) * (1 + (real)x)), x);
}

CLR_ABI double math_atan(double x) { return (double)real_atan2(x, 1); }
CLR_ABI double math_atan2(double y, double x) { return (double)real_atan2(y, x); }
