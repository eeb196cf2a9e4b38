/* cpu schedule: values that follow each other in memory. */
#include "cpu/store.cl"

/* Copies values of one run; the tile may begin anywhere. */
static void copy_to_tile(__global const real *x, real *tile, uint values)
{
    uint i = 0;
    for (; i + 16 <= values; i += 16)
        store_private_16(load_16(x + i), tile + i);
    if (values & 8) {
        vstore8(vload8(0, x + i), 0, tile + i);
        i += 8;
    }
    if (values & 4) {
        vstore4(vload4(0, x + i), 0, tile + i);
        i += 4;
    }
    for (; i < values; i++)
        tile[i] = x[i];
}

#if !WORK_REDUCE

/* y = formula(x) over a contiguous run; y may be x. The ends are done by vectors that overlap the aligned
 * middle: what they need is loaded before anything near it is stored. Unless `next` is null, that many values
 * from there go to the tile meanwhile: reading them from memory while y is written to it keeps memory busy in
 * both directions. */
static void apply_run(__global const real *x, __global real *y, index_t values, const float16 *coefficients,
                      __global const real *next, real *tile)
{
    if (values < 16) {
        real scalars[COEFFICIENTS];
        for (uint c = 0; c < COEFFICIENTS; c++)
            scalars[c] = coefficients[c].s0;
        for (index_t i = 0; i < values; i++)
            y[i] = formula_apply(x[i], scalars);
        if (next)
            copy_to_tile(next, tile, (uint)values);
        return;
    }
    const uint head = values_to_boundary(y);
    const bool stream = may_stream(y);
    const float16 first = load_16(x), tail = load_16(x + values - 16);
    index_t i = head;
    if (head > 0) {
        const float16 second = head + 16 <= values ? load_16(x + head) : tail;
        store_16(formula_apply_16(first, coefficients), y);
        if (head + 16 <= values)
            store_vector(formula_apply_16(second, coefficients), y + head, stream);
        i = min((index_t)(head + 16), values);
    }
    if (next)
        copy_to_tile(next, tile, (uint)i);
    for (; i + 16 <= values; i += 16) {
        if (next)
            store_private_16(load_16(next + i), tile + i);
        store_vector(formula_apply_16(load_16(x + i), coefficients), y + i, stream);
    }
    if (next)
        copy_to_tile(next + i, tile + i, (uint)(values - i));
    if (i < values || head + 16 > values)
        store_16(formula_apply_16(tail, coefficients), y + values - 16);
}

/* One group's coefficients out of those of 16, in every lane. */
static void broadcast_lane(const float16 *coefficients, uint lane, float16 *of_group)
{
    for (uint c = 0; c < COEFFICIENTS; c++)
        of_group[c] = (float16)(((const real *)&coefficients[c])[lane]);
}

#endif
