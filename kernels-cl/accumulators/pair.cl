#ifndef HAS_PAIR /* lanes/none.cl */
#define HAS_PAIR

/* Sums carried in two floats: the value and what rounding left behind (Knuth 1969, Dekker 1971). */

/* a + b exactly. An infinite sum has NaN as its rest, which renormalize drops. */
typedef struct NAME(pair) {
    V value, rest;
} NAME(pair);

static NAME(pair) NAME(two_sum)(V a, V b)
{
    NAME(pair) sum;
    sum.value = a + b;
    const V shadow = sum.value - a;
    sum.rest = (a - (sum.value - shadow)) + (b - shadow);
    return sum;
}

/* value + rest as the nearest float and what is left, for |value| >= |rest|, both finite. */
static NAME(pair) NAME(quick_sum)(V value, V rest)
{
    NAME(pair) sum;
    sum.value = value + rest;
    sum.rest = rest - (sum.value - value);
    return sum;
}

/* value + rest again as the nearest float and what is left, for |value| >= |rest|. A rest that is not finite
 * is dropped: the value already shows it. */
static NAME(pair) NAME(renormalize)(V value, V rest)
{
    const V zero = (V)(0.0f);
    const V known = select(zero, rest, isfinite(rest));
    NAME(pair) sum;
    sum.value = value + known;
    const V left = known - (sum.value - value);
    sum.rest = select(zero, left, isfinite(left));
    return sum;
}

/* a * b, to within a few units in the last place of two floats. */
static NAME(pair) NAME(pair_multiply)(NAME(pair) a, NAME(pair) b)
{
    NAME(pair) product;
    product.value = a.value * b.value;
    product.rest = fma(a.value, b.value, -product.value) + fma(a.value, b.rest, a.rest * b.value);
    return product;
}

/* sum + term; what rounding loses is kept. */
static NAME(pair) NAME(pair_add)(NAME(pair) sum, V term)
{
    const NAME(pair) both = NAME(two_sum)(sum.value, term);
    sum.value = both.value;
    sum.rest += both.rest;
    return sum;
}

/* The same bits where `sum` is 0 and more terms follow: after an infinite one the rest is NaN then. */
static NAME(pair) NAME(pair_of)(V term)
{
    const NAME(pair) sum = {term + 0.0f, (V)(0.0f)};
    return sum;
}

#endif
