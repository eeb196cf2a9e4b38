/* The functions that follow take a tile, at most TILE_ROWS values a lane, from an array of vectors for each
 * term; `taken` is how many of its rows are, and their names end in _of_tile. */
#include "tiles/none.cl"
#define TILE                                     const V *
#define AT(tile, taken, row, nothing)            (tile)[row]
#define TERM_AT(tile, taken, row, term, nothing) (tile)[(term)*TILE_ROWS + (row)]
#define SCALED(value, scale)                     (value)
#define FILLED_AT(tile, row, term)               TERM_AT(tile, 0, row, term, 0)
#define ROWS_OF(taken)                           (taken)
#define COUNT_OF(taken)                          (taken)
#define UNROLL_ROWS
#define OF(name)      NAME(name##_of_tile)
#define TILE_FUNCTION static
