#include "choose/choose.h"
#include "choose/variants.h"

#include <stdio.h>
#include <string.h>

static void note_refusal(choice *out, const char *name, const char *reason)
{
    const size_t length = strlen(out->refusals);
    snprintf(out->refusals + length, sizeof out->refusals - length, "%s%s: %s", length > 0 ? "; " : "", name,
             reason);
}

static void take(const variant *taken, const problem *p, const caps *device, choice *out)
{
    snprintf(out->variant, sizeof out->variant, "%s", taken->name);
    taken->fill(p, device, out);
    /* Not for the fpga kernels: other compilers compile them ahead of time, too. They are plain OpenCL C. */
    const bool builtins = device->clang_builtins && !variant_is_of(taken, "fpga");
    for (size_t i = 0; i < out->step_count; i++) {
        if (builtins) {
            add_option(&out->steps[i], "CLANG_BUILTINS", 1);
            add_words(&out->steps[i],
                      "-w"); /* no warnings: PoCL would print their number to the user's standard error */
        }
        if (device->no_always_inline)
            add_option(&out->steps[i], "NO_ALWAYS_INLINE", 1);
    }
}

static bool is_excluded(const exclusions *excluded, const char *name)
{
    for (size_t i = 0; i < excluded->count; i++)
        if (strcmp(excluded->names[i], name) == 0)
            return true;
    return false;
}

static bool take_first(const variant *variants, size_t count, const problem *p, const caps *device,
                       const exclusions *excluded, choice *out)
{
    for (size_t i = 0; i < count; i++) {
        const char *reason = variant_refuses(&variants[i], p, device);
        if (reason == NULL && is_excluded(excluded, variants[i].name))
            reason = "the driver failed with it";
        if (reason != NULL) {
            note_refusal(out, variants[i].name, reason);
            continue;
        }
        take(&variants[i], p, device, out);
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

static clnorm_status fail_untrusted(void)
{
    return fail(CLNORM_UNTRUSTED_DRIVER, "the driver fails with every variant that takes this operation");
}

/* The fpga schedule. It does not fall back to the strided variants: its own take every problem, and an image
 * that was built ahead of time holds no other kernels. */
static clnorm_status choose_fpga(const problem *p, const caps *device, const exclusions *excluded,
                                 choice *out)
{
    if (device->no_long)
        return fail(
            CLNORM_UNSUPPORTED_DEVICE,
            "the device is of the embedded profile and has no 64-bit integers (cles_khr_int64), which "
            "the fpga kernels count with");
    if (!take_first(fpga_variants, fpga_variant_count, p, device, excluded, out))
        return excluded->count > 0
                   ? fail_untrusted()
                   : fail(CLNORM_UNSUPPORTED_DEVICE, "the fpga schedule has no kernels for this operation");
    for (size_t i = 0; device->parameter_bytes > 0 && i < out->step_count; i++) {
        const size_t bytes = parameter_bytes(&out->steps[i], device);
        if (bytes > device->parameter_bytes)
            return fail(CLNORM_UNSUPPORTED_DEVICE,
                        "kernel %s takes %zu bytes of arguments; the device allows %zu", out->steps[i].kernel,
                        bytes, device->parameter_bytes);
    }
    return CLNORM_OK;
}

static clnorm_status choose_compiled(const problem *p, const caps *device, clnorm_kernels schedule,
                                     const exclusions *excluded, choice *out)
{
    const bool cpu = schedule == CLNORM_KERNELS_CPU;
    if (take_first(cpu ? cpu_variants : gpu_variants, cpu ? cpu_variant_count : gpu_variant_count, p, device,
                   excluded, out) ||
        take_first(strided_variants, strided_variant_count, p, device, excluded, out))
        return CLNORM_OK;
    return fail_untrusted(); /* without exclusions the strided variants take all problems */
}

clnorm_status choose_except(const problem *p, const caps *device, clnorm_kernels schedule,
                            const exclusions *excluded, choice *out)
{
    memset(out, 0, sizeof *out);
    if (p->elements == 0) {
        strcpy(out->variant, "empty");
        return CLNORM_OK;
    }
    const clnorm_status status = schedule == CLNORM_KERNELS_FPGA
                                     ? choose_fpga(p, device, excluded, out)
                                     : choose_compiled(p, device, schedule, excluded, out);
    if (status == CLNORM_OK && out->scratch_bytes == SIZE_MAX)
        return fail(CLNORM_OUT_OF_MEMORY, "%s needs more scratch for %zu elements than memory can be",
                    out->variant, p->elements);
    return status;
}

clnorm_status choose(const problem *p, const caps *device, clnorm_kernels schedule, choice *out)
{
    const exclusions none = {.count = 0};
    return choose_except(p, device, schedule, &none, out);
}

bool choose_variant(const problem *p, const caps *device, const char *name, choice *out)
{
    const struct {
        const variant *variants;
        size_t count;
    } lists[] = {{cpu_variants, cpu_variant_count},
                 {gpu_variants, gpu_variant_count},
                 {fpga_variants, fpga_variant_count},
                 {strided_variants, strided_variant_count}};
    memset(out, 0, sizeof *out);
    for (size_t l = 0; l < sizeof lists / sizeof *lists; l++) {
        for (size_t i = 0; i < lists[l].count; i++) {
            const variant *found = &lists[l].variants[i];
            if (strcmp(found->name, name) != 0 || variant_refuses(found, p, device) != NULL)
                continue;
            take(found, p, device, out);
            return out->scratch_bytes != SIZE_MAX;
        }
    }
    return false;
}
