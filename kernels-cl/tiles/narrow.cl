/* The functions in the file that is included next read a tile of 16 whole rows of ROW values from registers:
 * element i of all rows is one vector. All loops have constant bounds and are unrolled. Their names end in
 * _of_narrow. */
#include "tiles/none.cl"
#define TILE                                     narrow_tile
#define TERM_AT(tile, taken, row, term, nothing) (tile).terms[(term)*ROW + (row)]
#define AT(tile, taken, row, nothing)            TERM_AT(tile, taken, row, 0, nothing)
#define FILLED_AT(tile, row, term)               TERM_AT(tile, 0, row, term, 0)
#define CHECKED_LATER                            1
#define ADDED(row, sum, term)                    ((row) == 0 ? NAME(pair_of)(term) : NAME(pair_add)(sum, term))
#define SCALED(value, scale)                     (value)
#define ROWS_OF(taken)                           ROW
#define COUNT_OF(taken)                          ROW
#define UNROLL_ROWS                              _Pragma("unroll")
#define OF(name)                                 NAME(name##_of_narrow)
#define TILE_FUNCTION                            INLINED

#ifndef HAVE_NARROW_TILE
#define HAVE_NARROW_TILE 1
/* Handed over by value: so only a function that is not inlined makes a copy in memory. */
typedef struct narrow_tile {
    float16 terms[TERMS * ROW];
} narrow_tile;
#endif
