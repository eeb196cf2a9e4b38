/*
 * fpga schedule: the accumulator of each group.
 *
 * A step makes an accumulator of VECTOR values of a group, without any loop, and merges it into one of the
 * group's slots. The slots take turns: a slot's next merge comes so many steps later that no step waits for
 * the one before. At the end of a block the slots of each group are merged pairwise. If inner is 1,
 * neighbours in memory belong to different groups: then VECTOR rows of a block are read first, each in the
 * order of memory. Where a formula rescales a group, the block is read again.
 */

/* Fills a tile with the terms of a word, whose first `count` values are of one group. */
INLINED void tile_from_word(real *tile, const operands *word, const real *known, uint count)
{
#pragma unroll
    for (uint lane = 0; lane < VECTOR; lane++) {
#pragma unroll
        for (uint term = 0; term < TERMS; term++)
            tile[term * REGISTER_ROWS + lane] = lane < count ? formula_term(word[lane], known, term) : 0.0f;
    }
}

INLINED void add_tile(accumulator *slot, const operands *word, const real *known, uint count)
{
    real tile[TERMS * REGISTER_ROWS];
    tile_from_word(tile, word, known, count);
    *slot = accumulator_merge(*slot, accumulator_of_registers(tile, FIRST_ROWS(count)));
}

/* Reads `rows` rows of a block where inner is 1. */
INLINED void fill_rows(operands (*columns)[VECTOR], sources from, index_t start, uint rows, uint groups,
                       index_t kept)
{
    for (uint row = 0, at = 0; row < rows;) {
        operands word[VECTOR];
        const uint count = min(groups - at, (uint)VECTOR);
        load_word(word, from, start + row * kept + at, count);
#pragma unroll
        for (uint lane = 0; lane < VECTOR; lane++)
            if (lane < count)
                columns[at + lane][row] = word[lane];
        at += VECTOR;
        row += at >= groups;
        at = at >= groups ? 0 : at;
    }
}

/* Merges each group's slots into its first one. */
INLINED void merge_slots(accumulator *slots, uint groups, uint slots_per_group)
{
    for (uint reach = slots_per_group / 2; reach > 0; reach /= 2) {
        INDEPENDENT(slots)
        for (uint group = 0, slot = 0; group < groups;) {
            accumulator *to = slots + group * slots_per_group + slot;
            *to = accumulator_merge(*to, to[reach]);
            slot++;
            group += slot == reach;
            slot = slot == reach ? 0 : slot;
        }
    }
}

/* work: groups. slots_per_group: a power of two; slots_per_group * groups_per_block is at most SLOTS. sets:
 * field f of group g at f * work + g; behind the accumulators, the number that a formula rescaled. */
PIPELINE void RENAMED(reduce)(index_t work, uint groups_per_block, uint slots_per_group, index_t outer,
                              index_t kept, index_t inner, SOURCES,
#if BACKWARD || OPERANDS
                              FORMULA_PARAMETERS,
#endif
                              OUTPUT(sets))
{
    accumulator slots[SLOTS];
    operands columns[SLOTS][VECTOR];
    real known_of[SLOTS][KNOWN];
    const extents e = {outer, kept, inner};
#if BACKWARD || OPERANDS
    const formula f = FORMULA_BIND;
#endif
    const sources from = SOURCES_BIND(0);
    const uint last_slot = slots_per_group - 1;
    bool again = false;
    sets += sets_offset;
    for (index_t group = 0; group < work;) {
        const block b = block_at(group, groups_per_block, e);
        for (uint slot = 0; slot < SLOTS; slot++)
            slots[slot] = accumulator_empty();
        for (uint g = 0; g < b.groups && !again; g++) {
#if BACKWARD
            formula_load(&f, b.first + g, 1, known_of[g]);
#else
            known_of[g][0] = 0.0f;
#endif
        }

        const index_t passes = inner == 1 ? words_of_run(outer) : 1;
        const index_t steps = inner == 1 ? b.groups : words_of_block(b, e);
        for (index_t pass = 0; pass < passes; pass++) {
            const uint rows = (uint)min(outer - pass * VECTOR, (index_t)VECTOR);
            if (inner == 1)
                fill_rows(columns, from, b.start + pass * VECTOR * kept, rows, b.groups, kept);
            walk w = {0, 0, 0};
            TAKE_TURNS(slots)
            for (index_t step = 0; step < steps; step++) {
                operands word[VECTOR];
                const uint g = inner == 1 ? (uint)step : w.group;
                const uint count = inner == 1 ? rows : walk_values(w, b, e);
                const index_t turn = inner == 1 ? pass : w.row * words_of_run(inner) + w.at / VECTOR;
                if (inner == 1) {
#pragma unroll
                    for (uint lane = 0; lane < VECTOR; lane++)
                        word[lane] = columns[g][lane];
                } else {
                    load_word(word, from, walk_position(w, b, e), count);
                }
                add_tile(slots + g * slots_per_group + (uint)(turn & last_slot), word, known_of[g], count);
                w = walk_on(w, b, e);
            }
        }

        merge_slots(slots, b.groups, slots_per_group);
        for (uint g = 0; g < b.groups; g++) {
            const real *fields = (const real *)&slots[g * slots_per_group];
            for (uint field = 0; field < ACCUMULATOR_FIELDS; field++)
                sets[field * work + b.first + g] = fields[field];
        }
        again = false;
#ifdef FORMULA_RESCALED
        for (uint g = 0; g < b.groups; g++) {
            sets[MOST_ACCUMULATOR_FIELDS * work + b.first + g] = known_of[g][FORMULA_RESCALED];
            again |= formula_rescale(slots[g * slots_per_group], known_of[g]);
        }
#endif
        group += again ? 0 : b.groups;
    }
}
