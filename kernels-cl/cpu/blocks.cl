/* Blocks of neighbouring columns, for nests whose vectors hold 16 of them. Blocks are at least 16 columns
 * wide if the tensor is; the last vector of such a block may overlap the one before. */

/* The columns first ... first+count-1. */
typedef struct block {
    index_t first;
    uint count;
} block;

/* Block `index` of `blocks`, of which there is at most one for every 16 columns. Whole vectors are shared out
 * as evenly as possible; the last block also has the columns after the last whole vector. */
static block block_of(index_t index, index_t blocks, index_t columns)
{
    const index_t vectors = columns / 16, narrow = vectors / blocks, wide = vectors % blocks;
    const index_t first = 16 * (index * narrow + min(index, wide));
    const index_t next = first + 16 * (narrow + (index < wide ? 1 : 0));
    const block b = {first, (uint)((index + 1 == blocks ? columns : next) - first)};
    return b;
}

/* How many blocks all columns need. A block has at most `columns` columns, a multiple of 16; the last one may
 * have up to 15 more. */
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
