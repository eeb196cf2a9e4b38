/* Which variant is chosen, on invented devices, and what its launches look like. */
#include "chosen.h"

#include <stdio.h>
#include <string.h>

static const caps two_cores = {.type = CL_DEVICE_TYPE_CPU,
                               .compute_units = 2,
                               .max_work_group_size = 4096,
                               .max_work_item_size = 4096,
                               .local_memory = 32768,
                               .cache = (size_t)32 << 20,
                               .address_bits = 64,
                               .compiler = true};
static const caps one_item = {.type = CL_DEVICE_TYPE_CPU,
                              .compute_units = 1,
                              .max_work_group_size = 1,
                              .max_work_item_size = 1,
                              .local_memory = 1024,
                              .address_bits = 32};
static const caps large_gpu = {.type = CL_DEVICE_TYPE_GPU,
                               .compute_units = 128,
                               .max_work_group_size = 1024,
                               .max_work_item_size = 1024,
                               .local_memory = 49152,
                               .cache = (size_t)64 << 20,
                               .address_bits = 64,
                               .compiler = true};
static const caps small_gpu = {.type = CL_DEVICE_TYPE_GPU,
                               .compute_units = 4,
                               .max_work_group_size = 64,
                               .max_work_item_size = 64,
                               .local_memory = 2048,
                               .address_bits = 32,
                               .compiler = true};

static clnorm_op batch_norm(clnorm_mode mode, clnorm_tensor x, int axis)
{
    clnorm_op op = clnorm_batch_normalization(x);
    op.mode = mode;
    op.axis = axis;
    return op;
}

static choice choose_for(const clnorm_op *given, const caps *device, clnorm_kernels schedule)
{
    const problem p = problem_of(given);
    return choose_of(&p, device, schedule);
}

static clnorm_tensor nchw(size_t n, size_t c, size_t h, size_t w)
{
    return clnorm_tensor_4d(CLNORM_F32, n, c, h, w);
}

static bool has_option(const choice *chosen, const char *option)
{
    return strstr(chosen->steps[0].options, option) != NULL;
}

/* A shape, the variant that must be taken, and the work-groups of its first step. */
static void assert_chosen(const clnorm_op *op, const char *variant, size_t first, size_t last)
{
    const choice chosen = choose_for(op, &two_cores, CLNORM_KERNELS_CPU);
    ck_assert_str_eq(chosen.variant, variant);
    ck_assert_uint_eq(work_groups(&chosen.steps[0]), first);
    ck_assert_uint_eq(work_groups(&chosen.steps[chosen.step_count - 1]), last);
}

START_TEST(cpu_batch_norm_infer_is_a_few_long_pieces)
{
    clnorm_op op = batch_norm(CLNORM_INFER, nchw(32, 64, 112, 112), 1);
    assert_chosen(&op, "cpu/plane/map", 8, 8);
    op = batch_norm(CLNORM_INFER, nchw(32, 112, 112, 64), -1);
    assert_chosen(&op, "cpu/column/map", 8, 8);
    op = batch_norm(CLNORM_INFER, nchw(31, 61, 13, 13), 1);
    assert_chosen(&op, "cpu/plane/map", 8, 8);
    op = batch_norm(CLNORM_INFER, nchw(1, 2, 3, 5), 1);
    assert_chosen(&op, "cpu/plane/map", 1, 1);
}
END_TEST

START_TEST(cpu_batch_norm_train_is_one_launch_where_channels_suffice)
{
    clnorm_op op = batch_norm(CLNORM_TRAIN, nchw(32, 64, 112, 112), 1);
    assert_chosen(&op, "cpu/plane/fused", 8, 8);
    op = batch_norm(CLNORM_TRAIN, nchw(32, 256, 14, 14), 1);
    assert_chosen(&op, "cpu/plane/fused", 8, 8);
    op = batch_norm(CLNORM_TRAIN, nchw(1, 64, 56, 56), 1);
    assert_chosen(&op, "cpu/plane/fused", 8, 8);
    op = batch_norm(CLNORM_TRAIN, nchw(2, 3, 1024, 1024), 1);
    assert_chosen(&op, "cpu/plane/split", 3 * 32, 8);
    op = batch_norm(CLNORM_TRAIN, nchw(32, 112, 112, 64), -1);
    assert_chosen(&op, "cpu/column/split", 392, 8);
    op = batch_norm(CLNORM_TRAIN, clnorm_tensor_2d(CLNORM_F32, 4096, 1000), -1);
    assert_chosen(&op, "cpu/column/split", 4 * 4, 8);
    op = batch_norm(CLNORM_TRAIN, nchw(8, 7, 7, 512), -1);
    assert_chosen(&op, "cpu/column/fused", 8, 8);
}
END_TEST

