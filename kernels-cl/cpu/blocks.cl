/* Blocks of neighbouring columns, for nests whose vectors hold 16 of them. Blocks are at least 16 wide where
 * the tensor is: a block's last vector then overlaps the one before. */

/* The columns first ... first+count-1. */
typedef struct block {
    index_t first;
    uint count;
} block;

/* One of `blocks` blocks, at most one for every 16 columns: whole vectors, as evenly as they go; the last
 * block has the columns beyond them too. */
static block block_of(index_t index, index_t blocks, index_t columns)
{
    const index_t vectors = columns / 16, narrow = vectors / blocks, wide = vectors % blocks;
    const index_t first = 16 * (index * narrow + min(index, wide));
    const index_t next = first + 16 * (narrow + (index < wide ? 1 : 0));
    const block b = {first, (uint)((index + 1 == blocks ? columns : next) - first)};
    return b;
}

/* How many blocks of `columns` columns, whole vectors, and less than a vector more. */
static index_t most_blocks(index_t all_columns, uint columns)
{
    const index_t vectors = all_columns / 16, of_block = columns / 16;
    return max((vectors + of_block - 1) / of_block, (index_t)1);
}

static uint block_vectors(block b)
{
    return (b.count + 15) / 16;
}

/* Where a block's vector begins: the last one ends with the block. */
static uint vector_start(block b, uint vector)
{
    return b.count < 16 ? 0 : min(vector * 16, b.count - 16);
}
