/* Operations computed on the host, in double, with the error that each result is allowed. */
#include "base/log.h"
#include "base/tensor.h"
#include "operations/op.h"

#include <string.h>

/* Checks that all required arrays of the mode are given, and none that the mode does not know. */
static clnorm_status check_arrays(const clnorm_op_info *info, clnorm_mode mode,
                                  const clnorm_reference_arrays *given)
{
    clnorm_reference_arrays rest = *given;
    const clnorm_mode_info *known = clnorm_op_info_mode(info, mode);
    for (size_t i = 0; i < known->buffer_count; i++) {
        clnorm_reference_array *array = clnorm_reference_field(&rest, known->buffers[i]);
        if (array->values == NULL && known->buffers[i]->required)
            return fail(CLNORM_MISSING_BUFFER, "%s is missing", known->buffers[i]->name);
        array->values = NULL;
    }
    for (const char *field = (const char *)&rest.x; field < (const char *)(&rest + 1);
         field += sizeof(clnorm_reference_array)) {
        if (((const clnorm_reference_array *)(const void *)field)->values != NULL)
            return fail(CLNORM_UNEXPECTED_BUFFER, "an array was given that this mode of %s does not know",
                        info->name);
    }
    return CLNORM_OK;
}

/* What is left where x has no element. */
static void fill_arrays(const clnorm_op *op, const op_definition *definition,
                        const clnorm_reference_arrays *arrays)
{
    op_fill fills[MAX_FILLS];
    const size_t count = definition->fill == NULL ? 0 : definition->fill(op, fills);
    const clnorm_mode_info *mode = clnorm_op_info_mode(&definition->info, op->mode);
    clnorm_reference_arrays known = *arrays;
    for (size_t i = 0; i < count; i++) {
        for (size_t b = 0; b < mode->buffer_count; b++) {
            if (mode->buffers[b]->offset != fills[i].field)
                continue;
            const clnorm_reference_array *array = clnorm_reference_field(&known, mode->buffers[b]);
            const clnorm_tensor tensor = clnorm_op_buffer_tensor(op, mode->buffers[b]);
            for (size_t k = 0; array->values != NULL && k < tensor_elements(&tensor); k++) {
                const size_t at = tensor_offset(&tensor, k);
                array->values[at] = (double)fills[i].value;
                if (array->bound != NULL)
                    array->bound[at] = ulp_of((double)fills[i].value);
            }
        }
    }
}

static clnorm_status compute_reference(const clnorm_op *op, const clnorm_reference_arrays *arrays)
{
    clnorm_op imported;
    const op_definition *definition;
    clnorm_status status = op_import(op, &imported, &definition);
    if (status != CLNORM_OK)
        return status;
    if (arrays == NULL || arrays->size <= sizeof arrays->size)
        return fail(CLNORM_INVALID_ARGUMENT, "arrays must be given, with its size set");
    clnorm_reference_arrays known = {.size = sizeof known};
    memcpy(&known, arrays, arrays->size < sizeof known ? arrays->size : sizeof known);
    known.size = sizeof known;
    status = check_arrays(&definition->info, imported.mode, &known);
    if (status != CLNORM_OK)
        return status;
    if (tensor_elements(&imported.x) > 0)
        return definition->reference(&imported, &known);
    fill_arrays(&imported, definition, &known);
    return CLNORM_OK;
}

clnorm_status clnorm_reference(const clnorm_op *op, const clnorm_reference_arrays *arrays)
{
    return log_failure(compute_reference(op, arrays));
}

double ulp_of(double value)
{
    const double size = fabs(value);
    if (!(size > FLT_MIN))
        return FLT_MIN * FLT_EPSILON;
    int exponent;
    frexp(size < FLT_MAX ? size : FLT_MAX, &exponent);
    return ldexp(FLT_EPSILON, exponent - 1);
}

size_t fibre_count(const clnorm_tensor *tensor, unsigned axis)
{
    return tensor_elements(tensor) / tensor->dims[axis];
}

fibre fibre_get(const clnorm_tensor *tensor, unsigned axis, size_t other)
{
    clnorm_tensor across = *tensor;
    across.dims[axis] = 1;
    return (fibre){tensor_offset(&across, other), tensor->strides[axis]};
}