START_TEST(cpu_local_response_norm_keeps_its_window_in_registers)
{
    clnorm_op op = clnorm_local_response_normalization(nchw(32, 64, 112, 112));
    op.axis = 1;
    op.depth_radius = 2;
    assert_chosen(&op, "cpu/window/inner", 32 * 49, 32 * 49);
    op.x = nchw(32, 112, 112, 64);
    op.axis = -1;
    assert_chosen(&op, "cpu/window/last", 8, 8);
}
END_TEST

START_TEST(cpu_takes_long_windows_in_vectors_of_pixels)
{
    clnorm_op op = clnorm_local_response_normalization(nchw(32, 112, 112, 64));
    op.depth_radius = 31; /* a window of 63 */
    assert_chosen(&op, "cpu/window/long", 8, 8);
    choice chosen = choose_for(&op, &two_cores, CLNORM_KERNELS_CPU);
    ck_assert_ptr_nonnull(strstr(chosen.refusals, "cpu/window/last: a long window"));
    ck_assert_uint_eq(chosen.steps[0].arguments.items[0].number, 32 * 112 * 112 / 16);
    ck_assert_uint_eq(chosen.scratch_bytes, 8 * 3 * 64 * 64);
    op.mode = CLNORM_BACKWARD;
    assert_chosen(&op, "cpu/window_gradient/long", 8, 8);
    op.depth_radius = 8;
    assert_chosen(&op, "cpu/window_gradient/last", 8, 8);
    op.window_after = 9;
    assert_chosen(&op, "cpu/window_gradient/long", 8, 8);
    op.mode = CLNORM_INFER;
    chosen = choose_for(&op, &two_cores, CLNORM_KERNELS_CPU);
    ck_assert_str_eq(chosen.variant, "cpu/window/long");
    ck_assert_ptr_nonnull(strstr(chosen.refusals, "cpu/window/last: a window that two vectors do not hold"));
    op.x = nchw(32, 64, 112, 112);
    op.axis = 1;
    assert_chosen(&op, "cpu/window/inner", 32 * 49, 32 * 49);
}
END_TEST

/* Some of the pixels of a larger image: rows of whole vectors, the last of which overlaps, or pixels as they
 * come; any window has the same program, except that long ones take sums in two floats. */
START_TEST(cpu_takes_windows_over_gaps_in_vectors_of_pixels)
{
    clnorm_op op = clnorm_local_response_normalization(nchw(4, 64, 50, 50));
    op.axis = 1;
    op.depth_radius = 2;
    op.x.strides[0] = 64 * (op.x.strides[1] = 56 * (op.x.strides[2] = 56));
    op.y = op.x;
    choice chosen = choose_for(&op, &two_cores, CLNORM_KERNELS_CPU), other;
    ck_assert_str_eq(chosen.variant, "cpu/window/long");
    ck_assert(has_option(&chosen, "-DWINDOW_IS_LONG=0"));
    ck_assert_uint_eq(chosen.steps[0].arguments.items[0].number, 4 * 50 * 4);
    op.depth_radius = 8;
    other = choose_for(&op, &two_cores, CLNORM_KERNELS_CPU);
    ck_assert_str_eq(chosen.steps[0].options, other.steps[0].options);
    op.depth_radius = 9;
    other = choose_for(&op, &two_cores, CLNORM_KERNELS_CPU);
    ck_assert(has_option(&other, "-DWINDOW_IS_LONG=1"));
    op.x.dims[3] = 15;
    op.y.dims[3] = 15;
    chosen = choose_for(&op, &two_cores, CLNORM_KERNELS_CPU);
    ck_assert_uint_eq(chosen.steps[0].arguments.items[0].number, (4 * 50 * 15 + 15) / 16);
}
END_TEST

