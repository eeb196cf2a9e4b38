/*
 * For vectors that follow each other: at each lane of the newest vector, the sum over the last WINDOW lanes.
 * A sum over 2, 4, 8 or 16 lanes is made of two sums over half as many. A window's sum is made of those that
 * add up to its length (the binary digits of WINDOW), side by side, the longest over the newest lanes. The
 * file that includes this (cpu/channels.cl) defines SUMS, the type of a sum, and the other macros that are
 * undefined at the end.
 */

/* Sums of earlier vectors that the next vector needs; zeros before the first vector. */
typedef struct TRAIL {
    SUMS of_1, of_2, of_4, of_8;
} TRAIL;

/* Adds to `sum` the sum over the `lanes` lanes just before those that it covers, if WINDOW has that binary
 * digit after its first, which `sum` begins with. */
#define ADD_LANES(sum, moved, before, of, lanes)                                                             \
    if (WINDOW >= 2 * lanes && (WINDOW & lanes) != 0) {                                                      \
        MOVED(moved, before, of, 16 - WINDOW / (2 * lanes) * (2 * lanes));                                   \
        sum = JOINED(sum, moved);                                                                            \
    }

INLINED SUMS SUM_LAST(TRAIL *before, SUMS of_1)
{
    SUMS of_2, of_4, of_8, of_16, moved, sum;
    MOVED(moved, before->of_1, of_1, 15);
    of_2 = JOINED(of_1, moved);
    MOVED(moved, before->of_2, of_2, 14);
    of_4 = JOINED(of_2, moved);
    MOVED(moved, before->of_4, of_4, 12);
    of_8 = JOINED(of_4, moved);
    MOVED(moved, before->of_8, of_8, 8);
    of_16 = JOINED(of_8, moved);
    sum = WINDOW >= 16 ? of_16 : WINDOW >= 8 ? of_8 : WINDOW >= 4 ? of_4 : WINDOW >= 2 ? of_2 : of_1;
    ADD_LANES(sum, moved, before->of_8, of_8, 8)
    ADD_LANES(sum, moved, before->of_4, of_4, 4)
    ADD_LANES(sum, moved, before->of_2, of_2, 2)
    ADD_LANES(sum, moved, before->of_1, of_1, 1)
    before->of_1 = of_1;
    before->of_2 = of_2;
    before->of_4 = of_4;
    before->of_8 = of_8;
    return sum;
}

#undef ADD_LANES
#undef SUMS
#undef TRAIL
#undef SUM_LAST
#undef JOINED
#undef MOVED
