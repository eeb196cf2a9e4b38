/* The functions that follow take a tile, at most TILE_ROWS values a lane, from rows in global memory, and
 * their names end in _of_rows. */
#undef TILE
#undef AT
#undef OF
#define TILE          rows_of_16
#define AT(tile, row) load_16((tile).first + (row) * (tile).stride)
#define OF(name)      NAME(name##_of_rows)

#ifndef HAVE_ROWS_OF_16
#define HAVE_ROWS_OF_16 1
/* 16 neighbouring values in each row, which begins `stride` values after the row before. */
typedef struct rows_of_16 {
    __global const real *first;
    index_t stride;
} rows_of_16;
#endif
