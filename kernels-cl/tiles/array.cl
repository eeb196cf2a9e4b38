/* The functions that follow take a tile, at most TILE_ROWS values a lane, from an array of vectors for each
 * term, and their names end in _of_tile. */
#undef TILE
#undef AT
#undef TERM_AT
#undef OF
#define TILE                     const V *
#define AT(tile, row)            (tile)[row]
#define TERM_AT(tile, row, term) (tile)[(term)*TILE_ROWS + (row)]
#define OF(name)                 NAME(name##_of_tile)
