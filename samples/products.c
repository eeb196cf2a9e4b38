#include "products.h"
#include "check.h"

#include <clblast_c.h>

void multiply(cl_command_queue queue, const product *of)
{
    const CLBlastTranspose turned[] = {CLBlastTransposeNo, CLBlastTransposeYes};
    CHECK_CL(CLBlastSgemm(CLBlastLayoutRowMajor, turned[of->a_transposed], turned[of->b_transposed], of->rows,
                          of->columns, of->inner, 1, of->a, 0, of->a_transposed ? of->rows : of->inner, of->b,
                          0, of->b_transposed ? of->inner : of->columns, of->beta, of->c, 0, of->columns,
                          &queue, NULL));
}

static void set(const clnorm_context *context, const char *kernel, size_t count, const char **names,
                const size_t *values)
{
    CHECK_CL(CLBlastOverrideParameters(clnorm_context_cl_device(context), kernel, CLBlastPrecisionSingle,
                                       count, names, values));
}

/*
 * CLBlast has not been tuned for PoCL on today's CPUs. There a work-group of one work-item is best, which
 * keeps a block of 8 x 8 results in eight vector registers: about 20 times as fast as the defaults. The
 * "direct" kernels for small matrices are not used then; they are made small, since PoCL compiles them all
 * the same.
 */
void tune_products(const clnorm_context *context)
{
    cl_device_type type;
    CHECK_CL(clGetDeviceInfo(clnorm_context_cl_device(context), CL_DEVICE_TYPE, sizeof type, &type, NULL));
    if ((type & CL_DEVICE_TYPE_CPU) == 0)
        return;

    const char *block[] = {"GEMMK", "KREG", "KWG", "KWI", "MDIMA", "MDIMC", "MWG", "NDIMB",
                           "NDIMC", "NWG",  "SA",  "SB",  "STRM",  "STRN",  "VWM", "VWN"};
    set(context, "Xgemm", 16, block, (const size_t[]){0, 1, 16, 2, 1, 1, 8, 1, 1, 8, 0, 0, 0, 0, 8, 8});
    const char *direct[] = {"WGD",  "MDIMCD", "NDIMCD", "MDIMAD", "NDIMBD",
                            "KWID", "VWMD",   "VWND",   "PADA",   "PADB"};
    set(context, "XgemmDirect", 10, direct, (const size_t[]){8, 8, 8, 8, 8, 1, 1, 1, 0, 0});
    const char *least[] = {"XGEMM_MIN_INDIRECT_SIZE"};
    set(context, "GemmRoutine", 1, least, (const size_t[]){1});
}
