/*
 * gpu schedule: groups of contiguous runs.
 *
 * x and y are [batch][outer][kept][inner], dense; a group is one (batch, kept) and holds outer runs of inner
 * values. A run is cut into quads of four neighbouring values; its last quad may have fewer. An item takes
 * QUADS quads at a time, and neighbouring items take neighbouring quads.
 *
 * Launch: one dimension, work-groups of LOCAL_SIZE, a power of two; a team of `items` items, a power of two,
 * owns a group (fused: at most HELD_TILES * QUADS quads for each item) or a part of one (PART_TILES * QUADS
 * quads for each item for statistics, QUADS for the map). Each value of x is read once and held until its
 * result is known. Barriers are outside of all conditions.
 */
#define TEAMS LOCAL_SIZE

#if !WORK_MAP
#include "accumulators/partials.cl"
#else
#include "tiles/registers.cl"
#endif
#include "gpu/memory.cl"
#include "gpu/team.cl"
#include "gpu/held.cl"

#define QUADS      (REGISTER_ROWS / 4)
#define PART_TILES (GPU_PART / 4 / QUADS)

/* The runs of a group. */
typedef struct runs {
    index_t inner, stride; /* values of a run; values from one run to the next */
    index_t quads;         /* of a run */
} runs;

/* The quads that a team takes, and of which group. */
typedef struct span {
    index_t group, part;
    index_t start;       /* of the group, in values */
    index_t first, last; /* quads of the group, the last one excluded */
} span;

/* The first teams have the first parts of all groups, the next ones the second parts, and so on. A team
 * without work has no quads. */
static span span_of(team_item *p, index_t work, index_t groups, index_t outer, index_t kept, const runs *r,
                    index_t part_quads)
{
    const index_t set = get_group_id(0) * (LOCAL_SIZE / p->rows) + p->team;
    p->exists = set < work;
    const index_t group = p->exists ? set % groups : 0, part = p->exists ? set / groups : 0;
    const index_t start = (group / kept * outer * kept + group % kept) * r->inner;
    const index_t quads = p->exists ? outer * r->quads : 0;
    const index_t first = part * part_quads, end = first + part_quads;
    const span s = {group, part, start, first, min(quads, end)};
    return s;
}

#define RUNS_BIND                                                                                            \
    {                                                                                                        \
        inner, kept *inner, (inner + 3) / 4                                                                  \
    }

/* Where a quad lies in its group, and how many values it has. */
typedef struct quad {
    index_t at;
    uint count;
} quad;

INLINED quad quad_of(const runs *r, index_t number)
{
    const index_t run = number / r->quads, within = (number - run * r->quads) * 4;
    const quad q = {run * r->stride + within, (uint)min(r->inner - within, (index_t)4)};
    return q;
}

/* Loads at most QUADS of this item's quads: first + p.row and every p.rows-th after it, below `last`. */
INLINED void hold(held *h, sources from, const runs *r, index_t first, index_t last, team_item p)
{
    h->which = 0;
#pragma unroll
    for (uint k = 0; k < QUADS; k++) {
        const index_t number = first + k * p.rows + p.row;
        float4 x = (float4)(0.0f);
#if BACKWARD
        float4 dy = (float4)(0.0f);
#endif
        if (number < last) {
            const quad q = quad_of(r, number);
            x = load_quad(from.x + q.at, q.count);
#if BACKWARD
            dy = load_quad(from.dy + q.at, q.count);
#endif
            h->which |= FIRST_ROWS(q.count) << 4 * k;
        }
        vstore4(x, k, h->x);
#if BACKWARD
        vstore4(dy, k, h->dy);
#endif
    }
}

#if !WORK_REDUCE

#if FORMULA_HAS_EXTREMES
/* The same as apply_held, but loads x and dy from memory again. */
static void apply_extreme(sources from, const real *coefficients, __global real *y, const runs *r,
                          index_t first, index_t last, team_item p)
{
    for (uint k = 0; k < QUADS; k++) {
        const index_t number = first + k * p.rows + p.row;
        const quad q = quad_of(r, number);
        for (uint i = 0; number < last && i < q.count; i++)
            y[q.at + i] = formula_apply(load_operands(from, q.at + i), coefficients);
    }
}
#endif

INLINED void apply_held(const held *h, sources from, const real *coefficients, __global real *y,
                        const runs *r, index_t first, index_t last, team_item p)
{
#if FORMULA_HAS_EXTREMES
    if (!formula_is_ordinary(coefficients)) {
        apply_extreme(from, coefficients, y, r, first, last, p);
        return;
    }
#endif
#pragma unroll
    for (uint k = 0; k < QUADS; k++) {
        const index_t number = first + k * p.rows + p.row;
        if (number >= last)
            continue;
        const quad q = quad_of(r, number);
#if ACCUMULATES
        real before[4];
        vstore4(load_quad(y + q.at, q.count), 0, before);
#endif
        real results[4];
#pragma unroll
        for (uint i = 0; i < 4; i++) {
            operands o = operands_held(h, 4 * k + i);
#if ACCUMULATES
            o.before = before[i];
#endif
            results[i] = APPLY_HELD(o, coefficients);
        }
        store_quad(vload4(0, results), y + q.at, q.count);
    }
}
#endif

