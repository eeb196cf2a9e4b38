/* Merges accumulators that have a scale. The file that includes this defines accumulator_rescale, scale_of,
 * accumulator_join for two sets of the same scale, and scale_for_both: the scale that two such sets need so
 * that their merge is in range. */
#if LANES == 16
#define MERGE_ANY NAME(accumulator_merge_any)
RARE
#else
#define MERGE_ANY NAME(accumulator_merge)
static
#endif
    NAME(accumulator) MERGE_ANY(NAME(accumulator) a, NAME(accumulator) b)
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
#undef MERGE_ANY

#if LANES == 16
/* Nearly always both have the scale that they need already. */
INLINED accumulator_16 accumulator_merge_16(accumulator_16 a, accumulator_16 b)
{
    const float16 scale = fmin(scale_of_16(a), scale_of_16(b));
    if (!all_of(scale == a.scale && scale == b.scale && scale_for_both_16(a, b) == scale))
        return accumulator_merge_any_16(a, b);
    return accumulator_join_16(a, b);
}
#endif
