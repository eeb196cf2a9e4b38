/*
 * The sums over the last WINDOW lanes of vectors that follow each other, at each lane of the newest one. Sums
 * over the last 2, 4, 8 and 16 lanes are made of two halves each, and a window is made of those that its
 * length in binary has, side by side, the largest last. For one type of sums, SUMS; see who includes this.
 */

/* What the next vector needs of those before it; zeros before the first. */
typedef struct TRAIL {
    SUMS of_1, of_2, of_4, of_8;
} TRAIL;

INLINED SUMS SUM_LAST(TRAIL *before, SUMS of_1)
{
    SUMS of_2, of_4, of_8, of_16, moved, sum;
#define DOUBLE(to, of, lanes)                                                                                \
    MOVED(moved, before->of, of, 16 - lanes);                                                                \
    to = JOINED(of, moved);
    DOUBLE(of_2, of_1, 1)
    DOUBLE(of_4, of_2, 2)
    DOUBLE(of_8, of_4, 4)
    DOUBLE(of_16, of_8, 8)
#undef DOUBLE
    sum = WINDOW >= 16 ? of_16 : WINDOW >= 8 ? of_8 : WINDOW >= 4 ? of_4 : WINDOW >= 2 ? of_2 : of_1;
#define TAKE(of, lanes)                                                                                      \
    if (WINDOW >= 2 * lanes && (WINDOW & lanes) != 0) {                                                      \
        MOVED(moved, before->of, of, 16 - WINDOW / (2 * lanes) * (2 * lanes));                               \
        sum = JOINED(sum, moved);                                                                            \
    }
    TAKE(of_8, 8)
    TAKE(of_4, 4)
    TAKE(of_2, 2)
    TAKE(of_1, 1)
#undef TAKE
    before->of_1 = of_1;
    before->of_2 = of_2;
    before->of_4 = of_4;
    before->of_8 = of_8;
    return sum;
}

#undef SUMS
#undef TRAIL
#undef SUM_LAST
#undef JOINED
#undef MOVED
