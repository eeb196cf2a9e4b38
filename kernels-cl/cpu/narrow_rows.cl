/*
 * cpu schedule: rows of ROW values, 2 to 16, a constant of the program.
 *
 * 16 rows are ROW whole vectors in memory. For the sums they are shuffled so that element i of all rows is
 * one vector, a row a lane. Results are computed from the vectors as they are in memory, and the rows'
 * coefficients are shuffled to where their values lie. All masks are constants, so nothing goes through
 * memory. Included by cpu/rows.cl, whose launch contract it shares; fewer rows than 16 are filled up with
 * copies of the last.
 */

/* DO(n) for n from 0 to 15. What is only of use below ROW asks for that. */
#define FOR_16(DO)                                                                                           \
    DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11) DO(12) DO(13) DO(14) DO(15)

/* Lane i takes value OF(n, i) of the 32 in a and b. */
#define SHUFFLED(a, b, FROM, n)                                                                              \
    __builtin_shufflevector(a, b, FROM(n, 0), FROM(n, 1), FROM(n, 2), FROM(n, 3), FROM(n, 4), FROM(n, 5),    \
                            FROM(n, 6), FROM(n, 7), FROM(n, 8), FROM(n, 9), FROM(n, 10), FROM(n, 11),        \
                            FROM(n, 12), FROM(n, 13), FROM(n, 14), FROM(n, 15))

/* ---- From whole vectors to a row a lane ---- */

#if ROW < 10

