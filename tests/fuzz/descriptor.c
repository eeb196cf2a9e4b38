/*
 * Ops of any kind, right and wrong: the library refuses what a model of the documentation refuses, and with a
 * fault that is there. What is valid is computed by the reference where it is small, and gets kernels on
 * invented devices of every kind, within their limits.
 */
#include "op_bytes.h"
#include "op_model.h"

#include "choose/choose.h"
#include "gpu_devices.h"
#include "operations/op.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SMALL = 2048, MAX_BUFFERS = 12 };

static const caps cpu = {.type = CL_DEVICE_TYPE_CPU,
                         .compute_units = 8,
                         .max_work_group_size = 4096,
                         .max_work_item_size = 4096,
                         .local_memory = 1 << 19,
                         .cache = 1 << 25,
                         .address_bits = 64,
                         .compiler = true};
static const caps fpga = {.type = CL_DEVICE_TYPE_ACCELERATOR,
                          .compute_units = 1,
                          .max_work_group_size = 1024,
                          .max_work_item_size = 1024,
                          .local_memory = 16384,
                          .address_bits = 64};

/* ---- Which are valid ---- */

static bool check_verdict(const clnorm_op *op)
{
    const op_verdict model = op_model(op);
    const clnorm_reference_arrays none = {.size = sizeof none};
    const clnorm_status status = clnorm_op_check(op);
    const char *name = clnorm_status_name(status);
    fuzz_require(op_verdict_allows(model, status), "%s: %s; the model has faults %#llx", name,
                 clnorm_last_error(), (unsigned long long)model.faults);
    const clnorm_status again = clnorm_reference(op, &none);
    fuzz_require(again == (status == CLNORM_OK ? CLNORM_MISSING_BUFFER : status),
                 "%s, and of the reference %s", name, clnorm_status_name(again));
    return status == CLNORM_OK;
}

/* ---- The reference ---- */

typedef struct array {
    clnorm_buffer_info info;
    clnorm_tensor tensor;
    double *values, *bound;
} array;

/* Positive, so that it may be a variance or a deviation; the same for each run. */
static double value_at(size_t i)
{
    return 0.25 + (double)(i * 2654435761u % 1000) / 500;
}

static bool allocate(array *a, const clnorm_op *op, const clnorm_buffer_info *info)
{
    *a = (array){.info = *info, .tensor = clnorm_op_buffer_tensor(op, info)};
    const size_t span = model_span(&a->tensor, SMALL * 4);
    if (span > SMALL * 4)
        return false;
    fuzz_require(span == clnorm_tensor_span(&a->tensor), "%s spans %zu, not %zu", info->name,
                 clnorm_tensor_span(&a->tensor), span);
    a->values = malloc(span * sizeof *a->values);
    a->bound = malloc(span * sizeof *a->bound);
    fuzz_require(span == 0 || (a->values != NULL && a->bound != NULL), "no memory");
    for (size_t i = 0; i < span; i++) {
        a->values[i] = value_at(i);
        a->bound[i] = -1;
    }
    return true;
}

/* A bound for each element of a result, and nothing between them. */
static void check_bounds(const array *a)
{
    const size_t elements = model_elements(&a->tensor, SMALL), span = model_span(&a->tensor, SMALL * 4);
    size_t written = 0;
    for (size_t i = 0; i < span; i++) {
        written += a->bound[i] != -1;
        fuzz_require(a->bound[i] != -1 || a->values[i] == value_at(i), "%s is written between its elements",
                     a->info.name);
        fuzz_require(!(a->bound[i] < 0) || a->bound[i] == -1, "%s has a bound of %g", a->info.name,
                     a->bound[i]);
    }
    fuzz_require(written == elements, "%s has %zu bounds for %zu elements", a->info.name, written, elements);
}

