#include "choose.h"
#include "schedule.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static void note_refusal(choice *out, const char *name, const char *reason)
{
    const size_t length = strlen(out->refusals);
    snprintf(out->refusals + length, sizeof out->refusals - length, "%s%s: %s", length > 0 ? "; " : "", name,
             reason);
}

static bool take_first(const variant *variants, size_t count, const problem *p, const caps *device,
                       choice *out)
{
    for (size_t i = 0; i < count; i++) {
        const char *reason = variant_refuses(&variants[i], p, device);
        if (reason != NULL) {
            note_refusal(out, variants[i].name, reason);
            continue;
        }
        snprintf(out->variant, sizeof out->variant, "%s", variants[i].name);
        variants[i].fill(p, device, out);
        return true;
    }
    return false;
}

/* Bytes that a kernel's arguments take. */
static size_t parameter_bytes(const step *s, const caps *device)
{
    const size_t pointer = device->address_bits / 8;
    size_t bytes = 0;
    for (size_t i = 0; i < s->arguments.count; i++) {
        switch (s->arguments.items[i].kind) {
        case ARGUMENT_INDEX:
            bytes += s->index_bits / 8;
            break;
        case ARGUMENT_ULONG:
            bytes += sizeof(cl_ulong);
            break;
        case ARGUMENT_UINT:
        case ARGUMENT_INT:
        case ARGUMENT_REAL:
            bytes += sizeof(cl_uint);
            break;
        case ARGUMENT_AXES:
            bytes += sizeof(cl_ulong8);
            break;
        case ARGUMENT_BUFFER:
        case ARGUMENT_SCRATCH:
            bytes += pointer + sizeof(cl_ulong);
            break;
        }
    }
    return bytes;
}

/* Its variants take every problem, with kernels that are built ahead of time and know no others. */
static clnorm_status choose_fpga(const problem *p, const caps *device, choice *out)
{
    if (device->no_long)
        return fail(
            CLNORM_UNSUPPORTED_DEVICE,
            "the device is of the embedded profile and has no 64-bit integers (cles_khr_int64), which "
            "the fpga kernels count with");
    if (!take_first(fpga_variants, fpga_variant_count, p, device, out))
        return fail(CLNORM_UNSUPPORTED_DEVICE, "the fpga schedule has no kernels for this operation");
    for (size_t i = 0; device->parameter_bytes > 0 && i < out->step_count; i++) {
        const size_t bytes = parameter_bytes(&out->steps[i], device);
        if (bytes > device->parameter_bytes)
            return fail(CLNORM_UNSUPPORTED_DEVICE,
                        "kernel %s takes %zu bytes of arguments; the device allows %zu", out->steps[i].kernel,
                        bytes, device->parameter_bytes);
    }
    return CLNORM_OK;
}

static void choose_compiled(const problem *p, const caps *device, clnorm_kernels schedule, choice *out)
{
    bool taken;
    if (schedule == CLNORM_KERNELS_CPU)
        taken = take_first(cpu_variants, cpu_variant_count, p, device, out);
    else
        taken = take_first(gpu_variants, gpu_variant_count, p, device, out);
    if (!taken)
        taken = take_first(strided_variants, strided_variant_count, p, device, out);
    assert(taken);
    (void)taken;
}

clnorm_status choose(const problem *p, const caps *device, clnorm_kernels schedule, choice *out)
{
    memset(out, 0, sizeof *out);
    if (p->elements == 0) {
        strcpy(out->variant, "empty");
        return CLNORM_OK;
    }
    clnorm_status status = CLNORM_OK;
    if (schedule == CLNORM_KERNELS_FPGA)
        status = choose_fpga(p, device, out);
    else
        choose_compiled(p, device, schedule, out);
    if (status == CLNORM_OK && out->scratch_bytes == SIZE_MAX)
        return fail(CLNORM_OUT_OF_MEMORY, "%s needs more scratch for %zu elements than memory can be",
                    out->variant, p->elements);
    return status;
}
