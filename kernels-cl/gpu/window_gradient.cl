/*
 * gpu schedule: gradients of a window that slides over channels.
 *
 * x, dy and dx (y here) are [outer][kept][inner], dense; the window slides over kept. WINDOW_BEFORE and
 * WINDOW_AFTER are constants of the build. A channel's gradient needs the contributions of all channels whose
 * windows contain it, and each contribution needs the sum of its own channel's window: in total, HALO
 * channels on either side.
 */
#include "gpu/memory.cl"

#define HALO (WINDOW_BEFORE + WINDOW_AFTER)

/* Computes dx of channel c from sums and factors of any size, and writes it, or adds it if ACCUMULATES. */
static void give_gradient(const formula *f, const channel_line *line, index_t c, __global real *to)
{
    const real gradient = extreme_gradient(f, line, c);
    *to = ACCUMULATES ? *to + gradient : gradient;
}

#if KERNEL_window_inner_gradient

/* The channels around c that an item holds; c is the one whose contribution it computes next. */
typedef struct rings {
    V x[HALO + BLOCK];               /* c - WINDOW_BEFORE and those that follow */
    V contributions[HALO + BLOCK];   /* c - HALO and those that follow */
    V direct[WINDOW_BEFORE + BLOCK]; /* c - WINDOW_BEFORE and those that follow */
} rings;

/* The next BLOCK channels take the place of the first. */
INLINED void advance(rings *r)
{
#pragma unroll
    for (uint i = 0; i < HALO; i++) {
        r->x[i] = r->x[i + BLOCK];
        r->contributions[i] = r->contributions[i + BLOCK];
    }
#pragma unroll
    for (uint i = 0; i < WINDOW_BEFORE; i++)
        r->direct[i] = r->direct[i + BLOCK];
}

/* Computes what channel c + i contributes; 0 if there is no such channel. */
INLINED void contribute(rings *r, uint i, const formula *f, V dy, bool exists)
{
    NAME(window_sum) sum = NAME(window_square)(r->x[i] * f->square_scale);
#pragma unroll
    for (uint w = 1; w <= HALO; w++)
        sum = NAME(window_add)(sum, r->x[i + w] * f->square_scale);
    const NAME(shares) own = NAME(formula_shares)(f, dy, r->x[i + WINDOW_BEFORE] * f->square_scale, sum);
    r->contributions[HALO + i] = exists ? own.contribution : (V)(0.0f);
    r->direct[WINDOW_BEFORE + i] = own.direct;
}

/* dx of channel c + i - WINDOW_BEFORE. */
INLINED V gradient_of(const rings *r, uint i, const formula *f)
{
    V sums[2] = {r->contributions[i], (V)(0.0f)};
#pragma unroll
    for (uint w = 1; w <= HALO; w++)
        sums[w % 2] += r->contributions[i + w];
    return NAME(formula_gradient)(f, r->direct[i], r->x[i] * f->square_scale, sums[0] + sums[1]);
}

/* A bit for each lane: whether its value is infinite or NaN. */
INLINED uint unsettled_lanes(V values)
{
#if LANES == 1
    return isfinite(values) ? 0 : 1;
#else
    return (isfinite(values.x) ? 0 : 1) | (isfinite(values.y) ? 0 : 2);
#endif
}

/* Computes dx of channel c again for those of LANES pixels whose bits are set in `lanes`. */
static void find_again(const formula *f, const channel_line *first, __global real *y, index_t c, uint lanes)
{
    for (uint lane = 0; lane < LANES; lane++) {
        channel_line line = *first;
        line.x += lane;
        line.dy += lane;
        if (lanes >> lane & 1)
            give_gradient(f, &line, c, y + c * line.x_stride + lane);
    }
}

/*
 * inner > 1. Launch: one dimension, work-groups of LOCAL_SIZE; an item owns LANES neighbouring pixels (inner
 * is a multiple of LANES), and `channels` of their channels. It loads BLOCK channels at a time, so that loads
 * do not wait for each other, and reads each of its channels once, and 2 * HALO more of x, HALO more of dy.
 * Neighbouring items have neighbouring pixels.
 *
 * work: items. pieces: how many items share a pixel's channels.
 */
