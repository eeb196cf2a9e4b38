/* Accumulators in global memory: field f of set s at partials[f * sets + s], so that neighbouring sets are
 * neighbours in memory. */

#if LANES == 16
void accumulator_store_16(accumulator_16 a, __global real *partials, index_t set, index_t sets)
{
    const float16 *fields = (const float16 *)&a;
    for (uint f = 0; f < ACCUMULATOR_FIELDS; f++)
        vstore16(fields[f], 0, partials + f * sets + set);
}
#endif

void accumulator_store(accumulator a, __global real *partials, index_t set, index_t sets)
{
    const real *fields = (const real *)&a;
    for (uint f = 0; f < ACCUMULATOR_FIELDS; f++)
        partials[f * sets + set] = fields[f];
}

accumulator accumulator_load(__global const real *partials, index_t set, index_t sets)
{
    accumulator a;
    real *fields = (real *)&a;
    for (uint f = 0; f < ACCUMULATOR_FIELDS; f++)
        fields[f] = partials[f * sets + set];
    return a;
}

/* The parts of a group, each `groups` sets after the one before, in their order. */
accumulator accumulator_merge_parts(__global const real *partials, index_t group, index_t groups, index_t parts)
{
    accumulator all = accumulator_load(partials, group, groups * parts);
    for (index_t part = 1; part < parts; part++)
        all = accumulator_merge(all, accumulator_load(partials, part * groups + group, groups * parts));
    return all;
}
