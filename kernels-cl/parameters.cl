/* Constants that kernels share with the C files that launch them: C includes this file, too. The constants of
 * the fpga schedule are in fpga/parameters.cl. */

/* Accumulators and formulas */
#define TILE_ROWS               64 /* the most values in a lane of a tile */
#define MOST_ACCUMULATOR_FIELDS 6  /* ACCUMULATOR_FIELDS of any accumulator */
#define MOST_COEFFICIENTS       8  /* COEFFICIENTS of any formula */

/* cpu schedule: the sizes of parts of a group, and the widths of blocks of columns and pixels, in whole
 * vectors of 16 */
#define CPU_PLANE_PART_TILES    64
#define CPU_PLANE_PART          (CPU_PLANE_PART_TILES * TILE_ROWS * 16) /* values */
#define CPU_COLUMN_PART         1024                                    /* rows */
#define CPU_COLUMN_BLOCK        256  /* columns, to find their statistics */
#define CPU_MAP_BLOCK           1024 /* columns, to normalize them */
#define CPU_GAP_BLOCK           128  /* columns of a tensor with gaps */
#define CPU_WINDOW_BLOCK        256  /* pixels */
#define CPU_GRADIENT_BLOCK      128  /* pixels */

/* gpu schedule: how many values a work-item takes */
#define GPU_HELD                16 /* in registers */
#define GPU_HELD_FEWER          8  /* the same of vectors, or in most kernels with dy (tiles/registers.cl) */
#define GPU_PART                64 /* in a part of a group */
#define GPU_COLUMN_WIDTH        64 /* the most vectors side by side that a work-group takes */