/* Work-items are few enough for their scratch, however many cores there are; the last item has work. */
START_TEST(scratch_of_long_windows_is_limited)
{
    clnorm_op op = clnorm_local_response_normalization(clnorm_tensor_2d(CLNORM_F32, 100000, 20000));
    op.depth_radius = 100;
    caps many = two_cores;
    many.compute_units = 64;
    const choice chosen = choose_for(&op, &many, CLNORM_KERNELS_CPU);
    const argument *arguments = chosen.steps[0].arguments.items;
    ck_assert_str_eq(chosen.variant, "cpu/window/long");
    ck_assert_uint_le(chosen.scratch_bytes, 64 << 20);
    ck_assert_uint_gt(chosen.scratch_bytes, 48 << 20);
    ck_assert_uint_lt((work_groups(&chosen.steps[0]) - 1) * arguments[1].number, arguments[0].number);
    op.x = clnorm_tensor_2d(CLNORM_F32, 100, 300000);
    const choice refused = choose_for(&op, &many, CLNORM_KERNELS_CPU);
    ck_assert_str_eq(refused.variant, "strided/window");
    ck_assert_ptr_nonnull(strstr(refused.refusals, "cpu/window/long: more channels"));
}
END_TEST

/* Rows of 61 columns fill no vector evenly; 16 of them do, and what is left is a tail. */
START_TEST(cpu_folds_rows_of_few_columns)
{
    clnorm_op op = batch_norm(CLNORM_TRAIN, nchw(31, 13, 13, 61), -1);
    const choice chosen = choose_for(&op, &two_cores, CLNORM_KERNELS_CPU);
    ck_assert_str_eq(chosen.variant, "cpu/column/split");
    const argument *arguments = chosen.steps[0].arguments.items;
    ck_assert_uint_eq(arguments[3].number, 5239 / 16);
    ck_assert_uint_eq(arguments[4].number, 16 * 61);
    ck_assert_uint_eq(arguments[5].number, 61);
    ck_assert_uint_eq(arguments[6].number, 5239 % 16 * 61);
    op.x = nchw(31, 13, 13, 64);
    const choice whole = choose_for(&op, &two_cores, CLNORM_KERNELS_CPU);
    ck_assert_uint_eq(whole.steps[0].arguments.items[4].number, 64);
}
END_TEST

START_TEST(cpu_l2_is_one_launch)
{
    clnorm_op op = clnorm_l2_normalize(clnorm_tensor_2d(CLNORM_F32, 8192, 1024), -1);
    assert_chosen(&op, "cpu/plane/fused", 8, 8);
    op = clnorm_l2_normalize(clnorm_tensor_2d(CLNORM_F32, 1, 4096), -1);
    assert_chosen(&op, "cpu/plane/fused", 1, 1);
    op = clnorm_l2_normalize(nchw(32, 64, 112, 112), 1);
    assert_chosen(&op, "cpu/column/fused", 8, 8);
    op = clnorm_l2_normalize(nchw(32, 64, 112, 112), -1);
    assert_chosen(&op, "cpu/plane/rows", 8, 8);
}
END_TEST

START_TEST(strided_tensors_take_the_last_variant)
{
    const size_t dims[] = {4, 5, 6}, strides[] = {60, 12, 2};
    clnorm_op op = batch_norm(CLNORM_TRAIN, clnorm_tensor_strided(CLNORM_F32, 3, dims, strides), 1);
    const choice on_cpu = choose_for(&op, &two_cores, CLNORM_KERNELS_CPU);
    const choice on_gpu = choose_for(&op, &large_gpu, CLNORM_KERNELS_GPU);
    ck_assert_str_eq(on_cpu.variant, "strided/groups");
    ck_assert_str_eq(on_gpu.variant, "strided/groups");
    ck_assert_ptr_nonnull(strstr(on_gpu.refusals, "gpu/plane/fused: not dense"));
}
END_TEST

