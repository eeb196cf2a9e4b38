/* Which faults a driver is known by its names to have, and that what is avoided is not asked for. */
#include "chosen.h"
#include "devices/quirks.h"

#include <string.h>

#define POCL "Portable Computing Language"

static caps after_quirks(const char *platform, const char *device, const char *driver, cl_device_type type)
{
    caps found = {.type = type,
                  .max_work_group_size = 256,
                  .max_work_item_size = 256,
                  .sub_groups = SUB_GROUPS_INTEL,
                  .local_memory = 32768,
                  .compute_units = 4,
                  .address_bits = 64,
                  .compiler = true};
    quirks_apply(&(driver_names){platform, device, driver}, &found);
    return found;
}

static const struct {
    const char *platform, *device, *driver;
    cl_device_type type;
    bool sub_groups, clang_builtins, unrolled_axes;
} drivers[] = {
    {POCL, "cpu-haswell", "3.1+debian", CL_DEVICE_TYPE_CPU, false, true, true},
    {POCL, "cpu-haswell", "5.9", CL_DEVICE_TYPE_CPU, false, true, true},
    {POCL, "cpu-haswell", "6.0+debian", CL_DEVICE_TYPE_CPU, false, true, false},
    {POCL, "cpu-haswell", "6.1", CL_DEVICE_TYPE_CPU, false, true, true},
    {POCL, "cpu-haswell", "60.0", CL_DEVICE_TYPE_CPU, false, true, true},
    {POCL, "NVIDIA H100", "6.0", CL_DEVICE_TYPE_GPU, false, false, false},
    {"rusticl", "llvmpipe (LLVM 19.1.7, 256 bits)", "25.0.7-2+deb13u1", CL_DEVICE_TYPE_CPU, true, false,
     true},
    {"rusticl", "llvmpipe (LLVM 21.1.8, 256 bits)", "26.1.6-1", CL_DEVICE_TYPE_CPU, true, false, true},
    {"rusticl", "AMD Radeon RX 7900 XTX (radeonsi)", "25.0.7", CL_DEVICE_TYPE_GPU, true, false, true},
    {"Intel(R) OpenCL", "Intel(R) Xeon(R)", "2025.20.6.0.4_224945", CL_DEVICE_TYPE_CPU, true, true, true},
    {"Intel(R) OpenCL HD Graphics", "Intel(R) UHD Graphics 630", "24.35.30872", CL_DEVICE_TYPE_GPU, true,
     false, true},
    {"Intel(R) FPGA Emulation Platform for OpenCL(TM)", "Intel(R) FPGA Emulation Device", "2025.20",
     CL_DEVICE_TYPE_ACCELERATOR, true, true, true},
    {"Oclgrind", "Oclgrind Simulator", "21.10", CL_DEVICE_TYPE_CPU, true, true, true},
    {"QUALCOMM Snapdragon(TM)", "QUALCOMM Adreno(TM)", "OpenCL 3.0 QUALCOMM build", CL_DEVICE_TYPE_GPU, false,
     false, true},
    {"NVIDIA CUDA", "NVIDIA H100", "550.54", CL_DEVICE_TYPE_GPU, true, false, true},
    {"", "", "", CL_DEVICE_TYPE_GPU, true, false, true},
};
enum { DRIVERS = sizeof drivers / sizeof *drivers };

START_TEST(avoided)
{
    const caps found =
        after_quirks(drivers[_i].platform, drivers[_i].device, drivers[_i].driver, drivers[_i].type);
    ck_assert_int_eq(found.sub_groups != SUB_GROUPS_NONE, drivers[_i].sub_groups);
    ck_assert_int_eq(found.clang_builtins, drivers[_i].clang_builtins);
    ck_assert_int_eq(!found.no_unrolled_axes, drivers[_i].unrolled_axes);
}
END_TEST

