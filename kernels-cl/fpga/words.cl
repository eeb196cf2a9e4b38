/* fpga schedule: loads the first `count` of VECTOR neighbouring elements. A whole word is one wide access. */
INLINED void load_word(operands *lanes, sources from, index_t at, uint count)
{
    if (count == VECTOR) {
#pragma unroll
        for (uint lane = 0; lane < VECTOR; lane++)
            lanes[lane] = load_operands(from, at + lane);
    } else {
#pragma unroll
        for (uint lane = 0; lane < VECTOR; lane++)
            if (lane < count)
                lanes[lane] = load_operands(from, at + lane);
    }
}
