/* fpga schedule: the formula saves what `reduce` found. work: groups. sets: as `reduce` writes them. */
PIPELINE void RENAMED(save_sets)(index_t work, INPUT(sets), FORMULA_PARAMETERS)
{
    const formula f = FORMULA_BIND;
    for (index_t group = 0; group < work; group++) {
        accumulator all;
        real *fields = (real *)&all;
        for (uint field = 0; field < ACCUMULATOR_FIELDS; field++)
            fields[field] = sets[sets_offset + field * work + group];
        real known[KNOWN];
        LOAD_KNOWN(&f, group, 1, known);
#ifdef FORMULA_RESCALED
        known[FORMULA_RESCALED] = sets[sets_offset + MOST_ACCUMULATOR_FIELDS * work + group];
#endif
        formula_save(&f, group, 1, all, known);
    }
}
