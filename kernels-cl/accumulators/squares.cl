/*
 * The sum of the squares of a set of values, a set a lane, in two floats.
 *
 * The values were multiplied by a power of two before they came here, the same for all parts of a group
 * (see RESCALE of a formula): the sum is that of the scaled values.
 */
#define ACCUMULATOR_FIELDS 2
#define TILE_ROWS 64

#include "accumulators/pair.cl"

typedef struct NAME(accumulator) {
    V sum, rest;
} NAME(accumulator);

NAME(accumulator) NAME(accumulator_empty)(void)
{
    NAME(accumulator) none;
    none.sum = none.rest = (V)(0.0f);
    return none;
}

NAME(accumulator) NAME(accumulator_merge)(NAME(accumulator) a, NAME(accumulator) b)
{
    NAME(pair) sum = NAME(two_sum)(a.sum, b.sum);
    sum = NAME(renormalize)(sum.value, sum.rest + (a.rest + b.rest));
    NAME(accumulator) both;
    both.sum = sum.value;
    both.rest = sum.rest;
    return both;
}

/* The first `rows` values of each lane: eight squares a tree, trees in two floats. */
NAME(accumulator) NAME(accumulator_of_tile)(const V *tile, uint rows)
{
    NAME(pair) sum = {(V)(0.0f), (V)(0.0f)};
    uint row = 0;
    for (; row + 8 <= rows; row += 8) {
        const V a = tile[row], b = tile[row + 1], c = tile[row + 2], d = tile[row + 3];
        const V e = tile[row + 4], f = tile[row + 5], g = tile[row + 6], h = tile[row + 7];
        sum = NAME(pair_add)(sum, (fma(a, a, b * b) + fma(c, c, d * d)) +
                                      (fma(e, e, f * f) + fma(g, g, h * h)));
    }
    for (; row < rows; row++)
        sum = NAME(pair_add)(sum, tile[row] * tile[row]);
    const NAME(accumulator) squares = {sum.value, sum.rest};
    return squares;
}

#if LANES == 16
/* The lanes' sets as one. */
accumulator accumulator_across(accumulator_16 a)
{
    accumulator_16 b;
#define MERGE_ROTATED(order)                                                                                  \
    b.sum = a.sum.order;                                                                                      \
    b.rest = a.rest.order;                                                                                    \
    a = accumulator_merge_16(a, b);
    MERGE_ROTATED(s89abcdef01234567)
    MERGE_ROTATED(s456789abcdef0123)
    MERGE_ROTATED(s23456789abcdef01)
    MERGE_ROTATED(s123456789abcdef0)
#undef MERGE_ROTATED
    const accumulator all = {a.sum.s0, a.rest.s0};
    return all;
}

/* One value in each of the first `lanes` lanes, nothing in the others. */
accumulator_16 accumulator_of_values(float16 values, uint lanes, accumulator_16 like)
{
    const int16 taken = (int16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15) < (int16)((int)lanes);
    const float16 kept = select((float16)(0.0f), values, taken);
    accumulator_16 set = accumulator_empty_16();
    set.sum = kept * kept;
    (void)like;
    return set;
}
#endif
