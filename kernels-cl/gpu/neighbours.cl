/* gpu schedule: a copy of a work-group's values and their neighbours in local memory, for tensors whose
 * channels follow each other in memory. */
#define GROUP_VALUES (LOCAL_SIZE * 4)

/* How many of an item's four values exist. */
INLINED uint owned(index_t start, index_t work)
{
    const index_t first = start + get_local_id(0) * 4;
    return first < work ? (uint)min(work - first, (index_t)4) : 0;
}

/* Copies values start - before ... start + GROUP_VALUES + after - 1 of x to `near`, and zeros where x has
 * none. */
INLINED void load_near(__local real *near, __global const real *x, index_t start, index_t work, uint before,
                       uint after)
{
    const uint item = get_local_id(0), count = owned(start, work);
    const float4 quad = count > 0 ? load_quad(x + start + item * 4, count) : (float4)(0.0f);
    vstore4(quad, 0, near + before + item * 4);
    for (uint i = item; i < before + after; i += LOCAL_SIZE) {
        const uint to = i < before ? i : GROUP_VALUES + i;
        const index_t from = start + to - before; /* below 0 it wraps around to a huge number */
        near[to] = from < work ? x[from] : 0.0f;
    }
}

/* The sum of squares over the window of channel c, whose first value is near[0]. */
INLINED window_sum sum_near(const formula *f, __local const real *near, index_t c, index_t kept)
{
    window_sum sum = window_square(0.0f);
#pragma unroll
    for (uint w = 0; w <= WINDOW_BEFORE + WINDOW_AFTER; w++) {
        const index_t neighbour = c + w - WINDOW_BEFORE; /* below 0 it wraps around to a huge number */
        sum = window_add(sum, neighbour < kept ? near[w] * f->square_scale : 0.0f);
    }
    return sum;
}
