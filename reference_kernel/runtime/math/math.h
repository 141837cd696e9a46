/* System.Math's transcendental functions (managed/EXPORTS.md), in the x87 unit's extended precision
 * where mono's answer is the correctly rounded one, and by fdlibm's formulas where it is not. */
#ifndef CLR_MATH_H
#define CLR_MATH_H

#include "../exec/exec.h"

CLR_ABI double math_sin(double x);
CLR_ABI double math_cos(double x);
CLR_ABI double math_tan(double x);
CLR_ABI double math_asin(double x);
CLR_ABI double math_acos(double x);
CLR_ABI double math_atan(double x);
CLR_ABI double math_atan2(double y, double x);
CLR_ABI double math_sqrt(double x);
CLR_ABI double math_exp(double x);
CLR_ABI double math_log(double x);
CLR_ABI double math_log10(double x);
CLR_ABI double math_sinh(double x);
CLR_ABI double math_cosh(double x);
CLR_ABI double math_tanh(double x);
CLR_ABI double math_pow(double x, double y);    /* C99's special values */

#endif