START_TEST(the_last_dimension_of_a_choice_fits_the_device)
{
    const caps *const devices[] = {&two_cores, &one_item, &large_gpu, &small_gpu};
    const clnorm_mode modes[] = {CLNORM_INFER, CLNORM_TRAIN, CLNORM_STATISTICS};
    const size_t sizes[] = {1, 2, 7, 64, 1000, 70001};
    for (size_t d = 0; d < COUNT_OF(devices); d++) {
        for (size_t i = 0; i < COUNT_OF(sizes) * COUNT_OF(sizes) * 3 * 2; i++) {
            const size_t a = sizes[i % 6], b = sizes[i / 6 % 6];
            const clnorm_op op =
                batch_norm(modes[i / 36 % 3], clnorm_tensor_3d(CLNORM_F32, a, b, 3), i / 108 == 0 ? 1 : 2);
            for (clnorm_kernels k = CLNORM_KERNELS_CPU; k <= CLNORM_KERNELS_FPGA; k++) {
                const choice chosen = choose_for(&op, devices[d], k);
                for (size_t s = 0; s < chosen.step_count; s++) {
                    const step *launched = &chosen.steps[s];
                    size_t local = 1;
                    for (cl_uint n = 0; n < launched->dimensions; n++) {
                        local *= launched->local[n];
                        ck_assert_uint_gt(launched->global[n], 0);
                        ck_assert_uint_eq(launched->global[n] % launched->local[n], 0);
                    }
                    ck_assert_uint_le(local, devices[d]->max_work_group_size);
                    ck_assert_int_eq(launched->arguments.items[0].kind, ARGUMENT_INDEX);
                    ck_assert_uint_gt(launched->arguments.items[0].number, 0);
                }
            }
        }
    }
}
END_TEST

START_TEST(gpu_work_fills_the_device)
{
    clnorm_op op = batch_norm(CLNORM_TRAIN, clnorm_tensor_3d(CLNORM_F32, 1, 2, 10000000), 1);
    choice chosen = choose_for(&op, &large_gpu, CLNORM_KERNELS_GPU);
    ck_assert_str_eq(chosen.variant, "gpu/plane/split");
    ck_assert_uint_eq(chosen.step_count, 3); /* statistics, merge, map */
    ck_assert_uint_ge(work_groups(&chosen.steps[0]), 2 * 128);
    op = batch_norm(CLNORM_TRAIN, clnorm_tensor_2d(CLNORM_F32, 1000000, 64), -1);
    chosen = choose_for(&op, &large_gpu, CLNORM_KERNELS_GPU);
    ck_assert_str_eq(chosen.variant, "gpu/column/split");
    ck_assert_uint_ge(work_groups(&chosen.steps[0]), 2 * 128);
    op = clnorm_l2_normalize(clnorm_tensor_2d(CLNORM_F32, 8192, 1024), -1);
    chosen = choose_for(&op, &large_gpu, CLNORM_KERNELS_GPU);
    ck_assert_str_eq(chosen.variant, "gpu/plane/fused");
    ck_assert_uint_eq(chosen.steps[0].local[0], 256);
    chosen = choose_for(&op, &small_gpu, CLNORM_KERNELS_GPU);
    ck_assert_uint_eq(chosen.steps[0].local[0], 64);
    chosen = choose_for(&op, &one_item, CLNORM_KERNELS_GPU);
    ck_assert_uint_eq(chosen.steps[0].local[0], 1);
}
END_TEST

