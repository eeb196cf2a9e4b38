/* The functions in the file that is included next read a tile from `taken` rows in global memory, at most
 * TILE_ROWS. Their names end in _of_rows. */
#include "tiles/none.cl"
#define TILE                          const rows_of_16 *
#define AT(tile, taken, row, nothing) TERM_AT(tile, taken, row, 0, nothing)
#define ROWS_OF(taken)                (taken)
#define COUNT_OF(taken)               (taken)
#define UNROLL_ROWS
#define TERM_AT(tile, taken, row, term, nothing)                                                             \
    formula_term_16(load_operands_16((tile)->first, (row) * (tile)->stride), (tile)->known, term)
#define CHECKED_LATER              0
#define ADDED(row, sum, term)      NAME(pair_add)(sum, term)
#define SCALED(value, scale)       (value)
#define FILLED_AT(tile, row, term) TERM_AT(tile, 0, row, term, 0)
#define OF(name)                   NAME(name##_of_rows)
#define TILE_FUNCTION              static
#undef READ_AHEAD
#define READ_AHEAD(tile, rows) prefetch_ahead((tile)->ahead, rows)

#ifndef HAVE_ROWS_OF_16
#define HAVE_ROWS_OF_16 1
/* Vectors that are prefetched one after the other, in the order of memory: `left` of them, in rows of
 * `columns` values. */
typedef struct ahead {
    sources row;
    index_t stride;
    uint column, columns, left;
} ahead;

/* Rows of 16 neighbouring values. Each row begins `stride` values after the one before. `known` is what is
 * known, before the sums, of the group that each lane belongs to. Meanwhile the vectors in `ahead` are
 * prefetched. */
typedef struct rows_of_16 {
    sources first;
    index_t stride;
    const float16 *known;
    ahead *ahead;
} rows_of_16;

/* A few at a time, between loads: many at once would wait for each other. */
INLINED void prefetch_ahead(ahead *a, uint vectors)
{
    if (a->left < vectors)
        return;
    a->left -= vectors;
    for (uint i = 0; i < vectors; i++) {
        prefetch_values(a->row.x + a->column);
#if BACKWARD
        prefetch_values(a->row.dy + a->column);
#endif
        a->column += 16;
        if (a->column >= a->columns) {
            a->column = 0;
            a->row = sources_at(a->row, a->stride);
        }
    }
}
#endif
