/*
 * Local response normalization with windows of every length, and on tensors with gaps: the cpu schedule's
 * kernels whose cost does not depend on the window, against the reference.
 */
#include "harness.h"
#include "walk.h"

#include <math.h>
#include <stdio.h>

/* ---- Problems ---- */

/* Where the channels are, and what lies side by side. */
typedef enum layout {
    CHANNELS_LAST,
    CHANNELS_FIRST,
    CROP_LAST,  /* some of the pixels of a larger tensor, channels last */
    CROP_FIRST, /* the same, channels first */
    SOME_CHANNELS,
    APART, /* nothing lies side by side */
    LAYOUTS
} layout;

static const int axes[LAYOUTS] = {2, 0, 2, 0, 2, 0};

/* A tensor of `channels`, and of rows of pixels. */
static clnorm_tensor laid_out(layout which, size_t channels, size_t rows, size_t width)
{
    const bool last = axes[which] == 2;
    const size_t dims[] = {last ? rows : channels, last ? width : rows, last ? channels : width};
    const size_t gaps[LAYOUTS][2] = {[CROP_LAST] = {2 * channels, 0},
                                     [CROP_FIRST] = {5, 3 * (width + 5)},
                                     [SOME_CHANNELS] = {0, 3},
                                     [APART] = {1, 0}};
    size_t strides[3];
    strides[2] = which == APART ? 2 : 1;
    strides[1] = dims[2] * strides[2] + (last ? gaps[which][1] : gaps[which][0]);
    strides[0] = dims[1] * strides[1] + (last ? gaps[which][0] : gaps[which][1]);
    return clnorm_tensor_strided(CLNORM_F32, 3, dims, strides);
}

static clnorm_op problem_of(layout which, size_t channels, size_t rows, size_t width)
{
    clnorm_op op = clnorm_local_response_normalization(laid_out(which, channels, rows, width));
    op.axis = axes[which];
    op.alpha = 0.3;
    return op;
}

static void check(const clnorm_op *op, uint64_t seed, clnorm_context *context)
{
    trial t;
    trial_begin(&t, op);
    t.shift = seed % 5;
    t.one_buffer = seed % 2;
    trial_fill(&t, DATA_NORMAL, seed);
    trial_check(&t, context);
    trial_end(&t);
}

/* Forward, backward, and with gradients added to what is there. */
static void check_directions(clnorm_op op, clnorm_context *context)
{
    static uint64_t seed;
    check(&op, ++seed, context);
    op.mode = CLNORM_BACKWARD;
    op.accumulate_dx = seed % 2;
    check(&op, ++seed, context);
}

/* ---- Tests ---- */

/* Before and after: around the lengths where other kernels end, lopsided, and longer than some tensors have
 * channels. */
static const int windows[][2] = {{8, 8},   {8, 9},  {17, 0},  {0, 17},  {16, 15},
                                 {16, 16}, {2, 31}, {50, 50}, {100, 1}, {1000000, 7}};
enum { WINDOWS = sizeof windows / sizeof *windows };

/* Fewer than a vector, whole vectors, and others; around the windows' lengths, and around twice these. */
static const size_t channels[] = {1, 15, 16, 17, 32, 33, 34, 65, 101};
enum { CHANNELS = sizeof channels / sizeof *channels };

START_TEST(every_window)
{
    clnorm_context *context = harness_context(CLNORM_KERNELS_CPU);
    for (size_t w = 0; w < WINDOWS; w++) {
        for (size_t c = 0; c < CHANNELS; c++) {
            clnorm_op op = problem_of((layout)_i, channels[c], 2, 9);
            op.window_before = windows[w][0];
            op.window_after = windows[w][1];
            check_directions(op, context);
        }
    }
    printf("layout %d: at most %.2f of the bound\n", _i, harness_worst());
    clnorm_context_destroy(context);
}
END_TEST

