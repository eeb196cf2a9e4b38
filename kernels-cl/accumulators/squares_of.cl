/* The squares of a tile's values. This file is included once for each kind of tile (tiles/). */

/* The sum of the squares of each lane's taken values, each value times `scale`. Eight squares at a time are
 * added as a tree, and the trees in two floats. */
TILE_FUNCTION NAME(pair) OF(squares)(TILE tile, uint taken, V scale)
{
    const V zero = (V)(0.0f);
    NAME(pair) sum = {zero, zero};
    uint row = 0;
    UNROLL_ROWS
    for (; row + 8 <= ROWS_OF(taken); row += 8) {
        V v[8];
        READ_AHEAD(tile, 8);
#pragma unroll
        for (uint i = 0; i < 8; i++)
            v[i] = SCALED(FILLED_AT(tile, row + i, 0), scale);
        sum = ADDED(row, sum,
                    (fma(v[0], v[0], v[1] * v[1]) + fma(v[2], v[2], v[3] * v[3])) +
                        (fma(v[4], v[4], v[5] * v[5]) + fma(v[6], v[6], v[7] * v[7])));
    }
    if (row < ROWS_OF(taken)) {
        V rest = zero;
        UNROLL_ROWS
        for (; row < ROWS_OF(taken); row++) {
            const V v = SCALED(FILLED_AT(tile, row, 0), scale);
            rest = fma(v, v, rest);
        }
        sum = ADDED(ROWS_OF(taken) / 8, sum, rest);
    }
    return sum;
}

#if IN_REGISTERS

/* The accumulator of each lane's taken values. */
TILE_FUNCTION NAME(accumulator) OF(accumulator)(TILE tile, uint taken)
{
    NAME(pair) sum;
    V scale = (V)(1.0f);
#pragma unroll 1
    for (uint pass = 0; pass < 2; pass++) {
        sum = OF(squares)(tile, taken, scale);
        if (pass > 0 || ALL(NAME(is_in_range)(sum.value)))
            break;
        scale = NAME(scale_for)(sum.value);
    }
    const NAME(accumulator) squares = {sum.value, sum.rest, scale};
    return squares;
}

#else

/* The same where some lanes' sums are out of range. */
RARE NAME(accumulator) OF(extreme_accumulator)(TILE tile, uint taken, NAME(pair) sum)
{
    const V scale = NAME(scale_for)(sum.value);
    V scaled[TILE_ROWS];
    for (uint row = 0; row < taken; row++)
        scaled[row] = FILLED_AT(tile, row, 0) * scale;
    sum = NAME(squares_of_tile)(scaled, taken, scale);
    const NAME(accumulator) squares = {sum.value, sum.rest, scale};
    return squares;
}

/* The accumulator of each lane's taken values. */
TILE_FUNCTION NAME(accumulator) OF(accumulator)(TILE tile, uint taken)
{
    const NAME(pair) sum = OF(squares)(tile, taken, (V)(1.0f));
    if (!ALL(NAME(is_in_range)(sum.value)))
        return OF(extreme_accumulator)(tile, taken, sum);
    const NAME(accumulator) squares = {sum.value, sum.rest, (V)(1.0f)};
    return squares;
}

#endif

#include "accumulators/growing_of.cl"
