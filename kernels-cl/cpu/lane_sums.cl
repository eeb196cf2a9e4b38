/*
 * The sums over the last WINDOW lanes of vectors that follow each other, at each lane of the newest one. Sums
 * over the last 2, 4, 8 and 16 lanes are made of two halves each, and a window is made of those that its
 * length in binary has, side by side, the largest last. For one type of sums, SUMS; see who includes this.
 */

/* What the next vector needs of those before it; zeros before the first. */
typedef struct TRAIL {
    SUMS of_1, of_2, of_4, of_8;
} TRAIL;

/* `sum` becomes itself and the sum over so many lanes before those that it is over, if the window has them.
 */
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
