/* Undoes what the file of a kind of tile defined, so that another can be included. */
#undef TILE
#undef AT
#undef TERM_AT
#undef ROWS_OF
#undef COUNT_OF
#undef UNROLL_ROWS
#undef OF
#undef TILE_FUNCTION
#undef SCALED_ROWS
#undef OF_SCALED
