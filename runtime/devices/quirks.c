#include "devices/quirks.h"

#include <stdlib.h>
#include <string.h>

/* Features that are not used because of a fault. */
enum {
    NO_SUB_GROUPS = 1,
    NO_CLANG_BUILTINS = 2,
    NO_UNROLLED_AXES = 4,
    NO_EXCHANGING_ITEMS = 8,
    NO_GUARDED_LOADS = 16,
    NO_ALWAYS_INLINE = 32,
    NO_WAITING_THREADS = 64,
    NO_WIDE_VECTORS = 128,
    NO_UNKNOWN_PROCESSOR = 256,
};

/* Major and minor number of a driver's version as one. */
#define VERSION(major, minor) ((major)*1000u + (minor))
#define BEFORE(major, minor)  0, VERSION(major, minor)
#define SINCE(major, minor)   VERSION(major, minor), VERSION(1000000, 0)
#define EVERY_VERSION         SINCE(0, 0)

/* A driver is recognized by parts of its platform's and device's name; NULL: any. Rows name the driver, not
 * the vendor of the hardware, unless the driver has no other name. */
typedef struct row {
    const char *platform, *device;
    unsigned from, before; /* versions: the first that has the fault, and the first that has not */
    unsigned avoided;
    clnorm_quirk shown;
} row;

static const row rows[] = {
    {"Portable Computing Language",
     NULL,
     EVERY_VERSION,
     NO_SUB_GROUPS,
     {"PoCL", "all",
      "items of a sub-group exchange values through memory, so nothing is gained; 7.1 claims "
      "cl_intel_subgroups, whose functions OpenCL C 1.2 then does not find; 6.0 gave wrong variances on one "
      "machine",
      "sub-groups", "sub_groups_undeclared.cl"}},
    {"Portable Computing Language",
     NULL,
     VERSION(6, 0),
     VERSION(6, 1),
     NO_UNROLLED_AXES,
     {"PoCL", "6.0", "the compiler ends the process where LLVM's pass instcombine needs a second iteration",
      "unrolled loops over a strided tensor's axes", "instcombine_fixpoint.cl"}},
    {"rusticl",
     NULL,
     EVERY_VERSION,
     NO_CLANG_BUILTINS,
     {"rusticl", "all", "__builtin_prefetch ends the process (\"Unexpected llvm intrinsic\")",
      "clang's built-in functions", "prefetch_builtin.cl"}},
    {"rusticl",
     NULL,
     BEFORE(25, 1),
     NO_ALWAYS_INLINE,
     {"rusticl", "before 25.1",
      "values of a loop are lost that are handed in a struct to a function that is always inlined, as seen "
      "with 25.0",
      "the attribute always_inline", "inlined_struct.cl"}},
    {"rusticl",
     "llvmpipe",
     EVERY_VERSION,
     NO_EXCHANGING_ITEMS,
     {"rusticl on llvmpipe", "all",
      "llvmpipe's translation of conditions around barriers ends the process at the first launch: nested "
      "ones with 25.0, where the reproducer is from; 26.1 bears that one, but not all kernels",
      "gpu kernels whose items exchange values", "divided_row.cl"}},
    {"rusticl",
     "llvmpipe",
     EVERY_VERSION,
     NO_WIDE_VECTORS,
     {"rusticl on llvmpipe", "all",
      "llvmpipe makes hundreds of instructions of one on a vector of 16: on processors without AVX-512 a "
      "kernel takes minutes to compile, up to one with it, as seen with 25.0 and 26.1",
      "cpu kernels; gpu kernels are its default", "wide_vectors.cl"}},
    {"rusticl",
     "llvmpipe",
     SINCE(25, 1),
     NO_GUARDED_LOADS,
     {"rusticl on llvmpipe", "25.1 and later",
      "what is loaded from one place for all items is loaded even where a condition excludes it, as seen "
      "with 26.1: kernels that have nothing to do end the process, and so do indices out of range",
      "launches before there are buffers, and gpu/window/inner and its gradient in work-groups of one item",
      "loop_never_entered.cl"}},
    {"Intel(R) OpenCL",
     NULL,
     SINCE(2000, 0), /* a year's number: a graphics card's driver, of the same platform, has smaller ones */
     NO_WAITING_THREADS,
     {"Intel's CPU runtime", "all",
      "threads that wait for commands of one out-of-order queue wait for ever when another thread waits for "
      "another queue, as seen with 2025.0 and 2026.2 on two cores",
      "waiting in calls of OpenCL; clnorm asks again and again. Applications should wait in one thread at a "
      "time",
      "waiting_threads.c"}},
    {"Intel(R)",
     NULL,
     VERSION(2000, 0), /* a year, as above */
     VERSION(2026, 0),
     NO_UNKNOWN_PROCESSOR,
     {"Intel's CPU runtime and FPGA emulation", "before 2026",
      "on a processor that it does not know (it says \"Unknown host CPU\", as seen with 2024.18 on an AMD "
      "EPYC of "
      "2024) the compiler ends the process or makes wrong code",
      "such processors: a plan fails by name; CL_CONFIG_CPU_TARGET_ARCH=core-avx2 or a newer runtime helps",
      "unknown_processor.cl"}},
    {"QUALCOMM",
     NULL,
     EVERY_VERSION,
     NO_SUB_GROUPS,
     {"Qualcomm Adreno", "all",
      "the compiler crashes over reductions across a sub-group (github.com/ggml-org/llama.cpp, issues 22006 "
      "and 25343)",
      "sub-groups", NULL}},
};

