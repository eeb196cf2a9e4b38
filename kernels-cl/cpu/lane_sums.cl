/*
 * The sums of windows that begin at the first 16 of 32 neighbouring lanes. Sums over 2, 4, 8 and 16 neighbours
 * are made of two halves each, and a window is made of those that its length in binary has, side by side, the
 * largest first. For one type of sums, SUMS; see who includes this.
 */
INLINED SUMS SUM_LANES(SUMS low, SUMS high)
{
    SUMS low_2, high_2, low_4, high_4, low_8, high_8, low_16, moved, sum;
#define DOUBLE(to, of, lanes)                                                                                \
    MOVED(moved, low##of, high##of, lanes);                                                                  \
    low##to = JOINED(low##of, moved);                                                                        \
    MOVED(moved, high##of, high##of, lanes); /* the last lanes are not needed */                             \
    high##to = JOINED(high##of, moved);
    DOUBLE(_2, , 1)
    DOUBLE(_4, _2, 2)
    DOUBLE(_8, _4, 4)
    MOVED(moved, low_8, high_8, 8);
    low_16 = JOINED(low_8, moved);
#undef DOUBLE
    sum = WINDOW >= 16 ? low_16 : WINDOW >= 8 ? low_8 : WINDOW >= 4 ? low_4 : WINDOW >= 2 ? low_2 : low;
#define TAKE(of, lanes)                                                                                      \
    if (WINDOW >= 2 * lanes && (WINDOW & lanes) != 0) {                                                      \
        MOVED(moved, low##of, high##of, WINDOW / (2 * lanes) * (2 * lanes));                                 \
        sum = JOINED(sum, moved);                                                                            \
    }
    TAKE(_8, 8)
    TAKE(_4, 4)
    TAKE(_2, 2)
    TAKE(, 1)
#undef TAKE
    return sum;
}

#undef SUMS
#undef SUM_LANES
#undef JOINED
#undef MOVED
