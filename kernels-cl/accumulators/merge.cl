/* Merges accumulators that have a scale. The file that includes this defines accumulator_rescale, scale_of,
 * accumulator_join for two sets of the same scale, and scale_for_both: the scale that two such sets need so
 * that their merge is in range. */
static NAME(accumulator) NAME(accumulator_merge)(NAME(accumulator) a, NAME(accumulator) b)
{
    V scale = fmin(NAME(scale_of)(a), NAME(scale_of)(b));
    a = NAME(accumulator_rescale)(a, scale);
    b = NAME(accumulator_rescale)(b, scale);
    scale = NAME(scale_for_both)(a, b);
    if (!ALL(scale == a.scale)) {
        a = NAME(accumulator_rescale)(a, scale);
        b = NAME(accumulator_rescale)(b, scale);
    }
    return NAME(accumulator_join)(a, b);
}