START_TEST(options_hold_what_changes_the_code)
{
    clnorm_op op = batch_norm(CLNORM_INFER, nchw(32, 64, 112, 112), 1);
    choice chosen = choose_for(&op, &two_cores, CLNORM_KERNELS_CPU);
    ck_assert(has_option(&chosen, "-DSTREAM=1"));
    ck_assert(has_option(&chosen, "-DINDEX_BITS=32"));
    op = batch_norm(CLNORM_INFER, nchw(1, 64, 56, 56), 1);
    const choice small = choose_for(&op, &two_cores, CLNORM_KERNELS_CPU);
    ck_assert(has_option(&small, "-DSTREAM=0"));
    op = batch_norm(CLNORM_INFER, nchw(2, 64, 56, 57), 1); /* another shape, the same program */
    op.epsilon = 1e-3;
    chosen = choose_for(&op, &two_cores, CLNORM_KERNELS_CPU);
    ck_assert_str_eq(chosen.steps[0].options, small.steps[0].options);
    op = batch_norm(CLNORM_INFER, nchw(1 << 10, 1 << 10, 1 << 6, 1 << 6), 1); /* 2^32 elements */
    chosen = choose_for(&op, &two_cores, CLNORM_KERNELS_CPU);
    ck_assert(has_option(&chosen, "-DINDEX_BITS=64"));
    ck_assert_uint_eq(chosen.steps[0].arguments.items[0].number, (uint64_t)1 << 32);
}
END_TEST

/* Whether results of so many bytes bypass the caches. */
static bool streams(size_t bytes, unsigned units, size_t claimed_mib, size_t near_kib, size_t far_kib)
{
    const clnorm_op op = batch_norm(CLNORM_INFER, clnorm_tensor_2d(CLNORM_F32, bytes / 4 / 16, 16), 1);
    caps device = two_cores;
    device.compute_units = units;
    device.cache = claimed_mib << 20;
    device.unit_cache = (cpu_cache){near_kib << 10, far_kib << 10};
    const choice chosen = choose_for(&op, &device, CLNORM_KERNELS_CPU);
    return has_option(&chosen, "-DSTREAM=1");
}

/* A driver's claim counts for a few MiB a core at most. */
START_TEST(results_that_no_cache_holds_bypass_it)
{
    enum { MIB = 1 << 20 };
    const struct {
        unsigned units;
        size_t claimed_mib, near_kib, far_kib;
        size_t kept, streamed; /* MiB */
    } devices[] = {
        {2, 260, 0, 0, 5, 7},             /* a virtual machine that is told of its socket's cache */
        {2, 260, 2048, 133120, 7, 9},     /* the same with levels: 2 MiB a core, 130 of the shared one */
        {16, 32, 512, 2048, 16, 24},      /* a desktop */
        {16, 32, 0, 0, 15, 17},           /* the same without levels */
        {1, 0, 0, 0, 2, 4},               /* nothing is known */
        {4, 1, 512, 0, 1, 2},             /* no shared cache */
        {128, 512, 1024, 4096, 310, 330}, /* a server */
    };
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++) {
        const unsigned units = devices[i].units;
        const size_t claimed = devices[i].claimed_mib, near = devices[i].near_kib, far = devices[i].far_kib;
        ck_assert_msg(!streams(devices[i].kept * MIB, units, claimed, near, far), "device %zu streams", i);
        ck_assert_msg(streams(devices[i].streamed * MIB, units, claimed, near, far), "device %zu keeps", i);
    }
}
END_TEST

/* A pitch, a crop, and some channels of a larger tensor; gaps between all values are for the strided kernels.
 */
START_TEST(tensors_with_gaps)
{
    clnorm_op op = batch_norm(CLNORM_TRAIN, nchw(8, 64, 112, 112), 1);
    const clnorm_tensor dense = op.x;
    op.x.strides[0] = (op.x.strides[1] = 112 * (op.x.strides[2] = 128)) * 64;
    assert_chosen(&op, "cpu/gap_runs", 8, 8);
    op.y = dense;
    assert_chosen(&op, "cpu/gap_runs", 8, 8);
    op = batch_norm(CLNORM_INFER, nchw(8, 112, 112, 64), 3);
    op.x.strides[0] = (op.x.strides[1] = 112 * (op.x.strides[2] = 128)) * 112;
    assert_chosen(&op, "cpu/gap_columns", 8, 8);
    op.mode = CLNORM_TRAIN;
    assert_chosen(&op, "cpu/gap_columns", 4, 4);
    op = clnorm_l2_normalize(clnorm_tensor_2d(CLNORM_F32, 8192, 1024), 1);
    op.x.strides[0] = 1040;
    assert_chosen(&op, "cpu/gap_runs", 8, 8);
    op.x = clnorm_tensor_2d(CLNORM_F32, 8192, 15); /* shorter than a vector */
    op.x.strides[0] = 16;
    assert_chosen(&op, "strided/groups", 512, 512);
    op.x = clnorm_tensor_2d(CLNORM_F32, 100, 1024);
    op.x.strides[1] = 2;
    op.x.strides[0] = 2048;
    assert_chosen(&op, "strided/groups", 7, 7);
}
END_TEST

