/* Accumulators in global memory: field f of set s at partials[f * sets + s], so that neighbouring sets are
 * neighbours in memory. An accumulator holds `count` neighbouring sets, one in each lane; the lanes after
 * that are unused. */
#if ACCUMULATOR_FIELDS > MOST_ACCUMULATOR_FIELDS
#error "more fields than scratch has room for: see parameters.cl"
#endif

static void NAME(accumulator_store)(NAME(accumulator) a, __global real *partials, index_t set, uint count,
                                    index_t sets)
{
    const V *fields = (const V *)&a;
    for (uint field = 0; field < ACCUMULATOR_FIELDS; field++)
        NAME(store_groups)(fields[field], partials + field * sets, set, count);
}

static NAME(accumulator)
    NAME(accumulator_load)(__global const real *partials, index_t set, uint count, index_t sets)
{
    NAME(accumulator) a;
    V *fields = (V *)&a;
    for (uint field = 0; field < ACCUMULATOR_FIELDS; field++)
        fields[field] = NAME(load_groups)(partials + field * sets, set, count);
    return a;
}

/* Merges the parts of `count` neighbouring groups, in order. Each part is `groups` sets after the one
 * before. */
static NAME(accumulator) NAME(accumulator_merge_parts)(__global const real *partials, index_t group,
                                                       uint count, index_t groups, index_t parts)
{
    NAME(accumulator) all = NAME(accumulator_load)(partials, group, count, groups * parts);
    for (index_t part = 1; part < parts; part++)
        all = NAME(accumulator_merge)(
            all, NAME(accumulator_load)(partials, part * groups + group, count, groups * parts));
    return all;
}

/* The outputs of a kernel that merges partials: what the formula saves, or one set for each group. */
#if WORK_REDUCE
#define MERGED_PARAMETERS FORMULA_PARAMETERS
#else
#define MERGED_PARAMETERS OUTPUT(merged)
#endif
