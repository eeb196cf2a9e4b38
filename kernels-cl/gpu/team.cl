/*
 * gpu schedule: what the items of a work-group tell each other.
 *
 * A work-group is a number of teams of `rows` items each, a power of two; an item is a row of its team, and
 * neighbouring rows are `stride` items apart. Every item of the work-group calls these functions, whether
 * its team has work or not: there are barriers in them. A nest defines TEAMS, how many there may be.
 */
typedef struct team_item {
    uint team, row;
    uint rows, stride;
    bool exists; /* the team, and this row of it */
} team_item;

/* Teams of neighbouring items. */
static team_item item_in_row(uint rows)
{
    const uint item = get_local_id(0);
    const team_item p = {item / rows, item % rows, rows, 1, true};
    return p;
}

/* `stride` teams side by side; what is left of the work-group has no work. */
static team_item item_in_column(uint rows, uint stride)
{
    const uint item = get_local_id(0);
    const team_item p = {item % stride, item / stride, rows, stride, item / stride < rows};
    return p;
}

/* What is shared of a team is coefficients of its group at most. */
typedef char coefficients_fit[COEFFICIENTS <= MOST_COEFFICIENTS ? 1 : -1];

/* Values that the first row of each team has, at most MOST_COEFFICIENTS, for all of them. `shared` holds
 * `count` of each team's. (The loops' bounds are constants, so that the values stay in registers.) */
INLINED void NAME(share)(V *values, uint count, __local V *shared, team_item p)
{
    barrier(CLK_LOCAL_MEM_FENCE);
    if (p.exists && p.row == 0) {
#pragma unroll
        for (uint i = 0; i < MOST_COEFFICIENTS; i++) {
            if (i < count)
                shared[i * TEAMS + p.team] = values[i];
        }
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    if (p.exists) {
#pragma unroll
        for (uint i = 0; i < MOST_COEFFICIENTS; i++) {
            if (i < count)
                values[i] = shared[i * TEAMS + p.team];
        }
    }
}

#if !WORK_MAP

/* SUB_GROUPS: items of a sub-group exchange registers, by Intel's extension (1) or Khronos's (2), where the
 * compiler has that for OpenCL C 1.2 as well; not every one has. They are neighbours in a work-group of one
 * dimension on every device that can. */
#if SUB_GROUPS == 1
#define EXCHANGE(value, distance) intel_sub_group_shuffle_xor(value, distance)
#elif SUB_GROUPS == 2 && defined(cl_khr_subgroups) && defined(cl_khr_subgroup_shuffle)
#pragma OPENCL EXTENSION cl_khr_subgroups : enable
#pragma OPENCL EXTENSION cl_khr_subgroup_shuffle : enable
#define EXCHANGE(value, distance) sub_group_shuffle_xor(value, distance)
#endif

/* In the first row: merged with the rows from `reach` on, through local memory. */
static NAME(accumulator) NAME(merge_far)(NAME(accumulator) a, __local V *shared, team_item p, uint reach)
{
    V *fields = (V *)&a;
    const uint first = p.stride == 1 ? p.team * reach : p.team; /* the first of the team */
    barrier(CLK_LOCAL_MEM_FENCE);
    if (p.exists && p.row >= reach && p.row < 2 * reach) {
#pragma unroll
        for (uint f = 0; f < ACCUMULATOR_FIELDS; f++)
            shared[f * (LOCAL_SIZE / 2) + first + (p.row - reach) * p.stride] = fields[f];
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    if (p.exists && p.row < reach) {
        NAME(accumulator) b;
        V *others = (V *)&b;
#pragma unroll
        for (uint f = 0; f < ACCUMULATOR_FIELDS; f++)
            others[f] = shared[f * (LOCAL_SIZE / 2) + first + p.row * p.stride];
        a = NAME(accumulator_merge)(a, b);
    }
    return a;
}

#ifdef EXCHANGE
/* The same between items of a sub-group. */
static NAME(accumulator) NAME(merge_near)(NAME(accumulator) a, team_item p, uint reach)
{
    NAME(accumulator) b;
    const real *fields = (const real *)&a;
    real *others = (real *)&b;
#pragma unroll
    for (uint f = 0; f < ACCUMULATOR_FIELDS * LANES; f++)
        others[f] = EXCHANGE(fields[f], reach * p.stride);
    return p.row < reach ? NAME(accumulator_merge)(a, b) : a;
}
#endif

/* The accumulators of each team's items as one, in its first row: each row is merged with that half of the
 * rows further on, then a quarter. `shared` holds LOCAL_SIZE / 2 accumulators. */
static NAME(accumulator) NAME(accumulator_across)(NAME(accumulator) a, __local V *shared, team_item p)
{
    uint reach = p.rows / 2;
#ifdef EXCHANGE
    const uint near = (p.stride & (p.stride - 1)) == 0 ? get_max_sub_group_size() : 0;
    for (; reach > 0 && 2 * reach * p.stride > near; reach /= 2)
        a = NAME(merge_far)(a, shared, p, reach);
    for (; reach > 0; reach /= 2)
        a = NAME(merge_near)(a, p, reach);
#else
    for (; reach > 0; reach /= 2)
        a = NAME(merge_far)(a, shared, p, reach);
#endif
    return a;
}

#endif

/* How many vectors of local memory they take, `values` of each team being shared. */
#if WORK_MAP
#define SHARED_FOR(values) ((values) * (TEAMS))
#else
#define SHARED_OF_MERGE    (ACCUMULATOR_FIELDS * ((LOCAL_SIZE + 1) / 2))
#define SHARED_FOR(values) ((values) * (TEAMS) > SHARED_OF_MERGE ? (values) * (TEAMS) : SHARED_OF_MERGE)
#endif
