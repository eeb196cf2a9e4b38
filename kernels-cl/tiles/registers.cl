/* The functions that follow take a tile of REGISTER_ROWS values a lane for each term, of which only the first
 * `rows` count, and their names end in _of_registers. All loops have constant bounds, so that a GPU's
 * compiler keeps the tile in registers. */
#include "tiles/none.cl"
#define TILE                              const V *
#define TERM_AT(tile, row, term, nothing) ((row) < rows ? (tile)[(term)*REGISTER_ROWS + (row)] : (nothing))
#define AT(tile, row, nothing)            TERM_AT(tile, row, 0, nothing)
#define ROWS_OF(rows)                     REGISTER_ROWS
#define UNROLL_ROWS                       _Pragma("unroll")
#define OF(name)                          NAME(name##_of_registers)
#define TILE_FUNCTION                     INLINED

#define SCALED_ROWS                       REGISTER_ROWS
#define OF_SCALED(name)                   OF(name)

#define REGISTER_ROWS                     16