/* Drivers whose compiler is clang, with a target for which clang's built-in functions are known to work. */
static const struct {
    const char *platform;
} clang_platforms[] = {
    {"Portable Computing Language"},
    {"Intel(R) OpenCL"},
    {"Intel(R) FPGA Emulation Platform"},
    {"Oclgrind"},
};

/* "6.0+debian" is VERSION(6, 0), "2025.20.6.0.4_224945" VERSION(2025, 20); 0 where it begins with no number.
 */
static unsigned long version_of(const char *driver)
{
    char *end;
    const size_t prefix = strcspn(driver, "0123456789");
    const unsigned long major = strtoul(driver + prefix, &end, 10);
    const unsigned long minor = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;
    return major < 1000000 ? VERSION(major, minor < 999 ? minor : 999) : 0;
}

static bool contains(const char *name, const char *part)
{
    return part == NULL || strstr(name, part) != NULL;
}

static bool holds(const row *r, const driver_names *names)
{
    const unsigned long version = version_of(names->driver);
    return contains(names->platform, r->platform) && contains(names->device, r->device) &&
           version >= r->from && version < r->before;
}

const clnorm_quirk *quirk_of(const driver_names *names, size_t index)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (holds(&rows[i], names) && index-- == 0)
            return &rows[i].shown;
    }
    return NULL;
}

static unsigned avoided_on(const driver_names *names)
{
    unsigned avoided = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        avoided |= holds(&rows[i], names) ? rows[i].avoided : 0;
    return avoided;
}

void quirks_apply(const driver_names *names, caps *device)
{
    const unsigned avoided = avoided_on(names);
    /* For a GPU the driver has another compiler than for a CPU, even on the same platform. */
    const bool own_compiler = device_class(device->type) == CL_DEVICE_TYPE_GPU;
    device->clang_builtins = false;
    for (size_t i = 0; i < sizeof clang_platforms / sizeof *clang_platforms; i++)
        device->clang_builtins |= !own_compiler && contains(names->platform, clang_platforms[i].platform);
    if (avoided & NO_CLANG_BUILTINS)
        device->clang_builtins = false;
    if (avoided & NO_SUB_GROUPS)
        device->sub_groups = SUB_GROUPS_NONE;
    device->no_always_inline = (avoided & NO_ALWAYS_INLINE) != 0;
    device->no_unrolled_axes = (avoided & NO_UNROLLED_AXES) != 0;
    device->no_exchanging_items = (avoided & NO_EXCHANGING_ITEMS) != 0;
    device->no_guarded_loads = (avoided & NO_GUARDED_LOADS) != 0;
    device->may_not_know_processor = (avoided & NO_UNKNOWN_PROCESSOR) != 0;
    device->no_wide_vectors = (avoided & NO_WIDE_VECTORS) != 0;
    device->no_waiting_threads = (avoided & NO_WAITING_THREADS) != 0;
}