__kernel __attribute__((reqd_work_group_size(LOCAL_SIZE, 1, 1))) void
window_inner_gradient(index_t work, index_t pieces, index_t channels, index_t kept, index_t inner, SOURCES,
                      OUTPUT(y), FORMULA_PARAMETERS)
{
    const index_t item = get_global_id(0), units = inner / LANES;
    if (item >= work)
        return;
    const formula f = FORMULA_BIND;
    const index_t strip = item / units, first = strip % pieces * channels;
    const index_t last = min(kept, (index_t)(first + channels));
    const index_t start = strip / pieces * kept * inner + item % units * LANES;
    x += x_offset + start;
    dy += dy_offset + start;
    y += y_offset + start;
    const channel_line line = {x, inner, dy, inner, kept, WINDOW_BEFORE, WINDOW_AFTER};
    rings r;
#pragma unroll
    for (uint i = 0; i < HALO; i++) {
        const index_t c = first + i - HALO; /* below 0 it wraps around to a huge number */
        r.x[i] = c < kept ? NAME(load_lanes)(x + c * inner) : (V)(0.0f);
        r.contributions[i] = (V)(0.0f);
    }
#pragma unroll
    for (uint i = 0; i < WINDOW_BEFORE; i++)
        r.direct[i] = (V)(0.0f);
    for (index_t step = 0; step < last - first + HALO; step += BLOCK) {
        const index_t c = first + step - WINDOW_AFTER;
        uint unsettled = 0; /* a bit for each result of the block that is to be found again */
#pragma unroll
        for (uint i = 0; i < BLOCK; i++) {
            const index_t next = c + WINDOW_AFTER + i;
            r.x[HALO + i] = next < kept && step + i < last - first + HALO ? NAME(load_lanes)(x + next * inner)
                                                                          : (V)(0.0f);
        }
#pragma unroll
        for (uint i = 0; i < BLOCK; i++) {
            const bool exists = c + i < kept && step + i < last - first + HALO;
            const V own = exists ? NAME(load_lanes)(dy + (c + i) * inner) : (V)(0.0f);
            contribute(&r, i, &f, own, exists);
        }
#pragma unroll
        for (uint i = 0; i < BLOCK; i++) {
            if (step + i < HALO || step + i >= last - first + HALO)
                continue;
            __global real *to = y + (first + step + i - HALO) * inner;
            const V gradient = gradient_of(&r, i, &f);
            unsettled |= unsettled_lanes(gradient) << i * LANES;
#if ACCUMULATES
            const V before = NAME(load_lanes)(to);
            NAME(store_lanes)(select(before, before + gradient, isfinite(gradient)), to);
#else
            NAME(store_lanes)(gradient, to);
#endif
        }
        for (uint i = 0; unsettled >> i * LANES != 0; i++)
            find_again(&f, &line, y, first + step + i - HALO, unsettled >> i * LANES);
        advance(&r);
    }
}
#endif

#if KERNEL_window_last_gradient

#include "gpu/neighbours.cl"

/* The sum of the contributions of the channels whose windows contain channel c; near[0] is that of the
 * first. */
INLINED real sum_contributions(__local const real *near, index_t c, index_t kept)
{
    real sums[2] = {0.0f, 0.0f};
#pragma unroll
    for (uint w = 0; w <= HALO; w++) {
        const index_t neighbour = c + w - WINDOW_AFTER; /* below 0 it wraps around to a huge number */
        sums[w % 2] += neighbour < kept ? near[w] : 0.0f;
    }
    return sums[0] + sums[1];
}

/*
 * inner = 1. Launch: one dimension, work-groups of LOCAL_SIZE; a work-group owns GROUP_VALUES neighbouring
 * values, and reads them and their neighbours once; an item owns four of these values. Each channel's
 * contribution is computed by one item, and kept in local memory.
 *
 * work: values.
 */
__kernel __attribute__((reqd_work_group_size(LOCAL_SIZE, 1, 1))) void
window_last_gradient(index_t work, index_t kept, SOURCES, OUTPUT(y), FORMULA_PARAMETERS)
{
    __local real near_x[HALO + GROUP_VALUES + HALO];
    __local real near_contributions[HALO + GROUP_VALUES], near_direct[HALO + GROUP_VALUES];
    const formula f = FORMULA_BIND;
    const index_t start = (index_t)get_group_id(0) * GROUP_VALUES;
    x += x_offset;
    dy += dy_offset;
    y += y_offset + start;
    load_near(near_x, x, start, work, HALO, HALO);
    barrier(CLK_LOCAL_MEM_FENCE);

    for (uint i = get_local_id(0); i < HALO + GROUP_VALUES; i += LOCAL_SIZE) {
        const index_t at = start + i - WINDOW_AFTER; /* below 0 it wraps around to a huge number */
        const real own = at < work ? dy[at] : 0.0f;
        const window_sum sum = sum_near(&f, near_x + i, at % kept, kept);
        const shares given = formula_shares(&f, own, near_x[i + WINDOW_BEFORE] * f.square_scale, sum);
        near_contributions[i] = given.contribution;
        near_direct[i] = given.direct;
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    const uint mine = get_local_id(0) * 4, count = owned(start, work);
    if (count == 0)
        return;
    real results[4];
    uint unsettled = 0;
#pragma unroll
    for (uint i = 0; i < 4; i++) {
        const real sum = sum_contributions(near_contributions + mine + i, (start + mine + i) % kept, kept);
        results[i] = formula_gradient(&f, near_direct[WINDOW_AFTER + mine + i],
                                      near_x[HALO + mine + i] * f.square_scale, sum);
        unsettled |= isfinite(results[i]) ? 0 : 1u << i;
    }
    float4 gradients = vload4(0, results);
#if ACCUMULATES
    const float4 before = load_quad(y + mine, count);
    gradients = select(before, before + gradients, isfinite(gradients));
#endif
    store_quad(gradients, y + mine, count);
    for (uint i = 0; unsettled >> i != 0 && i < count; i++) {
        const index_t at = start + mine + i, c = at % kept;
        const channel_line line = {x + (at - c), 1, dy + (at - c), 1, kept, WINDOW_BEFORE, WINDOW_AFTER};
        if (unsettled >> i & 1)
            give_gradient(&f, &line, c, y + mine + i);
    }
}
#endif