/* Gamma and beta of any shape take the same kernels, if both vary along a vector, or neither does. */
START_TEST(parameters_of_any_shape)
{
    clnorm_op op = batch_norm(CLNORM_INFER, nchw(8, 64, 20, 20), 1);
    op.gamma_tensor = op.beta_tensor = nchw(8, 64, 1, 1);
    choice chosen = choose_for(&op, &two_cores, CLNORM_KERNELS_CPU);
    ck_assert_str_eq(chosen.variant, "cpu/gap_runs");
    ck_assert(has_option(&chosen, "-DOPERANDS_VARY=0"));
    op.mode = CLNORM_TRAIN;
    op.gamma_tensor = op.beta_tensor = nchw(1, 1, 20, 20);
    chosen = choose_for(&op, &two_cores, CLNORM_KERNELS_CPU);
    ck_assert_str_eq(chosen.variant, "cpu/gap_runs");
    ck_assert(has_option(&chosen, "-DOPERANDS_VARY=1"));
    op.beta_tensor = nchw(1, 64, 1, 1);
    chosen = choose_for(&op, &two_cores, CLNORM_KERNELS_CPU);
    ck_assert_str_eq(chosen.variant, "strided/groups");
}
END_TEST

START_TEST(one_window_serves_every_number_of_channels)
{
    clnorm_op op = clnorm_local_response_normalization(clnorm_tensor_2d(CLNORM_F32, 9, 64));
    const choice wide = choose_for(&op, &two_cores, CLNORM_KERNELS_CPU);
    op.x = clnorm_tensor_2d(CLNORM_F32, 9, 3);
    const choice narrow = choose_for(&op, &two_cores, CLNORM_KERNELS_CPU);
    ck_assert_str_eq(wide.steps[0].options, narrow.steps[0].options);
    op.depth_radius = 200; /* long, but three channels leave a window of five */
    const choice clipped = choose_for(&op, &two_cores, CLNORM_KERNELS_CPU);
    ck_assert_str_eq(clipped.variant, "cpu/window/last");
    ck_assert(has_option(&clipped, "-DWINDOW_BEFORE=2"));
}
END_TEST

/* Partial sums may depend on the problem, never on the device's cores. */
START_TEST(parts_do_not_depend_on_cores)
{
    const clnorm_op op = batch_norm(CLNORM_TRAIN, nchw(2, 3, 1024, 1024), 1);
    caps many = two_cores;
    many.compute_units = 64;
    many.cache = 0;
    const choice few_cores = choose_for(&op, &two_cores, CLNORM_KERNELS_CPU);
    const choice many_cores = choose_for(&op, &many, CLNORM_KERNELS_CPU);
    ck_assert_uint_eq(few_cores.scratch_bytes, many_cores.scratch_bytes);
    ck_assert_uint_eq(work_groups(&few_cores.steps[0]), work_groups(&many_cores.steps[0]));
}
END_TEST

static choice choose_tuned(const clnorm_op *op, const caps *device, clnorm_kernels schedule,
                           tuning_index index, size_t value)
{
    caps tuned = *device;
    tuned.tuning.values[index] = value;
    return choose_for(op, &tuned, schedule);
}

static void assert_tuned(const clnorm_op *op, tuning_index index, size_t value, const char *variant,
                         size_t first)
{
    const choice chosen = choose_tuned(op, &two_cores, CLNORM_KERNELS_CPU, index, value);
    ck_assert_str_eq(chosen.variant, variant);
    ck_assert_uint_eq(work_groups(&chosen.steps[0]), first);
}

