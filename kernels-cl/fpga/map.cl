/*
 * fpga schedule: y of each group, from statistics in buffers or from those that `reduce` found.
 *
 * The coefficients of a block's groups are computed first; then the block's values are streamed through in
 * the order of memory.
 */

/* Writes y of a word. The group of each lane is `next_group`, 0 or 1, after that of the lane before. All
 * lanes are loaded before any is stored, because y may be x. */
INLINED void apply_word(sources from, __global real *y, index_t at, uint count,
                        const real (*coefficients)[COEFFICIENTS], uint next_group)
{
    operands word[VECTOR];
    load_word(word, from, at, count);
#pragma unroll
    for (uint lane = 0; lane < VECTOR; lane++)
        if (lane < count)
            y[at + lane] = formula_apply(word[lane], coefficients[lane * next_group]);
}

/* work: groups. sets: as `reduce` writes them. saves: whether formula_save is called. y may be null: then
 * nothing else is written. */
PIPELINE void RENAMED(map)(index_t work, uint groups_per_block, index_t outer, index_t kept, index_t inner,
                           SOURCES, OUTPUT(y),
#if ACCUMULATES
                           uint accumulate,
#endif
#if !WORK_MAP
                           INPUT(sets), uint saves,
#endif
                           FORMULA_PARAMETERS)
{
    real coefficients[SLOTS][COEFFICIENTS];
    const extents e = {outer, kept, inner};
    const formula f = FORMULA_BIND;
    y = AT_OFFSET(y);
#if ACCUMULATES
    __global real *before = accumulate ? y : 0;
    const sources from = SOURCES_BIND(before);
#else
    const sources from = SOURCES_BIND(y);
#endif
    for (index_t group = 0; group < work;) {
        const block b = block_at(group, groups_per_block, e);
        for (uint g = 0; g < b.groups; g++) {
#if WORK_MAP
            formula_load(&f, b.first + g, 1, coefficients[g]);
#else
            accumulator all;
            real *fields = (real *)&all;
            for (uint field = 0; field < ACCUMULATOR_FIELDS; field++)
                fields[field] = sets[sets_offset + field * work + b.first + g];
            LOAD_KNOWN(&f, b.first + g, 1, coefficients[g]);
#ifdef FORMULA_RESCALED
            coefficients[g][FORMULA_RESCALED] =
                sets[sets_offset + MOST_ACCUMULATOR_FIELDS * work + b.first + g];
#endif
            formula_finish(&f, b.first + g, 1, all, coefficients[g]);
            if (saves)
                formula_save(&f, b.first + g, 1, all, coefficients[g]);
#endif
        }
        const index_t words = y ? words_of_block(b, e) : 0;
        walk w = {0, 0, 0};
        INDEPENDENT(y)
        for (index_t i = 0; i < words; i++) {
            apply_word(from, y, walk_position(w, b, e), walk_values(w, b, e),
                       coefficients + (inner == 1 ? w.at : w.group), inner == 1);
            w = walk_on(w, b, e);
        }
        group += b.groups;
    }
}
