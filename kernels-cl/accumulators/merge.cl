/* For accumulators with a scale: accumulator_rescale, accumulator_join (of sets of one scale), scale_of, and
 * scale_for_both, which both sets of one scale need so that what joins them is in range. */
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