/* Where element i of the row in `lane` lies, counted from the first row's first. */
#define PLACE(i, lane)             ((lane)*ROW + (i))
/* It is taken from vectors 0 and 1 first, and then from each further vector that has it. */
#define IN_FIRST_TWO(i, lane)      (PLACE(i, lane) < 32 ? PLACE(i, lane) : 0)
#define IN_VECTOR(vector, i, lane) (PLACE(i, lane) / 16 == (vector) ? 16 + PLACE(i, lane) % 16 : (lane))
#define IN_2(i, lane)              IN_VECTOR(2, i, lane)
#define IN_3(i, lane)              IN_VECTOR(3, i, lane)
#define IN_4(i, lane)              IN_VECTOR(4, i, lane)
#define IN_5(i, lane)              IN_VECTOR(5, i, lane)
#define IN_6(i, lane)              IN_VECTOR(6, i, lane)
#define IN_7(i, lane)              IN_VECTOR(7, i, lane)
#define IN_8(i, lane)              IN_VECTOR(8, i, lane)
#define TAKE_FROM(vector, i)                                                                                 \
    if (vector < ROW)                                                                                        \
        element = SHUFFLED(element, vectors[vector], IN_##vector, i);
#define TAKE_ELEMENT(i)                                                                                      \
    if (i < ROW) {                                                                                           \
        float16 element = SHUFFLED(vectors[0], vectors[1], IN_FIRST_TWO, i);                                 \
        TAKE_FROM(2, i)                                                                                      \
        TAKE_FROM(3, i)                                                                                      \
        TAKE_FROM(4, i)                                                                                      \
        TAKE_FROM(5, i)                                                                                      \
        TAKE_FROM(6, i)                                                                                      \
        TAKE_FROM(7, i)                                                                                      \
        TAKE_FROM(8, i)                                                                                      \
        elements[i] = element;                                                                               \
    }

INLINED void take_apart(const float16 *vectors, float16 *elements)
{
    FOR_16(TAKE_ELEMENT)
}

#else

/* A row begins in vector `row * ROW / 16`, and ends there or in the next. */
#define IN_ROW(row, lane) ((row)*ROW % 16 + (lane))
#define TAKE_ROW(row)                                                                                        \
    elements[row] = SHUFFLED(vectors[row * ROW / 16], vectors[(row * ROW + ROW - 1) / 16], IN_ROW, row);

/* Many elements are transposed, which takes fewer shuffles. */
INLINED void take_apart(const float16 *vectors, float16 *elements)
{
    FOR_16(TAKE_ROW)
    transpose_lanes(elements, 1);
}

#endif

/* ---- Loads and stores ---- */

/* 16 rows as whole vectors; the last of `groups` rows stands for those that are missing. */
INLINED void load_rows(__global const real *from, uint groups, float16 *vectors)
{
    if (groups == 16) {
#pragma unroll
        for (uint v = 0; v < ROW; v++)
            vectors[v] = load_16(from + 16 * v);
        return;
    }
    real filled[16 * ROW];
    for (uint i = 0; i < 16 * ROW; i++)
        filled[i] = from[min(i / ROW, groups - 1) * ROW + i % ROW];
#pragma unroll
    for (uint v = 0; v < ROW; v++)
        vectors[v] = load_private_16(filled + 16 * v);
}

/* ---- Sums and results ---- */

/* The sets of 16 rows, a row a lane. */
INLINED accumulator_16 accumulate_rows(sources from, const float16 *known, uint groups)
{
    float16 vectors[16], x[16];
    narrow_tile tile;
    load_rows(from.x, groups, vectors);
    take_apart(vectors, x);
#if BACKWARD
    float16 dy[16];
    load_rows(from.dy, groups, vectors);
    take_apart(vectors, dy);
#endif
#pragma unroll
    for (uint i = 0; i < ROW; i++) {
        operands_16 o;
        o.x = x[i];
#if BACKWARD
        o.dy = dy[i];
#endif
#pragma unroll
        for (uint term = 0; term < TERMS; term++)
            tile.terms[term * ROW + i] = formula_term_16(o, known, term);
    }
    return accumulator_of_narrow_16(tile, ROW);
}

#if WORK_REDUCE_MAP

/* Vector v of the results, or what of it belongs to `groups` rows. */
INLINED void apply_to_vector(sources from, __global real *y, uint groups, uint v, const float16 *coefficients,
                             bool ordinary, bool stream)
{
    const uint at = 16 * v, left = groups * ROW - at;
    if (groups == 16)
        store_vector(apply_to(load_operands_16(from, at), coefficients, ordinary), y + at, stream);
    else if (at < groups * ROW)
        store_groups_16(apply_to(load_some_operands_16(from, at, min(left, 16u)), coefficients, ordinary), y,
                        at, min(left, 16u));
}

/* The row of lane `lane` in vector v. */
#define ROW_AT(v, lane) (((v)*16 + (lane)) / ROW % 16)
#define APPLY_VECTOR(v)                                                                                      \
    if (v < ROW) {                                                                                           \
        float16 spread[COEFFICIENTS];                                                                        \
        _Pragma("unroll") for (uint c = 0; c < COEFFICIENTS; c++) spread[c] =                                \
            SHUFFLED(coefficients[c], coefficients[c], ROW_AT, v);                                           \
        apply_to_vector(from, y, groups, v, spread, ordinary, stream);                                       \
    }

/* y = formula(x); y may be x. */
INLINED void apply_rows(sources from, __global real *y, uint groups, const float16 *coefficients)
{
    const bool stream = values_to_boundary(y) == 0 && may_stream(y);
    const bool ordinary = are_ordinary(coefficients);
    FOR_16(APPLY_VECTOR)
}

#endif

/* Rows first ... last-1. In each step the sums of 16 rows, and the results of the 16 before: either is a long
 * chain of instructions that wait for each other, and the two do not. */
INLINED void take_rows(const formula *f, index_t first, index_t last, sources tensor, __global real *y)
{
    accumulator_16 all, ahead;
    float16 coefficients[COEFFICIENTS], known[COEFFICIENTS];
    for (index_t group = first; group < last + 16; group += 16) {
        if (group < last) {
            const uint groups = (uint)min(last - group, (index_t)16);
            LOAD_KNOWN(f, group, groups, known);
            ahead = accumulate_rows(sources_at(tensor, group * ROW), known, groups);
        }
        if (group > first) {
            const index_t before = group - 16;
            const uint groups = (uint)min(last - before, (index_t)16);
#if WORK_REDUCE_MAP
            formula_finish_16(f, before, groups, all, coefficients);
            if (y)
                apply_rows(sources_at(tensor, before * ROW), y + before * ROW, groups, coefficients);
#endif
            formula_save_16(f, before, groups, all, coefficients);
        }
        all = ahead;
#pragma unroll
        for (uint k = 0; k < KNOWN; k++)
            coefficients[k] = known[k];
    }
}