/* Mesa's versions, with its CPU and with a card. */
START_TEST(rusticl)
{
    static const struct {
        const char *device, *driver;
        bool always_inline, exchanging_items, guarded_loads, wide_vectors;
    } cases[] = {
        {"llvmpipe (LLVM 17.0.6, 256 bits)", "24.3.4", false, false, true, false},
        {"llvmpipe (LLVM 19.1.7, 256 bits)", "25.0.7-2+deb13u1", false, false, true, false},
        {"llvmpipe (LLVM 20.1.8, 256 bits)", "25.1.0", true, false, false, false},
        {"llvmpipe (LLVM 21.1.8, 256 bits)", "26.1.6-1", true, false, false, false},
        {"AMD Radeon RX 7900 XTX (radeonsi)", "25.0.7", false, true, true, true},
        {"AMD Radeon RX 7900 XTX (radeonsi)", "26.1.6", true, true, true, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const caps found = after_quirks("rusticl", cases[i].device, cases[i].driver, CL_DEVICE_TYPE_CPU);
        ck_assert_int_eq(!found.no_always_inline, cases[i].always_inline);
        ck_assert_int_eq(!found.no_exchanging_items, cases[i].exchanging_items);
        ck_assert_int_eq(!found.no_guarded_loads, cases[i].guarded_loads);
        ck_assert_int_eq(!found.no_wide_vectors, cases[i].wide_vectors);
    }
}
END_TEST

/* Intel's runtime for CPUs alone: its platform for graphics cards has nearly the same name. */
START_TEST(waiting_threads)
{
    for (int i = 0; i < DRIVERS; i++) {
        const caps found =
            after_quirks(drivers[i].platform, drivers[i].device, drivers[i].driver, drivers[i].type);
        ck_assert_int_eq(found.no_waiting_threads, strcmp(drivers[i].platform, "Intel(R) OpenCL") == 0);
        ck_assert_int_eq(found.may_not_know_processor, strncmp(drivers[i].driver, "2025", 4) == 0);
    }
}
END_TEST

START_TEST(rows)
{
    const driver_names new_pocl = {POCL, "cpu", "7.1+debian"}, old_pocl = {POCL, "cpu", "6.0"};
    const driver_names unknown = {"Somebody's", "gpu", "1.0"};
    ck_assert_str_eq(quirk_of(&new_pocl, 0)->avoided, "sub-groups");
    ck_assert_ptr_null(quirk_of(&new_pocl, 1));
    ck_assert_str_eq(quirk_of(&old_pocl, 1)->versions, "6.0");
    ck_assert_ptr_null(quirk_of(&old_pocl, 2));
    const driver_names old_intel = {"Intel(R) OpenCL", "AMD EPYC", "2024.18.12.0.05_160000"};
    const driver_names new_intel = {"Intel(R) OpenCL", "AMD EPYC", "2026.22.10.0.01_160000"};
    const driver_names emulation = {"Intel(R) FPGA Emulation Platform for OpenCL(TM)",
                                    "Intel(R) FPGA Emulation Device", "2024.18.12.0.05_160000"};
    const driver_names graphics = {"Intel(R) OpenCL HD Graphics", "Intel(R) UHD Graphics 630", "24.35.30872"};
    ck_assert_str_eq(quirk_of(&old_intel, 1)->versions, "before 2026");
    ck_assert_ptr_null(quirk_of(&new_intel, 1));
    ck_assert_str_eq(quirk_of(&emulation, 0)->versions, "before 2026");
    ck_assert_ptr_null(quirk_of(&graphics, 0));
    ck_assert_ptr_null(quirk_of(&unknown, 0));
    ck_assert_ptr_null(clnorm_device_quirk(NULL, 0));
}
END_TEST

static void asks_for(const choice *chosen, const char *option, bool wanted)
{
    for (size_t i = 0; i < chosen->step_count; i++)
        ck_assert_msg((strstr(chosen->steps[i].options, option) != NULL) == wanted, "%s: %s", chosen->variant,
                      chosen->steps[i].options);
}

/* The programs of a driver ask for what it bears, and for nothing else. */
START_TEST(choice_follows)
{
    caps found =
        after_quirks(drivers[_i].platform, drivers[_i].device, drivers[_i].driver, CL_DEVICE_TYPE_GPU);
    clnorm_op op = clnorm_batch_normalization(clnorm_tensor_2d(CLNORM_F32, 64, 19));
    op.mode = CLNORM_TRAIN;
    op.axis = 1;
    problem p = problem_of(&op);
    choice chosen = choose_of(&p, &found, CLNORM_KERNELS_GPU);
    ck_assert_str_eq(chosen.variant, found.no_exchanging_items ? "strided/groups" : "gpu/column/fused");
    asks_for(&chosen, "-DSUB_GROUPS", found.sub_groups != SUB_GROUPS_NONE && !found.no_exchanging_items);
    asks_for(&chosen, "-DCLANG_BUILTINS", found.clang_builtins);
    asks_for(&chosen, " -w", found.clang_builtins);
    asks_for(&chosen, "-DNO_ALWAYS_INLINE", found.no_always_inline);
    op = clnorm_local_response_normalization(clnorm_tensor_2d(CLNORM_F32, 64, 19));
    const problem window = problem_of(&op);
    chosen = choose_of(&window, &found, CLNORM_KERNELS_GPU);
    ck_assert_str_eq(chosen.variant, found.no_exchanging_items ? "gpu/window/any" : "gpu/window/last");
    op.x = op.y = clnorm_tensor_2d(CLNORM_F32, 64, 19);
    op.axis = 0;
    found.max_work_group_size = 1;
    const problem columns = problem_of(&op);
    chosen = choose_of(&columns, &found, CLNORM_KERNELS_GPU);
    ck_assert_str_eq(chosen.variant, found.no_guarded_loads ? "gpu/window/any" : "gpu/window/inner");
    chosen = choose_of(&p, &found, CLNORM_KERNELS_CPU);
    ck_assert_str_eq(chosen.variant, found.no_wide_vectors ? "strided/groups" : "cpu/column/fused");
    p.dense = false;
    chosen = choose_of(&p, &found, CLNORM_KERNELS_GPU);
    ck_assert_str_eq(chosen.variant, "strided/groups");
    asks_for(&chosen, "-DUNROLL_AXES", !found.no_unrolled_axes);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("quirks");
    TCase *all = tcase_create("all");
    tcase_add_loop_test(all, avoided, 0, DRIVERS);
    tcase_add_test(all, rusticl);
    tcase_add_test(all, waiting_threads);
    tcase_add_test(all, rows);
    tcase_add_loop_test(all, choice_follows, 0, DRIVERS);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
