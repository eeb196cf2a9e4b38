/* Computes the coefficients of a block's columns, of which there are at most COLUMNS_HELD, from the sets of
 * its vectors, and writes what the formula saves: each column once, though vectors may overlap. `group` is
 * that of the first column. */
static void finish_columns(const formula *f, index_t group, block b, const accumulator_16 *all,
                           real coefficients[COEFFICIENTS][COLUMNS_HELD])
{
    real fields[ACCUMULATOR_FIELDS][COLUMNS_HELD];
    for (uint field = 0; field < ACCUMULATOR_FIELDS; field++) /* lanes beyond the last column */
        store_private_16((float16)(0.0f), fields[field] + 16 * (block_vectors(b) - 1));
    for (uint v = 0; v < block_vectors(b); v++) {
        const float16 *lanes = (const float16 *)&all[v];
        for (uint field = 0; field < ACCUMULATOR_FIELDS; field++)
            store_private_16(lanes[field], fields[field] + vector_start(b, v));
    }
    for (uint column = 0; column < b.count; column += 16) {
        const uint groups = min(b.count - column, 16u);
        accumulator_16 set;
        float16 *lanes = (float16 *)&set;
        for (uint field = 0; field < ACCUMULATOR_FIELDS; field++)
            lanes[field] = load_private_16(fields[field] + column);
        float16 of_vector[COEFFICIENTS];
        LOAD_KNOWN(f, group + column, groups, of_vector);
#if WORK_REDUCE_MAP
        formula_finish_16(f, group + column, groups, set, of_vector);
        for (uint c = 0; c < COEFFICIENTS; c++)
            store_private_16(of_vector[c], coefficients[c] + column);
#endif
        formula_save_16(f, group + column, groups, set, of_vector);
    }
}