/* Rows of pixels that fill vectors, or overlap, or are shorter; and one pixel. */
START_TEST(every_width)
{
    static const size_t widths[] = {1, 2, 5, 15, 16, 17, 31, 32, 33, 47};
    clnorm_context *context = harness_context(CLNORM_KERNELS_CPU);
    for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
        for (size_t rows = 1; rows <= 5; rows += 2) {
            clnorm_op op = problem_of((layout)_i, 21, rows, widths[w]);
            op.depth_radius = 9 + (int)rows;
            check_directions(op, context);
            op.depth_radius = 2;
            check_directions(op, context);
        }
    }
    clnorm_context_destroy(context);
}
END_TEST

/* x, y, dy and dx lie in four ways. */
START_TEST(other_layouts_of_results)
{
    clnorm_context *context = harness_context(CLNORM_KERNELS_CPU);
    for (layout which = 0; which < LAYOUTS; which++) {
        for (layout other = 0; other < LAYOUTS; other++) {
            if (axes[which] != axes[other])
                continue;
            clnorm_op op = problem_of(which, 37, 4, 19);
            op.depth_radius = 13;
            op.y = laid_out(other, 37, 4, 19);
            check(&op, 1, context);
            op.mode = CLNORM_BACKWARD;
            op.dy = laid_out(other, 37, 4, 19);
            op.dx = laid_out((other + 2) % LAYOUTS, 37, 4, 19);
            op.accumulate_dx = which % 2;
            check(&op, 2, context);
        }
    }
    clnorm_context_destroy(context);
}
END_TEST

/* Each path of the formula. */
START_TEST(every_exponent)
{
    static const double betas[] = {0, 0.5, 0.75, 1, 0.6, -2.5};
    clnorm_context *context = harness_context(CLNORM_KERNELS_CPU);
    clnorm_op op = problem_of(CROP_FIRST, 70, 3, 37);
    op.beta = betas[_i];
    for (op.depth_radius = 3; op.depth_radius < 100; op.depth_radius *= 5)
        check_directions(op, context);
    op.alpha = -1e-3;
    check_directions(op, context);
    clnorm_context_destroy(context);
}
END_TEST

/* What is not finite spoils only the windows that hold it; what is too large for fp32 on the way, none. */
START_TEST(extremes)
{
    static const float all[] = {INFINITY, NAN, 3e38f, 1e30f, 1e-40f};
    enum { EXTREMES = sizeof all / sizeof *all };
    clnorm_context *context = harness_context(CLNORM_KERNELS_CPU);
    for (size_t i = 0; i < 3 * EXTREMES; i++) {
        clnorm_op op = problem_of((layout)_i, 70, 3, 19);
        op.depth_radius = i % 2 == 0 ? 20 : 3;
        op.mode = i / EXTREMES == 0 ? CLNORM_INFER : CLNORM_BACKWARD;
        op.accumulate_dx = i / EXTREMES == 2;
        trial t;
        trial_begin(&t, &op);
        trial_fill(&t, DATA_NORMAL, i);
        size_t number = 0;
        for (walk w = walk_begin(&trial_operand(&t, "x")->tensor); w.left; walk_next(&w))
            if (number++ % 97 == 13)
                trial_input(&t, "x")[w.place] = all[i % EXTREMES];
        trial_check(&t, context);
        trial_end(&t);
    }
    clnorm_context_destroy(context);
}
END_TEST

/* The second of two floats stays right over many channels. */
START_TEST(many_channels)
{
    clnorm_context *context = harness_context(CLNORM_KERNELS_CPU);
    clnorm_op op = problem_of(CHANNELS_LAST, 20011, 1, 2);
    op.depth_radius = 5000;
    op.alpha = 1;
    check(&op, 1, context);
    op.beta = 2.5;
    check(&op, 2, context);
    clnorm_context_destroy(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("window_long");
    TCase *cases = tcase_create("windows");
    tcase_set_timeout(cases, 1200);
    tcase_add_loop_test(cases, every_window, 0, LAYOUTS);
    tcase_add_loop_test(cases, every_width, 0, LAYOUTS);
    tcase_add_test(cases, other_layouts_of_results);
    tcase_add_loop_test(cases, every_exponent, 0, 6);
    tcase_add_loop_test(cases, extremes, 0, LAYOUTS);
    tcase_add_test(cases, many_channels);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