START_TEST(cpu_kernels_take_what_was_measured)
{
    clnorm_op op = batch_norm(CLNORM_INFER, nchw(32, 64, 112, 112), 1);
    assert_tuned(&op, TUNING_PIECES_PER_UNIT, 1, "cpu/plane/map", 2);
    assert_tuned(&op, TUNING_PIECES_PER_UNIT, 64, "cpu/plane/map", 128);
    assert_tuned(&op, TUNING_PIECES_PER_UNIT, SIZE_MAX, "cpu/plane/map", 128);
    op = batch_norm(CLNORM_TRAIN, nchw(1, 2, 256, 128), 1); /* 65536 values */
    assert_tuned(&op, TUNING_SMALL_TENSOR, 0, "cpu/plane/fused", 2);
    assert_tuned(&op, TUNING_SMALL_TENSOR, 65535, "cpu/plane/split", 2);
    op = batch_norm(CLNORM_TRAIN, nchw(1, 64, 64, 128), -1); /* 8 blocks of 16 columns: 65536 values each */
    assert_tuned(&op, TUNING_STRIP_VALUES, 0, "cpu/column/fused", 8);
    assert_tuned(&op, TUNING_STRIP_VALUES, 65536, "cpu/column/fused", 8);
    assert_tuned(&op, TUNING_STRIP_VALUES, 65535, "cpu/column/split", 8);
    op = batch_norm(CLNORM_INFER, nchw(1, 1, 1024, 1024), 1);
    const size_t bytes = (size_t)4 << 20;
    choice chosen = choose_tuned(&op, &two_cores, CLNORM_KERNELS_CPU, TUNING_STREAM_BYTES, bytes);
    ck_assert(has_option(&chosen, "-DSTREAM=0"));
    chosen = choose_tuned(&op, &two_cores, CLNORM_KERNELS_CPU, TUNING_STREAM_BYTES, bytes - 1);
    ck_assert(has_option(&chosen, "-DSTREAM=1"));
}
END_TEST

START_TEST(gpu_kernels_take_what_was_measured)
{
    clnorm_op op = batch_norm(CLNORM_INFER, nchw(1, 8, 8, 64), -1);
    static const size_t values[] = {0, 1, 2, 3, 4, SIZE_MAX}, lanes[] = {4, 1, 2, 2, 4, 4};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        const choice chosen = choose_tuned(&op, &large_gpu, CLNORM_KERNELS_GPU, TUNING_MAP_LANES, values[i]);
        char file[32];
        snprintf(file, sizeof file, "lanes/%zu.cl", lanes[i]);
        ck_assert_str_eq(chosen.variant, "gpu/column/map");
        const step *s = &chosen.steps[0];
        ck_assert_msg(lanes[i] == 1 ? s->source_count == 4 : strcmp(s->sources[3], file) == 0,
                      "%zu lanes are allowed, and there is %s", values[i], s->sources[3]);
    }
    op.x.dims[3] = 62;
    op.x = nchw(1, 8, 8, 62); /* not divisible by 4 */
    choice chosen = choose_tuned(&op, &large_gpu, CLNORM_KERNELS_GPU, TUNING_MAP_LANES, 4);
    ck_assert_str_eq(chosen.steps[0].sources[3], "lanes/2.cl");
    op = batch_norm(CLNORM_TRAIN, nchw(1, 1, 100000, 64), -1); /* what is summed stays as it is */
    const choice usual = choose_for(&op, &large_gpu, CLNORM_KERNELS_GPU);
    chosen = choose_tuned(&op, &large_gpu, CLNORM_KERNELS_GPU, TUNING_MAP_LANES, 1);
    ck_assert_str_eq(chosen.variant, "gpu/column/split");
    ck_assert_str_eq(chosen.steps[0].options, usual.steps[0].options);
    ck_assert_str_eq(chosen.steps[0].sources[3], usual.steps[0].sources[3]);

    op = clnorm_local_response_normalization(nchw(1, 256, 16, 16));
    op.axis = 1;
    chosen = choose_tuned(&op, &small_gpu, CLNORM_KERNELS_GPU, TUNING_GROUPS_PER_UNIT, 1);
    ck_assert_uint_eq(work_groups(&chosen.steps[0]), 4);
    chosen = choose_tuned(&op, &small_gpu, CLNORM_KERNELS_GPU, TUNING_GROUPS_PER_UNIT, 2);
    ck_assert_uint_eq(work_groups(&chosen.steps[0]), 8);
}
END_TEST

