/* Accumulators in global memory: field f of set s at partials[f * sets + s], so that neighbouring sets are
 * neighbours in memory. Lanes hold neighbouring sets; from `count` on they hold nothing. */
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

/* The parts of neighbouring groups, each `groups` sets after the one before, in their order. */
static NAME(accumulator) NAME(accumulator_merge_parts)(__global const real *partials, index_t group,
                                                       uint count, index_t groups, index_t parts)
{
    NAME(accumulator) all = NAME(accumulator_load)(partials, group, count, groups * parts);
    for (index_t part = 1; part < parts; part++)
        all = NAME(accumulator_merge)(
            all, NAME(accumulator_load)(partials, part * groups + group, count, groups * parts));
    return all;
}

/* What a kernel that merges them leaves: what the formula saves, or a set a group. */
#if WORK_REDUCE
#define MERGED_PARAMETERS FORMULA_PARAMETERS
#else
#define MERGED_PARAMETERS OUTPUT(merged)
#endif
