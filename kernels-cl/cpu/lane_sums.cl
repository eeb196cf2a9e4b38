/*
 * The sums of windows that begin at the first 16 of 32 neighbouring lanes: low and high become sums over 1,
 * 2, 4, 8 and 16 neighbours, and a window is made of those that its length in binary has, side by side. For
 * one type of sums, SUMS; see who includes this.
 */
INLINED SUMS SUM_LANES(SUMS low, SUMS high)
{
    SUMS sum = WINDOW & 1 ? low : NOTHING, moved;
#define TAKE(lanes)                                                                                          \
    if (WINDOW & lanes) {                                                                                    \
        MOVED(moved, low, high, WINDOW &(lanes - 1));                                                        \
        sum = JOINED(sum, moved);                                                                            \
    }
#define DOUBLE(lanes)                                                                                        \
    MOVED(moved, low, high, lanes);                                                                          \
    low = JOINED(low, moved);                                                                                \
    MOVED(moved, high, high, lanes); /* the last lanes are not needed */                                     \
    high = JOINED(high, moved);
    DOUBLE(1)
    TAKE(2)
    DOUBLE(2)
    TAKE(4)
    DOUBLE(4)
    TAKE(8)
    DOUBLE(8)
    TAKE(16)
#undef TAKE
#undef DOUBLE
    return sum;
}

#undef SUMS
#undef SUM_LANES
#undef NOTHING
#undef JOINED
#undef MOVED
