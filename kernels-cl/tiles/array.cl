/* The functions that follow take a tile, at most TILE_ROWS values a lane, from an array of vectors, and their
 * names end in _of_tile. */
#undef TILE
#undef AT
#undef OF
#define TILE          const V *
#define AT(tile, row) (tile)[row]
#define OF(name)      NAME(name##_of_tile)
