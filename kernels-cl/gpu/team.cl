/*
 * gpu schedule: how the items of a work-group exchange values.
 *
 * A work-group consists of teams of `rows` items each, a power of two. An item is a row of its team, and
 * neighbouring rows are `stride` items apart. Every item of the work-group has to call these functions, even
 * if its team has no work, because they contain barriers. A nest defines TEAMS, the most teams in a
 * work-group.
 */
typedef struct team_item {
    uint team, row;
    uint rows, stride;
    bool exists; /* whether the team has work, and has this row */
} team_item;

/* Teams of neighbouring items. */
static team_item item_in_row(uint rows)
{
    const uint item = get_local_id(0);
    const team_item p = {item / rows, item % rows, rows, 1, true};
    return p;
}

/* `stride` teams side by side; the remaining items of the work-group have no work. */
static team_item item_in_column(uint rows, uint stride)
{
    const uint item = get_local_id(0);
    const team_item p = {item % stride, item / stride, rows, stride, item / stride < rows};
    return p;
}

/* A check during compilation: `share` has room for all coefficients of a team's group. */
typedef char coefficients_fit[COEFFICIENTS <= MOST_COEFFICIENTS ? 1 : -1];

/* Copies `count` values, at most MOST_COEFFICIENTS, from the first row of each team to all of its rows.
 * `shared` has room for `count` values of each team. (The loops' bounds are constants, so that the values
 * stay in registers.) */
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

/* SUB_GROUPS: items of a sub-group exchange registers, by Intel's extension (1) or Khronos's (2). The latter
 * is used only where the compiler offers it in OpenCL C 1.2, which not every one does. On every device with
 * these extensions, the items of a sub-group are neighbours in a work-group of one dimension. */
#if SUB_GROUPS == 1
#define EXCHANGE(value, distance) intel_sub_group_shuffle_xor(value, distance)
#elif SUB_GROUPS == 2 && defined(cl_khr_subgroups) && defined(cl_khr_subgroup_shuffle)
#pragma OPENCL EXTENSION cl_khr_subgroups : enable
#pragma OPENCL EXTENSION cl_khr_subgroup_shuffle : enable
#define EXCHANGE(value, distance) sub_group_shuffle_xor(value, distance)
#endif

/* Merges each of the first `reach` rows of a team with the row `reach` further on, through local memory. */
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

/* Merges the accumulators of each team's items into one, in its first row: first each row with the one half
 * of the rows further on, then with the one a quarter further on, and so on. `shared` has room for
 * LOCAL_SIZE / 2 accumulators. */
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

/* How many vectors of local memory these functions need, if `values` values of each team are shared. */
#if WORK_MAP
#define SHARED_FOR(values) ((values) * (TEAMS))
#else
#define SHARED_OF_MERGE    (ACCUMULATOR_FIELDS * ((LOCAL_SIZE + 1) / 2))
#define SHARED_FOR(values) ((values) * (TEAMS) > SHARED_OF_MERGE ? (values) * (TEAMS) : SHARED_OF_MERGE)
#endif
