/* cpu schedule: y = formula(x), by the short way where no lane needs the other. */

/* Whether formula_apply_ordinary, where the formula has one, suits all groups of these coefficients. */
INLINED bool are_ordinary(const float16 *coefficients)
{
#if FORMULA_HAS_EXTREMES
    return formula_is_ordinary_16(coefficients);
#else
    (void)coefficients;
    return true;
#endif
}

INLINED float16 apply_to(operands_16 o, const float16 *coefficients, bool ordinary)
{
#if FORMULA_HAS_EXTREMES
    if (ordinary)
        return formula_apply_ordinary_16(o, coefficients);
#else
    (void)ordinary;
#endif
    return formula_apply_16(o, coefficients);
}
