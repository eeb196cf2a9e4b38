#include "op_model.h"

#include "operations/faults.h"
#include "operations/operation.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Wide enough for a product of two sizes. */
__extension__ typedef unsigned __int128 wide;

enum { ENUMERATED = 4096 };

static size_t least(wide value, size_t limit)
{
    return value > limit ? (limit < SIZE_MAX ? limit + 1 : SIZE_MAX) : (size_t)value;
}

size_t model_elements(const clnorm_tensor *tensor, size_t limit)
{
    wide elements = 1;
    for (unsigned axis = 0; axis < tensor->rank; axis++)
        if (tensor->dims[axis] == 0)
            return 0;
    for (unsigned axis = 0; axis < tensor->rank; axis++)
        elements = least(elements * tensor->dims[axis], limit);
    return (size_t)elements;
}

size_t model_span(const clnorm_tensor *tensor, size_t limit)
{
    wide span = 1;
    for (unsigned axis = 0; axis < tensor->rank; axis++)
        if (tensor->dims[axis] == 0)
            return 0;
    for (unsigned axis = 0; axis < tensor->rank; axis++)
        span = least(span + (wide)(tensor->dims[axis] - 1) * tensor->strides[axis], limit);
    return (size_t)span;
}

/* Elements, and what lies between the first and the last, have numbers of bytes that size_t holds. Sizes
 * beside one of 0 must make sense all the same. */
static bool fits_memory(const clnorm_tensor *tensor)
{
    const size_t limit = SIZE_MAX / sizeof(float);
    const uint64_t most = limit < UINT64_C(1) << 52 ? limit : UINT64_C(1) << 52;
    clnorm_tensor full = *tensor;
    for (unsigned axis = 0; axis < tensor->rank; axis++)
        full.dims[axis] = tensor->dims[axis] > 0 ? tensor->dims[axis] : 1;
    return model_elements(&full, limit) <= most && model_span(&full, limit) <= limit;
}

static bool has_rank(const clnorm_tensor *tensor)
{
    return tensor->rank >= 1 && tensor->rank <= CLNORM_MAX_RANK;
}

static uint64_t tensor_faults(const clnorm_tensor *tensor)
{
    if (!has_rank(tensor))
        return fault(true, CLNORM_INVALID_RANK);
    const bool known = (unsigned)tensor->dtype <= (unsigned)CLNORM_F64;
    return fault(!known, CLNORM_INVALID_ARGUMENT) |
           fault(known && tensor->dtype != CLNORM_F32, CLNORM_UNSUPPORTED_TYPE) |
           fault(!fits_memory(tensor), CLNORM_INVALID_SHAPE);
}

/* ---- Overlap ---- */

static int by_value(const void *left, const void *right)
{
    const size_t a = *(const size_t *)left, b = *(const size_t *)right;
    return a < b ? -1 : a > b;
}

/* All places, sorted: two that are the same. */
static bool has_same_places(const clnorm_tensor *tensor, size_t elements)
{
    static size_t places[ENUMERATED];
    for (size_t i = 0; i < elements; i++) {
        size_t rest = i;
        places[i] = 0;
        for (unsigned axis = tensor->rank; axis-- > 0;) {
            places[i] += rest % tensor->dims[axis] * tensor->strides[axis];
            rest /= tensor->dims[axis];
        }
    }
    qsort(places, elements, sizeof *places, by_value);
    for (size_t i = 1; i < elements; i++)
        if (places[i] == places[i - 1])
            return true;
    return false;
}

/* Whether each axis steps over all that those of smaller strides cover: then nothing overlaps. */
static bool is_nested(const clnorm_tensor *tensor)
{
    for (unsigned axis = 0; axis < tensor->rank; axis++) {
        wide covered = 0;
        if (tensor->dims[axis] == 1)
            continue;
        for (unsigned other = 0; other < tensor->rank; other++) {
            const bool below = tensor->strides[other] < tensor->strides[axis] ||
                               (tensor->strides[other] == tensor->strides[axis] && other < axis);
            if (tensor->dims[other] > 1 && below)
                covered += (wide)(tensor->dims[other] - 1) * tensor->strides[other];
        }
        if (tensor->strides[axis] <= covered)
            return false;
    }
    return true;
}