#if !WORK_MAP
/* Gives every item what is known of its group before the sums. */
INLINED void share_known(const formula *f, const span *s, real *known, __local real *shared, team_item p)
{
#if BACKWARD
    if (p.exists && p.row == 0)
        LOAD_KNOWN(f, s->group, 1, known);
    share(known, KNOWN, shared, p);
#else
    LOAD_KNOWN(f, s->group, 1, known);
#endif
}
#endif

#if !WORK_MAP && KERNEL_plane_statistics
/* work: groups * parts. partials: one accumulator for each part of each of `groups`. */
__kernel __attribute__((reqd_work_group_size(LOCAL_SIZE, 1, 1))) void
plane_statistics(index_t work, uint items, index_t groups, index_t outer, index_t kept, index_t inner,
                 SOURCES, OUTPUT(partials), FORMULA_PARAMETERS)
{
    __local real shared[SHARED_FOR(KNOWN)];
    const formula f = FORMULA_BIND;
    const runs r = RUNS_BIND;
    team_item p = item_in_row(items);
    const span s = span_of(&p, work, groups, outer, kept, &r, PART_TILES * QUADS * items);
    const sources tensor = SOURCES_BIND(0), from = sources_at(tensor, s.start);
    real known[KNOWN] = {0.0f};
    share_known(&f, &s, known, shared, p);
    accumulator all = accumulator_empty();
    for (index_t first = s.first; first < s.last; first += QUADS * items) {
        held h;
        hold(&h, from, &r, first, s.last, p);
        all = accumulator_merge(all, accumulator_held(&h, known));
    }
    all = accumulator_across(all, shared, p);
    if (p.exists && p.row == 0)
        accumulator_store(all, partials + partials_offset, s.part * groups + s.group, 1, work);
}
#endif

#if !WORK_MAP && KERNEL_plane_fused
/* work: groups. If WORK_REDUCE is set or y is null, only what the formula saves is written. */
__kernel __attribute__((reqd_work_group_size(LOCAL_SIZE, 1, 1))) void
plane_fused(index_t work, uint items, index_t outer, index_t kept, index_t inner, SOURCES, OUTPUT(y),
            FORMULA_PARAMETERS)
{
    __local real shared[SHARED_FOR(COEFFICIENTS)];
    const formula f = FORMULA_BIND;
    const runs r = RUNS_BIND;
    team_item p = item_in_row(items);
    const span s = span_of(&p, work, max(work, (index_t)1), outer, kept, &r, HELD_TILES * QUADS * items);
    y = AT_OFFSET(y);
    const sources tensor = SOURCES_BIND(y), from = sources_at(tensor, s.start);
    held tiles[HELD_TILES];
#pragma unroll
    for (uint t = 0; t < HELD_TILES; t++)
        hold(&tiles[t], from, &r, t * QUADS * items, s.last, p);
    real coefficients[COEFFICIENTS] = {0.0f};
    share_known(&f, &s, coefficients, shared, p);
    accumulator all = accumulator_held(&tiles[0], coefficients);
#pragma unroll
    for (uint t = 1; t < HELD_TILES; t++)
        all = accumulator_merge(all, accumulator_held(&tiles[t], coefficients));
    all = accumulator_across(all, shared, p);
#if WORK_REDUCE_MAP
    if (p.exists && p.row == 0)
        formula_finish(&f, s.group, 1, all, coefficients);
    share(coefficients, COEFFICIENTS, shared, p);
    if (y) {
#pragma unroll
        for (uint t = 0; t < HELD_TILES; t++)
            apply_held(&tiles[t], from, coefficients, y + s.start, &r, t * QUADS * items, s.last, p);
    }
#endif
    if (p.exists && p.row == 0)
        formula_save(&f, s.group, 1, all, coefficients);
}
#endif

#if !WORK_REDUCE && KERNEL_plane_map
/* work: groups * parts. WORK_REDUCE_MAP: the statistics are `found_parts` partials for each of `groups`; the
 * team with a group's first part calls formula_save. */
__kernel __attribute__((reqd_work_group_size(LOCAL_SIZE, 1, 1))) void
plane_map(index_t work, uint items, index_t groups, index_t outer, index_t kept, index_t inner, SOURCES,
          OUTPUT(y),
#if WORK_REDUCE_MAP
          INPUT(partials), index_t found_parts,
#endif
          FORMULA_PARAMETERS)
{
    __local real shared[SHARED_FOR(COEFFICIENTS)];
    const formula f = FORMULA_BIND;
    const runs r = RUNS_BIND;
    team_item p = item_in_row(items);
    const span s = span_of(&p, work, groups, outer, kept, &r, QUADS * items);
    y = AT_OFFSET(y);
    const sources tensor = SOURCES_BIND(y), from = sources_at(tensor, s.start);
    held h;
    hold(&h, from, &r, s.first, s.last, p);
    real coefficients[COEFFICIENTS];
    if (p.exists && p.row == 0) {
#if WORK_REDUCE_MAP
        const accumulator all =
            accumulator_merge_parts(partials + partials_offset, s.group, 1, groups, found_parts);
        LOAD_KNOWN(&f, s.group, 1, coefficients);
        formula_finish(&f, s.group, 1, all, coefficients);
        if (s.part == 0)
            formula_save(&f, s.group, 1, all, coefficients);
#else
        formula_load(&f, s.group, 1, coefficients);
#endif
    }
    share(coefficients, COEFFICIENTS, shared, p);
    if (y)
        apply_held(&h, from, coefficients, y + s.start, &r, s.first, s.last, p);
}
#endif
