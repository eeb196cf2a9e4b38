#ifndef HAS_SAVE_GRADIENT /* lanes/none.cl */
#define HAS_SAVE_GRADIENT

/* Writes gradient * 2^exponent for each group, or adds it to what is there. */
static void NAME(save_gradient)(V gradient, INTEGERS exponent, __global real *to, int accumulate,
                                index_t group, uint groups)
{
    INTEGERS size;
    if (!to)
        return;
    const V mantissa = NAME(mantissa_of)(gradient, &size);
    /* fp32 may hold the sum although it does not hold the gradient alone */
    const INTEGERS all = size + exponent, lowered = select((INTEGERS)(0), (INTEGERS)(64), all > 120);
    V sum = NAME(times_power_of_two)(mantissa, all - lowered);
    if (accumulate)
        sum += NAME(load_groups)(to, group, groups) * NAME(power_of_two)(-lowered);
    NAME(store_groups)(sum * NAME(power_of_two)(lowered), to, group, groups);
}

#endif
