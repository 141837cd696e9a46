/* Numbers of 64 bits of mantissa, and pairs of them for 128: the x87 unit's instructions that are
 * good to their last bit on hardware and in QEMU alike. FSIN, FCOS and FPTAN are not among them:
 * QEMU computes them in double. */
#ifndef CLR_MATH_REAL_H
#define CLR_MATH_REAL_H

#include <stdbool.h>
#include <stdint.h>

typedef long double real;

static inline real real_rint(real x)
{
    __asm__("frndint" : "+t"(x));
    return x;
}

static inline real real_scale(real x, real n)           /* x * 2**n */
{
    __asm__("fscale" : "+t"(x) : "u"(n));
    return x;
}

static inline real real_exp2m1(real x)                  /* 2**x - 1, |x| <= 1 */
{
    __asm__("f2xm1" : "+t"(x));
    return x;
}

static inline real real_log2_times(real factor, real x)
{
    __asm__("fyl2x" : "+t"(x) : "u"(factor) : "st(1)");
    return x;
}

static inline real real_atan2(real y, real x)
{
    __asm__("fpatan" : "+t"(x) : "u"(y) : "st(1)");
    return x;
}

static inline real real_sqrt(real x)
{
    __asm__("fsqrt" : "+t"(x));
    return x;
}

static inline bool is_nan(double x) { return x != x; }
static inline bool is_infinite(double x)
{
    return x == __builtin_inf() || x == -__builtin_inf();
}
#define NOT_A_NUMBER __builtin_nan("")

static inline double absolute(double x) { return __builtin_fabs(x); }

static inline uint64_t bits_of(double x)
{
    union { double number; uint64_t bits; } both = { .number = x };
    return both.bits;
}

static inline double of_bits(uint64_t bits)
{
    union { uint64_t bits; double number; } both = { .bits = bits };
    return both.number;
}

/* ---- pairs: high + low, low at most an ulp or so of high (T. J. Dekker 1971) ---- */

struct pair {
    real high, low;
};

static inline struct pair pair_sum(real a, real b)      /* exact; |a| >= |b| or a == 0 */
{
    real high = a + b;
    return (struct pair){ high, b - (high - a) };
}

static inline struct pair pair_sum_any(real a, real b)  /* exact */
{
    real high = a + b, part = high - a;
    return (struct pair){ high, (a - (high - part)) + (b - part) };
}

static inline real real_upper_half(real x)              /* its upper 32 bits, rounded */
{
    real shifted = x * 4294967297.0L;
    return shifted - (shifted - x);
}

static inline struct pair pair_product(real a, real b)  /* exact unless something overflows */
{
    real high = a * b;
    real ah = real_upper_half(a), al = a - ah, bh = real_upper_half(b), bl = b - bh;
    return (struct pair){ high, ((ah * bh - high) + ah * bl + al * bh) + al * bl };
}

static inline struct pair pair_times(struct pair a, struct pair b)
{
    struct pair p = pair_product(a.high, b.high);
    return pair_sum(p.high, p.low + (a.high * b.low + a.low * b.high));
}

static inline struct pair pair_over(struct pair a, struct pair b)
{
    real high = a.high / b.high;
    struct pair p = pair_product(high, b.high);
    return pair_sum(high, (((a.high - p.high) - p.low) + a.low - high * b.low) / b.high);
}

#endif
