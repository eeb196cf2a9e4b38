#ifndef LANES_TRANSPOSE
#define LANES_TRANSPOSE

/* Transposes 16 vectors of 16 lanes. Each vector is `stride` after the one before. */
INLINED void transpose_lanes(float16 *rows, uint stride)
{
    float16 r[16];
#pragma unroll
    for (uint row = 0; row < 16; row++)
        r[row] = rows[row * stride];
#define EXCHANGE(r, a, b, reach, of_first, of_second)                                                        \
    _Pragma("unroll") for (uint pair = 0; pair < 8; pair++)                                                  \
    {                                                                                                        \
        const uint row = pair / reach * 2 * reach + pair % reach;                                            \
        const float16 a = r[row], b = r[row + reach];                                                        \
        r[row] = of_first;                                                                                   \
        r[row + reach] = of_second;                                                                          \
    }
    EXCHANGE(r, a, b, 8, (float16)(a.lo, b.lo), (float16)(a.hi, b.hi))
    EXCHANGE(r, a, b, 4, (float16)(a.s0123, b.s0123, a.s89ab, b.s89ab),
             (float16)(a.s4567, b.s4567, a.scdef, b.scdef))
    EXCHANGE(r, a, b, 2, (float16)(a.s01, b.s01, a.s45, b.s45, a.s89, b.s89, a.scd, b.scd),
             (float16)(a.s23, b.s23, a.s67, b.s67, a.sab, b.sab, a.sef, b.sef))
    EXCHANGE(r, a, b, 1,
             (float16)(a.s0, b.s0, a.s2, b.s2, a.s4, b.s4, a.s6, b.s6, a.s8, b.s8, a.sa, b.sa, a.sc, b.sc,
                       a.se, b.se),
             (float16)(a.s1, b.s1, a.s3, b.s3, a.s5, b.s5, a.s7, b.s7, a.s9, b.s9, a.sb, b.sb, a.sd, b.sd,
                       a.sf, b.sf))
#pragma unroll
    for (uint row = 0; row < 16; row++)
        rows[row * stride] = r[row];
#undef EXCHANGE
}

#endif
