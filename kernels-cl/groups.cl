#ifndef HAS_GROUPS /* lanes/none.cl */
#define HAS_GROUPS

#include "lanes/operands.cl"

/* Loads and stores of one value for each of `groups` neighbouring groups. Lane i belongs to the i-th of them;
 * lanes from `groups` on are unused. */

/* Values first ... first+groups-1; the other lanes are 0. */
static V NAME(load_groups)(__global const real *values, index_t first, uint groups)
{
    if (groups == LANES)
        return LOAD(values + first);
    real lanes[LANES] = {0.0f};
    for (uint lane = 0; lane < groups; lane++)
        lanes[lane] = values[first + lane];
    return LOAD_PRIVATE(lanes);
}

static void NAME(store_groups)(V lanes, __global real *values, index_t first, uint groups)
{
    if (groups == LANES) {
        STORE(lanes, values + first);
        return;
    }
    real kept[LANES];
    STORE_PRIVATE(lanes, kept);
    for (uint lane = 0; lane < groups; lane++)
        values[first + lane] = kept[lane];
}

#if OPERANDS_VARY
#define OPERAND_LOAD_SOME(name, absent)                                                                      \
    o.name = from.name ? NAME(load_groups)(from.name, at, count) : (V)(absent);
#else
#define OPERAND_LOAD_SOME OPERAND_LOAD
#endif

/* The first `count` lanes of the operands that begin at `at`. */
static NAME(operands) NAME(load_some_operands)(sources from, index_t at, uint count)
{
    NAME(operands) o;
    o.x = NAME(load_groups)(from.x, at, count);
#if BACKWARD
    o.dy = NAME(load_groups)(from.dy, at, count);
#endif
#if ACCUMULATES
    o.before = from.before ? NAME(load_groups)(from.before, at, count) : (V)(0.0f);
#endif
    FORMULA_OPERANDS(OPERAND_LOAD_SOME)
    return o;
}

#endif
