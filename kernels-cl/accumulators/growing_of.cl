/* How a set begins with a tile, and how one is added to it. This file is included once for each kind of tile
 * (tiles/). */
#if LANES == 16 && !IN_REGISTERS
TILE_FUNCTION growing OF(begun)(TILE tile, uint taken)
{
    return OF(accumulator)(tile, taken);
}

TILE_FUNCTION void OF(grow)(growing *g, TILE tile, uint taken)
{
    *g = accumulator_merge_16(*g, OF(accumulator)(tile, taken));
}
#endif
