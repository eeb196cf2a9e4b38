/* Blocks of neighbouring columns, for nests whose vectors hold 16 of them. Blocks are at least 16 wide where
 * the tensor is: a block's last vector then overlaps the one before. */

/* The columns first ... first+count-1. */
typedef struct block {
    index_t first;
    uint count;
} block;

/* One of `blocks` blocks of nearly equal width. */
block block_of(index_t index, index_t blocks, index_t columns)
{
    const index_t narrow = columns / blocks, wide = columns % blocks;
    const block b = {index * narrow + min(index, wide), (uint)narrow + (index < wide ? 1u : 0u)};
    return b;
}

/* Where a block's vector begins: the last one ends with the block. */
uint vector_start(block b, uint vector)
{
    return b.count < 16 ? 0 : min(vector * 16, b.count - 16);
}