static void judge_result(const clnorm_tensor *tensor, op_verdict *verdict)
{
    if (!has_rank(tensor))
        return;
    const size_t elements = model_elements(tensor, ENUMERATED);
    if (elements == 0 || is_nested(tensor))
        return;
    const bool overlaps = elements <= ENUMERATED && has_same_places(tensor, elements);
    verdict->faults |= fault(overlaps, CLNORM_INVALID_STRIDES);
    verdict->allowed |= fault(true, CLNORM_INVALID_STRIDES);
}

/* ---- The op ---- */

static uint64_t like_x_faults(const clnorm_op *op, const clnorm_tensor *tensor)
{
    uint64_t faults = tensor_faults(tensor) | fault(tensor->rank != op->x.rank, CLNORM_INVALID_RANK);
    for (unsigned axis = 0; axis < CLNORM_MAX_RANK && axis < tensor->rank && axis < op->x.rank; axis++)
        faults |= fault(tensor->dims[axis] != op->x.dims[axis], CLNORM_INVALID_SHAPE);
    return faults;
}

/* gamma's or beta's tensor, if the mode has such a buffer. */
static void judge_parameter(const clnorm_op *op, clnorm_buffer_shape shape, const clnorm_tensor *tensor,
                            op_verdict *verdict)
{
    if (!test_op_has_shape(op, shape) || tensor->rank == 0)
        return;
    verdict->faults |= tensor_faults(tensor) | fault(tensor->rank != op->x.rank, CLNORM_INVALID_RANK);
    clnorm_tensor own = *tensor;
    for (unsigned axis = 0; axis < CLNORM_MAX_RANK && axis < tensor->rank; axis++) {
        const bool alike = axis >= op->x.rank || tensor->dims[axis] == op->x.dims[axis];
        verdict->faults |= fault(!alike && tensor->dims[axis] != 1, CLNORM_INVALID_SHAPE);
        if (tensor->strides[axis] == 0 && tensor->dims[axis] > 0)
            own.dims[axis] = 1;
    }
    if (op->mode == CLNORM_BACKWARD || op->mode == CLNORM_BACKWARD_INFER)
        judge_result(&own, verdict);
}

static const clnorm_tensor *or_x(const clnorm_op *op, const clnorm_tensor *tensor)
{
    return tensor->rank == 0 ? &op->x : tensor;
}

static void judge_tensors(const clnorm_op *op, op_verdict *verdict)
{
    const bool backward = op->mode == CLNORM_BACKWARD || op->mode == CLNORM_BACKWARD_INFER;
    verdict->faults |= tensor_faults(&op->x) | fault(op->x.rank < 1, CLNORM_INVALID_RANK);
    judge_parameter(op, CLNORM_SHAPE_GAMMA, &op->gamma_tensor, verdict);
    judge_parameter(op, CLNORM_SHAPE_BETA, &op->beta_tensor, verdict);
    if (op->mode == CLNORM_STATISTICS)
        return;
    const clnorm_tensor *result = or_x(op, backward ? &op->dx : &op->y);
    verdict->faults |= like_x_faults(op, result);
    if (backward)
        verdict->faults |= like_x_faults(op, or_x(op, &op->dy));
    judge_result(result, verdict);
}

op_verdict op_model(const clnorm_op *given)
{
    op_verdict verdict = {0, 0};
    clnorm_op op;
    const test_operation *operation = test_operation_of(given->kind);
    if (given->size < offsetof(clnorm_op, axis) || operation == NULL)
        return (op_verdict){fault(true, CLNORM_INVALID_ARGUMENT), 0};
    /* An older program's op lacks fields, which have their defaults then. */
    clnorm_op_initialize(&op, sizeof op, given->kind);
    memcpy(&op, given, given->size < sizeof op ? given->size : sizeof op);
    judge_tensors(&op, &verdict);
    verdict.faults |= operation->faults(&op);
    return verdict;
}

bool op_verdict_allows(op_verdict verdict, clnorm_status status)
{
    return status == CLNORM_OK ? verdict.faults == 0 : (verdict.faults | verdict.allowed) >> status & 1;
}
