/* What belongs to neighbouring groups, a group a lane: lanes from `groups` on hold nothing. */

/* Values first ... first+groups-1, zeros beyond them. */
static V NAME(load_groups)(__global const real *values, index_t first, uint groups)
{
    if (groups == LANES)
        return LOAD(values + first);
    real lanes[LANES] = {0.0f};
    for (uint lane = 0; lane < groups; lane++)
        lanes[lane] = values[first + lane];
    return LOAD_PRIVATE(lanes);
}

static void NAME(store_groups)(V lanes, __global real *values, index_t first, uint groups)
{
    if (groups == LANES) {
        STORE(lanes, values + first);
        return;
    }
    real kept[LANES];
    STORE_PRIVATE(lanes, kept);
    for (uint lane = 0; lane < groups; lane++)
        values[first + lane] = kept[lane];
}
