#ifndef HAS_OPERANDS /* lanes/none.cl */
#define HAS_OPERANDS

/*
 * The elements that a formula takes, and the terms that are summed.
 *
 * An element has one term, x; or, in a backward mode, two, which formula_term computes from x, dy and what is
 * known of the group before its sums.
 */
#if LANES == 1
#include "tensors.cl"
#define OPERAND_LANES(name, absent) V name;
#if OPERANDS_VARY
#define OPERAND_LOAD(name, absent) o.name = from.name ? LOAD(from.name + at) : (V)(absent);
#else
#define OPERAND_LOAD(name, absent) o.name = (V)(from.name ? from.name[0] : absent);
#endif
#endif

typedef struct NAME(operands) {
    V x;
#if BACKWARD
    V dy;
#endif
#if ACCUMULATES
    V before; /* what the result is added to */
#endif
    FORMULA_OPERANDS(OPERAND_LANES)
} NAME(operands);

INLINED NAME(operands) NAME(load_operands)(sources from, index_t at)
{
    NAME(operands) o;
    o.x = LOAD(from.x + at);
#if BACKWARD
    o.dy = LOAD(from.dy + at);
#endif
#if ACCUMULATES
    o.before = from.before ? LOAD(from.before + at) : (V)(0.0f);
#endif
    FORMULA_OPERANDS(OPERAND_LOAD)
    return o;
}

#if ACCUMULATES
#define RESULT(o, value) ((o).before + (value))
#else
#define RESULT(o, value) (value)
#endif

#if !BACKWARD
#if LANES == 1
enum { TERMS = 1, KNOWN = 1 };
#define LOAD_KNOWN(f, group, groups, known) ((void)(f), (void)(group), (known)[0] = 0.0f)
#endif
INLINED V NAME(formula_term)(NAME(operands) o, const V *known, uint term)
{
    return o.x;
}
#else
#if LANES == 1
enum { TERMS = 2 };
#define LOAD_KNOWN(f, group, groups, known) NAME(formula_load)(f, group, groups, known)
#endif
INLINED V NAME(formula_term)(NAME(operands) o, const V *known, uint term);
#endif

#endif
