/* The functions that follow take a tile, at most TILE_ROWS values a lane, from rows in global memory, and
 * their names end in _of_rows. */
#undef TILE
#undef AT
#undef TERM_AT
#undef OF
#define TILE          rows_of_16
#define AT(tile, row) TERM_AT(tile, row, 0)
#define TERM_AT(tile, row, term)                                                                             \
    formula_term_16(load_operands_16((tile).first, (row) * (tile).stride), (tile).known, term)
#define OF(name) NAME(name##_of_rows)

#ifndef HAVE_ROWS_OF_16
#define HAVE_ROWS_OF_16 1
/* 16 neighbouring values in each row, which begins `stride` values after the row before; what is known of
 * their groups. */
typedef struct rows_of_16 {
    sources first;
    index_t stride;
    const float16 *known;
} rows_of_16;
#endif
