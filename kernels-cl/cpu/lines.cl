/*
 * cpu schedule: pixels that lie anywhere, 16 at a time, as lines. A line has one channel of each of 16
 * pixels. Where these lie side by side in a tensor, its lines are there; else they are copied to scratch
 * memory, and results from there, by transposing where channels lie side by side.
 */
#include "lanes/transpose.cl"

/* 16 pixels: where each begins in the tensors. Lanes first ... end-1 are those whose results are wanted; the
 * others have pixels that another vector has, or repeat the last one. */
typedef struct pixels {
    ulong x[16], dy[16], y[16];
    uint first, end;
} pixels;

/* Lines that are read, and lines that are written: the first, and how far apart they are. */
typedef struct source_lines {
    __global const real *at;
    ulong step;
} source_lines;

typedef struct result_lines {
    __global real *at;
    ulong step;
} result_lines;

/* Vector `index` of the pixels, which follow each other in runs of `length`, of `run_vectors` vectors each:
 * the last vector of a run overlaps the one before. If that one is this item's own, too (`goes_on`), results
 * may be written twice. The channels are the first axis. */
static void find_pixels(pixels *p, const axes *a, index_t index, index_t run_vectors, index_t length,
                        bool goes_on)
{
    const index_t place = index % run_vectors * 16, begin = min(place, max(length, (index_t)16) - 16);
    p->first = goes_on && !ACCUMULATES ? 0 : (uint)(place - begin);
    p->end = (uint)min(length, (index_t)16);
    walk w = walk_from(a, 1, index / run_vectors * length + begin);
    for (uint lane = 0; lane < 16; lane++) {
        p->x[lane] = w.at.x;
        p->dy[lane] = w.at.dy;
        p->y[lane] = w.at.y;
        if (lane + 1 < p->end)
            w = walk_on(a, w);
    }
}

static bool are_side_by_side(const ulong *starts)
{
    bool all = true;
    for (uint lane = 1; lane < 16; lane++)
        all = all && starts[lane] == starts[0] + lane;
    return all;
}

/* ---- Lines of a tensor ---- */

static void copy_transposed(__global const real *from, const ulong *starts, index_t kept,
                            __global real *lines)
{
    for (index_t c = 0; c < kept; c += 16) {
        const index_t first = min(c, kept - 16); /* the last 16 channels may overlap those before */
        float16 rows[16];
#pragma unroll
        for (uint lane = 0; lane < 16; lane++)
            rows[lane] = load_16(from + starts[lane] + first);
        transpose_lanes(rows, 1);
#pragma unroll
        for (uint i = 0; i < 16; i++)
            store_16(rows[i], lines + (first + i) * 16);
    }
}

static void copy_values(__global const real *from, const ulong *starts, ulong step, index_t kept,
                        __global real *lines)
{
    for (index_t c = 0; c < kept; c++) {
        for (uint lane = 0; lane < 16; lane++)
            lines[c * 16 + lane] = from[starts[lane] + c * step];
    }
}

/* The lines of pixels that begin at `starts` in a tensor whose channels are `step` values apart. `scratch`
 * has room for them. */
static source_lines lines_of(__global const real *from, const ulong *starts, ulong step, index_t kept,
                             __global real *scratch)
{
    const source_lines there = {from + starts[0], step}, copied = {scratch, 16};
    if (are_side_by_side(starts))
        return there;
    if (step == 1 && kept >= 16)
        copy_transposed(from, starts, kept, scratch);
    else
        copy_values(from, starts, step, kept, scratch);
    return copied;
}

INLINED float16 load_line(source_lines from, index_t c)
{
    return load_16(from.at + c * from.step);
}

/* ---- Results ---- */

/* Whether results may be written to y at once: all 16 lie side by side, and none is added to what is there,
 * before which those that are not finite have to be computed again. */
static bool writes_at_once(const pixels *p)
{
    return !ACCUMULATES && p->first == 0 && are_side_by_side(p->y);
}

/* The last 16 - first lanes; without ACCUMULATES all, since those before have the same results already. */
static void put_lanes(float16 results, __global real *y, uint first)
{
#if ACCUMULATES
    add_lanes(results, y, first);
#else
    store_16(results, y);
#endif
}

static void put_vector(float16 results, __global real *y, bool stream)
{
#if ACCUMULATES
    results += load_16(y);
#endif
    store_vector(results, y, stream && values_to_boundary(y) == 0 && may_stream(y));
}

static void put_transposed(const pixels *p, __global const real *lines, __global real *y, index_t kept)
{
    for (index_t c = 0; c < kept; c += 16) {
        const index_t first = min(c, kept - 16);
        float16 rows[16];
#pragma unroll
        for (uint i = 0; i < 16; i++)
            rows[i] = load_16(lines + (first + i) * 16);
        transpose_lanes(rows, 1);
        for (uint lane = p->first; lane < p->end; lane++) {
            if (first == c)
                put_vector(rows[lane], y + p->y[lane] + c, kept % 16 == 0);
            else
                put_lanes(rows[lane], y + p->y[lane] + first, (uint)(c - first));
        }
    }
}

static void put_values(const pixels *p, __global const real *lines, __global real *y, ulong step,
                       index_t kept)
{
    for (index_t c = 0; c < kept; c++) {
        for (uint lane = p->first; lane < p->end; lane++) {
            __global real *to = y + p->y[lane] + c * step;
            *to = ACCUMULATES ? *to + lines[c * 16 + lane] : lines[c * 16 + lane];
        }
    }
}

/* Writes results to y, or adds them to it. They are lines in scratch. */
static void put_lines(const pixels *p, __global const real *lines, __global real *y, ulong step, index_t kept)
{
    if (p->first == 0 && are_side_by_side(p->y)) {
        for (index_t c = 0; c < kept; c++)
            put_vector(load_16(lines + c * 16), y + p->y[0] + c * step, false);
    } else if (step == 1 && kept >= 16) {
        put_transposed(p, lines, y, kept);
    } else {
        put_values(p, lines, y, step, kept);
    }
}

/* Computes again what is not finite. `line`: of a pixel that begins where the tensors do. */
RARE void settle_lines(const formula *f, const pixels *p, result_lines results, channel_line line)
{
    for (uint lane = p->first; lane < p->end; lane++) {
        channel_line own = line;
        own.x += p->x[lane];
#if BACKWARD
        own.dy += p->dy[lane];
#endif
        for (ulong c = 0; c < line.kept; c++) {
            __global real *result = results.at + c * results.step + lane;
            if (!isfinite(*result))
                *result = extreme_result(f, &own, c);
        }
    }
}
