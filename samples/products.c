#include "products.h"
#include "check.h"

#include <clblast_c.h>

/* Its codes are OpenCL's and some of its own. */
static void check_blast(CLBlastStatusCode code, const char *call)
{
    if (code == CLBlastSuccess)
        return;
    fprintf(stderr, "%s: CLBlast's status %d\n", call, (int)code);
    exit(EXIT_FAILURE);
}

void multiply(cl_command_queue queue, const product *of)
{
    const CLBlastTranspose turned[] = {CLBlastTransposeNo, CLBlastTransposeYes};
    check_blast(CLBlastSgemm(CLBlastLayoutRowMajor, turned[of->a_transposed], turned[of->b_transposed],
                             of->rows, of->columns, of->inner, 1, of->a, 0,
                             of->a_transposed ? of->rows : of->inner, of->b, 0,
                             of->b_transposed ? of->inner : of->columns, of->beta, of->c, 0, of->columns,
                             &queue, NULL),
                "CLBlastSgemm");
}

typedef struct parameter {
    const char *name;
    size_t value;
} parameter;

enum { MOST_PARAMETERS = 16 };

static void tune(cl_device_id device, const char *kernel, const parameter *parameters, size_t count)
{
    const char *names[MOST_PARAMETERS];
    size_t values[MOST_PARAMETERS];
    for (size_t i = 0; i < count; i++) {
        names[i] = parameters[i].name;
        values[i] = parameters[i].value;
    }
    check_blast(CLBlastOverrideParameters(device, kernel, CLBlastPrecisionSingle, count, names, values),
                "CLBlastOverrideParameters");
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

/*
 * CLBlast has not been tuned for PoCL on today's CPUs. There a work-group of one work-item is best, which
 * keeps a block of 8 x 8 results in eight vector registers: about 20 times as fast as the defaults. The
 * "direct" kernels for small matrices are not used then; they are made small, since PoCL compiles them all
 * the same.
 */
void tune_products(const clnorm_context *context)
{
    static const parameter block[] = {{"GEMMK", 0}, {"KREG", 1},  {"KWG", 16}, {"KWI", 2},
                                      {"MDIMA", 1}, {"MDIMC", 1}, {"MWG", 8},  {"NDIMB", 1},
                                      {"NDIMC", 1}, {"NWG", 8},   {"SA", 0},   {"SB", 0},
                                      {"STRM", 0},  {"STRN", 0},  {"VWM", 8},  {"VWN", 8}};
    static const parameter direct[] = {{"WGD", 8},    {"MDIMCD", 8}, {"NDIMCD", 8}, {"MDIMAD", 8},
                                       {"NDIMBD", 8}, {"KWID", 1},   {"VWMD", 1},   {"VWND", 1},
                                       {"PADA", 0},   {"PADB", 0}};
    static const parameter routine[] = {{"XGEMM_MIN_INDIRECT_SIZE", 1}};
    _Static_assert(COUNT(block) <= MOST_PARAMETERS && COUNT(direct) <= MOST_PARAMETERS, "too many");
    cl_device_id device = clnorm_context_cl_device(context);
    cl_device_type type;
    CHECK_CL(clGetDeviceInfo(device, CL_DEVICE_TYPE, sizeof type, &type, NULL));
    if ((type & CL_DEVICE_TYPE_CPU) == 0)
        return;
    tune(device, "Xgemm", block, COUNT(block));
    tune(device, "XgemmDirect", direct, COUNT(direct));
    tune(device, "GemmRoutine", routine, COUNT(routine));
}
