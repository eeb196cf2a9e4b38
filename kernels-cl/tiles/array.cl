/* The functions in the file that is included next read a tile from an array: TILE_ROWS vectors for each term,
 * of which the first `taken` hold values. Their names end in _of_tile. */
#include "tiles/none.cl"
#define TILE                                     const V *
#define AT(tile, taken, row, nothing)            (tile)[row]
#define TERM_AT(tile, taken, row, term, nothing) (tile)[(term)*TILE_ROWS + (row)]
#define CHECKED_LATER                            0
#define ADDED(row, sum, term)                    NAME(pair_add)(sum, term)
#define SCALED(value, scale)                     (value)
#define FILLED_AT(tile, row, term)               TERM_AT(tile, 0, row, term, 0)
#define ROWS_OF(taken)                           (taken)
#define COUNT_OF(taken)                          (taken)
#define UNROLL_ROWS
#define OF(name)      NAME(name##_of_tile)
#define TILE_FUNCTION static
