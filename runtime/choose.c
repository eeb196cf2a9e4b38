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

clnorm_status choose(const problem *p, const caps *device, clnorm_kernels schedule, choice *out)
{
    memset(out, 0, sizeof *out);
    if (schedule != CLNORM_KERNELS_CPU && schedule != CLNORM_KERNELS_GPU)
        return fail(CLNORM_INVALID_ARGUMENT,
                    "kernels is fpga, a schedule that this version does not have yet; "
                    "cpu and gpu are allowed");
    if (p->elements == 0) {
        strcpy(out->variant, "empty");
        return CLNORM_OK;
    }
    bool taken;
    if (schedule == CLNORM_KERNELS_CPU)
        taken = take_first(cpu_variants, cpu_variant_count, p, device, out);
    else
        taken = take_first(gpu_variants, gpu_variant_count, p, device, out);
    if (!taken)
        taken = take_first(strided_variants, strided_variant_count, p, device, out);
    assert(taken);
    (void)taken;
    return CLNORM_OK;
}
