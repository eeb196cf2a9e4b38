/*
 * fpga schedule: what its kernels share.
 *
 * A kernel is one work-item that streams over a tensor, VECTOR values a step. Loops over values are bounded
 * by the tensor's size alone; loops inside of a step have constant bounds and are unrolled. So a compiler for
 * FPGAs makes one pipeline of each loop over values. Sizes are arguments: one program serves every shape.
 *
 * x and y are [batch][outer][kept][inner], dense; a group is one (batch, kept). A block is a row of
 * neighbouring groups of one batch entry, at most SLOTS of them: their accumulators and coefficients are kept
 * on the chip.
 */

#include "fpga/parameters.cl"

/* max_global_work_dim(0) says that a kernel is a single work-item: then compilers for Intel's FPGAs, and
 * their emulation, build no hardware that counts work-items. INDEPENDENT tells them that no step of a loop
 * reads what another step wrote to the array; TAKE_TURNS, that no step reads what a step less than
 * MERGE_DISTANCE before it wrote. */
#ifdef __has_attribute
#if __has_attribute(max_global_work_dim)
#define FOR_INTEL 1
#endif
#endif
#if FOR_INTEL || defined(INTELFPGA_CL)
#define PRAGMA_(text) _Pragma(#text)
#define PRAGMA(text)  PRAGMA_(text)
#define PIPELINE                                                                                             \
    __attribute__((max_global_work_dim(0))) __attribute__((reqd_work_group_size(1, 1, 1))) __kernel
#define INDEPENDENT(name) PRAGMA(ivdep array(name))
#define TAKE_TURNS(name)  PRAGMA(ivdep array(name) safelen(MERGE_DISTANCE))
#else
#define PIPELINE __attribute__((reqd_work_group_size(1, 1, 1))) __kernel
#define INDEPENDENT(name)
#define TAKE_TURNS(name)
#endif

typedef struct extents {
    index_t outer, kept, inner;
} extents;

typedef struct block {
    index_t first; /* of its groups */
    uint groups;
    index_t start; /* its first value */
} block;

INLINED block block_at(index_t group, uint groups_per_block, extents e)
{
    const index_t column = group % e.kept;
    const block b = {group, (uint)min((index_t)groups_per_block, e.kept - column),
                     (group / e.kept * e.outer * e.kept + column) * e.inner};
    return b;
}

/* A walk over the words of a block in the order of memory. A word is at most VECTOR values: of one group, or,
 * if inner is 1, of neighbouring groups. */
typedef struct walk {
    index_t row, at; /* the row of outer; the value in the group's run, or, if inner is 1, the group */
    uint group;      /* the group in the block; 0 if inner is 1 */
} walk;

INLINED index_t words_of_run(index_t values)
{
    return (values + VECTOR - 1) / VECTOR;
}

INLINED index_t words_of_block(block b, extents e)
{
    return e.outer * (e.inner == 1 ? words_of_run(b.groups) : b.groups * words_of_run(e.inner));
}

INLINED index_t walk_position(walk w, block b, extents e)
{
    return b.start + (w.row * e.kept + w.group) * e.inner + w.at;
}

INLINED uint walk_values(walk w, block b, extents e)
{
    return (uint)min((e.inner == 1 ? b.groups : e.inner) - w.at, (index_t)VECTOR);
}

INLINED walk walk_on(walk w, block b, extents e)
{
    w.at += VECTOR;
    if (w.at >= (e.inner == 1 ? b.groups : e.inner)) {
        w.at = 0;
        w.group++;
        if (e.inner == 1 || w.group == b.groups) {
            w.group = 0;
            w.row++;
        }
    }
    return w;
}
