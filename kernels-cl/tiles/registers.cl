/* The functions that follow take a tile of REGISTER_ROWS values a lane for each term, of which those count
 * whose bits are set in `rows`, the first always; their names end in _of_registers. All loops have constant
 * bounds, so that a GPU's compiler keeps the tile in registers. */
#include "tiles/none.cl"
#define TILE const V *
#define TERM_AT(tile, row, term, nothing)                                                                    \
    ((rows) >> (row)&1 ? (tile)[(term)*REGISTER_ROWS + (row)] : (nothing))
#define AT(tile, row, nothing) TERM_AT(tile, row, 0, nothing)
#define ROWS_OF(rows)          REGISTER_ROWS
#define COUNT_OF(rows)         popcount(rows)
#define UNROLL_ROWS            _Pragma("unroll")
#define OF(name)               NAME(name##_of_registers)
#define TILE_FUNCTION          INLINED
#define SCALED_ROWS            REGISTER_ROWS
#define OF_SCALED(name)        OF(name)

#if KERNEL_column_fused && BACKWARD /* x and dy of a column until its gradient is known */
#define REGISTER_ROWS 8
#else
#define REGISTER_ROWS (LANES > 1 ? 8 : 16)
#endif
#define FIRST_ROWS(count) ((1u << (count)) - 1)
