/* For accumulators whose tiles are merged at once: a set that grows tile by tile is simply a set. */
typedef accumulator_16 growing;

static growing growing_from(accumulator_16 set)
{
    return set;
}

static accumulator_16 grown(const growing *g)
{
    return *g;
}
