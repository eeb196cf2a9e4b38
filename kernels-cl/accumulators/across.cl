#include "lanes/transpose.cl"

/* Merges the 16 lanes of an accumulator into one: each lane with the one 8 further on, then 4, 2 and 1. */

/* Copies `from` to `to` with the lanes of each field in another order. */
#define SET_ROTATED(to, from, order)                                                                         \
    for (uint field = 0; field < ACCUMULATOR_FIELDS; field++)                                                \
    ((float16 *)&(to))[field] = ((const float16 *)&(from))[field].order

/* Merges the lanes of one accumulator; the result is in lane 0. */
static accumulator_16 accumulator_across(accumulator_16 a)
{
    accumulator_16 b;
    SET_ROTATED(b, a, s89abcdef01234567);
    a = accumulator_merge_16(a, b);
    SET_ROTATED(b, a, s456789abcdef0123);
    a = accumulator_merge_16(a, b);
    SET_ROTATED(b, a, s23456789abcdef01);
    a = accumulator_merge_16(a, b);
    SET_ROTATED(b, a, s123456789abcdef0);
    return accumulator_merge_16(a, b);
}

/* Merges the lanes of each of 16 accumulators: lane i of the result has the same bits as lane 0 of
 * accumulator_across(sets[i]). Overwrites `sets`. */
static accumulator_16 accumulator_across_sets(accumulator_16 *sets)
{
    for (uint field = 0; field < ACCUMULATOR_FIELDS; field++)
        transpose_lanes((float16 *)sets + field, ACCUMULATOR_FIELDS);
    for (uint reach = 8; reach > 0; reach /= 2) {
        for (uint i = 0; i < reach; i++)
            sets[i] = accumulator_merge_16(sets[i], sets[i + reach]);
    }
    return sets[0];
}
