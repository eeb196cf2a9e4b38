/*
 * EACH_AXIS loops over the axes first ... last-1 of a strided nest, the last axis first. There are at most
 * eight.
 *
 * UNROLL_AXES, for GPUs, unrolls the loop over all eight axes: a GPU keeps their sizes and strides in
 * registers only where every index is a constant. On CPUs these lie in memory, and the loop that is not
 * unrolled visits only the axes that exist. Besides, PoCL 6.0 ends the process when it compiles the unrolled
 * loop: its "instcombine" pass reports "did not reach a fixpoint" as an error.
 */
#if UNROLL_AXES
#define EACH_AXIS(first, last)                                                                               \
    _Pragma("unroll") for (uint i = 0, axis = 7; i < 8; i++, axis--) if (axis >= (first) && axis < (last))
#else
#define EACH_AXIS(first, last) for (uint axis = (last); axis-- > (first);)
#endif
