/* Undoes what the file of a kind of tile defined, so that another can be included. */
#undef TILE
#undef IN_REGISTERS
#undef AT
#undef TERM_AT
#undef FILLED_AT
#undef SCALED
#undef ADDED
#undef CHECKED_LATER
#undef ROWS_OF
#undef COUNT_OF
#undef UNROLL_ROWS
#undef OF
#undef TILE_FUNCTION
#undef READ_AHEAD

/* For tiles that are read from memory: called for every few rows, prefetches as much of what is read next. */
#define READ_AHEAD(tile, rows)