/* Columns that are folded are summed in another order than others, so a value may not decide. */
START_TEST(folded_columns_do_not_depend_on_what_was_measured)
{
    static const size_t ends[] = {1, SIZE_MAX};
    for (size_t rows = 4000; rows <= 5000; rows += 1000) {
        const clnorm_op op = batch_norm(CLNORM_TRAIN, nchw(1, 1, rows, 61), -1);
        const choice usual = choose_for(&op, &two_cores, CLNORM_KERNELS_CPU);
        ck_assert_str_eq(usual.variant, rows == 4000 ? "cpu/column/fused" : "cpu/column/split");
        for (size_t i = 0; i < TUNING_COUNT; i++) {
            for (size_t k = 0; k < 2; k++) {
                const choice chosen =
                    choose_tuned(&op, &two_cores, CLNORM_KERNELS_CPU, (tuning_index)i, ends[k]);
                ck_assert_str_eq(chosen.variant, usual.variant);
            }
        }
    }
}
END_TEST

/* Where size_t has 32 bits, x may have as many elements: two values for each are more bytes than it
 * counts. */
START_TEST(scratch_that_cannot_be_counted_is_refused)
{
    static const size_t dims[] = {2, 3, 4}, strides[] = {0, 4, 1};
    clnorm_op op = clnorm_local_response_normalization(clnorm_tensor_strided(CLNORM_F32, 3, dims, strides));
    op.mode = CLNORM_BACKWARD;
    op.dx = clnorm_tensor_dense(CLNORM_F32, 3, dims);
    problem p = problem_of(&op);
    choice chosen = choose_of(&p, &large_gpu, CLNORM_KERNELS_GPU);
    ck_assert_uint_eq(chosen.scratch_bytes, 2 * p.elements * sizeof(float));
    p.elements = SIZE_MAX / sizeof(float);
    ck_assert_int_eq(choose(&p, &large_gpu, CLNORM_KERNELS_GPU, &chosen), CLNORM_OUT_OF_MEMORY);
    p = problem_for(&op, CLNORM_KERNELS_FPGA);
    p.elements = SIZE_MAX / sizeof(float);
    ck_assert_int_eq(choose(&p, &two_cores, CLNORM_KERNELS_FPGA, &chosen), CLNORM_OUT_OF_MEMORY);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("choose");
    TCase *cases = tcase_create("choose");
    tcase_add_test(cases, cpu_batch_norm_infer_is_a_few_long_pieces);
    tcase_add_test(cases, cpu_batch_norm_train_is_one_launch_where_channels_suffice);
    tcase_add_test(cases, cpu_local_response_norm_keeps_its_window_in_registers);
    tcase_add_test(cases, cpu_takes_long_windows_in_vectors_of_pixels);
    tcase_add_test(cases, cpu_takes_windows_over_gaps_in_vectors_of_pixels);
    tcase_add_test(cases, scratch_of_long_windows_is_limited);
    tcase_add_test(cases, cpu_folds_rows_of_few_columns);
    tcase_add_test(cases, cpu_l2_is_one_launch);
    tcase_add_test(cases, strided_tensors_take_the_last_variant);
    tcase_add_test(cases, tensors_with_gaps);
    tcase_add_test(cases, parameters_of_any_shape);
    tcase_add_test(cases, the_last_dimension_of_a_choice_fits_the_device);
    tcase_add_test(cases, gpu_work_fills_the_device);
    tcase_add_test(cases, options_hold_what_changes_the_code);
    tcase_add_test(cases, results_that_no_cache_holds_bypass_it);
    tcase_add_test(cases, one_window_serves_every_number_of_channels);
    tcase_add_test(cases, cpu_kernels_take_what_was_measured);
    tcase_add_test(cases, gpu_kernels_take_what_was_measured);
    tcase_add_test(cases, folded_columns_do_not_depend_on_what_was_measured);
    tcase_add_test(cases, parts_do_not_depend_on_cores);
    tcase_add_test(cases, scratch_that_cannot_be_counted_is_refused);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
