/* The functions that follow take a tile, at most TILE_ROWS values a lane, from an array of vectors for each
 * term, and their names end in _of_tile. */
#include "tiles/none.cl"
#define TILE                              const V *
#define AT(tile, row, nothing)            (tile)[row]
#define TERM_AT(tile, row, term, nothing) (tile)[(term)*TILE_ROWS + (row)]
#define SCALED(value, scale)              (value)
#define FILLED_AT(tile, row, term)        TERM_AT(tile, row, term, 0)
#define ROWS_OF(rows)                     (rows)
#define COUNT_OF(rows)                    (rows)
#define UNROLL_ROWS
#define OF(name)      NAME(name##_of_tile)
#define TILE_FUNCTION static
