/* gpu schedule: the values of a group that one item holds in registers, from the only time that they are read
 * until their results are stored: at most REGISTER_ROWS in each lane. `which` has a bit for each row that
 * holds values; if any row does, the first does. */
typedef struct held {
    V x[REGISTER_ROWS];
#if BACKWARD
    V dy[REGISTER_ROWS];
#endif
    uint which;
} held;

/* FORMULA_HAS_EXTREMES: extreme groups need much code. In the unrolled loops over held values it would push
 * these out of registers, so extreme groups have loops of their own. */
#if FORMULA_HAS_EXTREMES
#define APPLY_HELD NAME(formula_apply_ordinary)
#else
#define APPLY_HELD NAME(formula_apply)
#endif

INLINED NAME(operands) operands_held(const held *h, uint row)
{
    NAME(operands) o;
    o.x = h->x[row];
#if BACKWARD
    o.dy = h->dy[row];
#endif
#if ACCUMULATES
    o.before = (V)(0.0f);
#endif
    return o;
}

#if !WORK_MAP
INLINED NAME(accumulator) accumulator_held(const held *h, const V *known)
{
    V terms[TERMS * REGISTER_ROWS];
    if (h->which == 0)
        return NAME(accumulator_empty)();
#pragma unroll
    for (uint row = 0; row < REGISTER_ROWS; row++) {
#pragma unroll
        for (uint term = 0; term < TERMS; term++)
            terms[term * REGISTER_ROWS + row] = NAME(formula_term)(operands_held(h, row), known, term);
    }
    return NAME(accumulator_of_registers)(terms, h->which);
}
#endif