static void check_reference(const clnorm_op *op, const clnorm_mode_info *mode)
{
    array arrays[MAX_BUFFERS];
    clnorm_reference_arrays given = {.size = sizeof given};
    size_t count = 0;
    bool small = model_elements(&op->x, SMALL) <= SMALL;
    while (small && count < mode->buffer_count) {
        array *a = &arrays[count];
        small = allocate(a, op, mode->buffers[count]);
        count++;
        *clnorm_reference_field(&given, &a->info) = (clnorm_reference_array){a->values, a->bound};
    }
    if (small && model_elements(&op->x, SMALL) > 0) {
        fuzz_require(clnorm_reference(op, &given) == CLNORM_OK, "reference: %s", clnorm_last_error());
        for (size_t i = 0; i < count; i++)
            if (arrays[i].info.role != CLNORM_ROLE_INPUT)
                check_bounds(&arrays[i]);
    }
    while (count > 0) {
        count--;
        free(arrays[count].values);
        free(arrays[count].bound);
    }
}

/* ---- The choice ---- */

static void check_step(const step *s, const caps *device, const choice *chosen)
{
    size_t items = 1;
    for (cl_uint d = 0; d < s->dimensions; d++) {
        items *= s->local[d];
        fuzz_require(s->local[d] > 0 && s->local[d] <= device->max_work_item_size && s->global[d] > 0 &&
                         s->global[d] % s->local[d] == 0,
                     "%s, %s: %zu items in groups of %zu", chosen->variant, s->kernel, s->global[d],
                     s->local[d]);
    }
    fuzz_require(items <= device->max_work_group_size && s->local_memory <= device->local_memory,
                 "%s, %s: work-groups of %zu items and %zu bytes", chosen->variant, s->kernel, items,
                 s->local_memory);
    fuzz_require(s->arguments.count <= MAX_ARGUMENTS && s->source_count <= MAX_SOURCES &&
                     strlen(s->options) + 1 < sizeof s->options,
                 "%s, %s: too much", chosen->variant, s->kernel);
    for (size_t i = 0; i < s->arguments.count; i++) {
        const argument *a = &s->arguments.items[i];
        if (a->kind == ARGUMENT_INDEX && s->index_bits == 32)
            fuzz_require(a->number <= UINT32_MAX, "%s, %s: an index of %llu", chosen->variant, s->kernel,
                         (unsigned long long)a->number);
        if (a->kind == ARGUMENT_SCRATCH)
            fuzz_require(a->number * sizeof(float) <= chosen->scratch_bytes, "%s, %s: behind its scratch",
                         chosen->variant, s->kernel);
    }
}

static void check_problem(const problem *p, const caps *device, clnorm_kernels schedule)
{
    choice chosen;
    fuzz_require(choose(p, device, schedule, &chosen) == CLNORM_OK, "choose: %s", clnorm_last_error());
    fuzz_require(chosen.variant[0] != '\0' && chosen.step_count <= MAX_STEPS &&
                     (chosen.step_count > 0) == (p->elements > 0),
                 "\"%s\" has %zu steps for %zu elements", chosen.variant, chosen.step_count, p->elements);
    for (size_t i = 0; i < chosen.step_count; i++)
        check_step(&chosen.steps[i], device, &chosen);
}

static void check_choice(const clnorm_op *given, const caps *device, clnorm_kernels schedule)
{
    clnorm_op op;
    const op_definition *definition;
    fuzz_require(op_import(given, &op, &definition) == CLNORM_OK, "%s", clnorm_last_error());
    for (size_t index = 0; index <= MAX_PROBLEMS; index++) {
        problem p = {.one_path = schedule == CLNORM_KERNELS_FPGA};
        if (model_elements(&op.x, SIZE_MAX) == 0 ? index > 0 : !definition->lower(&op, index, &p))
            return;
        fuzz_require(index < MAX_PROBLEMS, "%s has more problems", definition->info.name);
        check_problem(&p, device, schedule);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_bytes bytes = {data, data + size};
    const unsigned device = fuzz_byte(&bytes);
    const clnorm_op op = op_from_bytes(&bytes);
    if (!check_verdict(&op))
        return 0;
    const op_definition *definition;
    clnorm_op whole;
    fuzz_require(op_import(&op, &whole, &definition) == CLNORM_OK, "%s", clnorm_last_error());
    check_reference(&whole, clnorm_op_info_mode(&definition->info, whole.mode));
    check_choice(&op, &cpu, CLNORM_KERNELS_CPU);
    check_choice(&op, &gpu_devices[device % GPU_DEVICES].caps, CLNORM_KERNELS_GPU);
    check_choice(&op, &fpga, CLNORM_KERNELS_FPGA);
    return 0;
}
