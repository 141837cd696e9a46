/* System.Math's native functions by name, and the remainder, which `rem` needs too. */
#include "../math/math.h"
#include "../math/real.h"

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
