/*
 * Loops over the up to eight axes of the strided nests, the last axis first.
 *
 * GPUs keep the axes' sizes and strides in registers only where every index is a constant. On CPUs they lie in
 * memory, and axes that are not there take no time; besides, PoCL 6.0 ends the process over the unrolled loop: its
 * "instcombine" pass reports that it "did not reach a fixpoint" as an error.
 */
#if UNROLL_AXES
#define EACH_AXIS(first, last)                                                                               \
    _Pragma("unroll") for (uint i = 0, axis = 7; i < 8; i++, axis--) if (axis >= (first) && axis < (last))
#else
#define EACH_AXIS(first, last) for (uint axis = (last); axis-- > (first);)
#endif
