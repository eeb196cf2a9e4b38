/* The functions in the file that is included next read a tile from registers: REGISTER_ROWS vectors for each
 * term. `taken` has a bit for each row that holds values; the first row always does. Their names end in
 * _of_registers. All loops have constant bounds, so that a GPU's compiler keeps the tile in registers. A tile
 * that needs a scale goes through the same code again: a copy of the tile or of the code would take more
 * registers. */
#include "tiles/none.cl"
#define IN_REGISTERS 1
#define TILE         V *
#define TERM_AT(tile, taken, row, term, nothing)                                                             \
    ((taken) >> (row)&1 ? (tile)[(term)*REGISTER_ROWS + (row)] : (nothing))
#define AT(tile, taken, row, nothing) TERM_AT(tile, taken, row, 0, nothing)
#define FILLED_AT(tile, row, term)    (tile)[(term)*REGISTER_ROWS + (row)] /* 0 where a row holds no value */
#define CHECKED_LATER                 0
#define ADDED(row, sum, term)         NAME(pair_add)(sum, term)
#define SCALED(value, scale)          ((value) * (scale)) /* other tiles are scaled beforehand */
#define ROWS_OF(taken)                REGISTER_ROWS
#define COUNT_OF(taken)               popcount(taken)
#define UNROLL_ROWS                   _Pragma("unroll")
#define OF(name)                      NAME(name##_of_registers)
#define TILE_FUNCTION                 INLINED

#if BACKWARD && (KERNEL_column_fused || KERNEL_column_statistics || KERNEL_plane_statistics) /* x and dy */
#define REGISTER_ROWS GPU_HELD_FEWER
#elif KERNEL_strided && BACKWARD /* x, dy and strides */
#define REGISTER_ROWS 4
#elif KERNEL_strided
#define REGISTER_ROWS 8
#else
#define REGISTER_ROWS (LANES > 1 ? GPU_HELD_FEWER : GPU_HELD)
#endif
#define FIRST_ROWS(count) ((1u << (count)) - 1)
