#include "execute/buffers.h"
#include "base/tensor.h"
#include "execute/shared_elements.h"

#include <string.h>

/* Every field of clnorm_buffers that an operation may know. */
#define NAMED(field)                                                                                         \
    {                                                                                                        \
#field, offsetof(clnorm_buffers, field)                                                              \
    }
static const struct {
    const char *name;
    size_t offset;
} buffer_names[] = {
    NAMED(x),
    NAMED(y),
    NAMED(dy),
    NAMED(dx),
    NAMED(gamma),
    NAMED(beta),
    NAMED(dgamma),
    NAMED(dbeta),
    NAMED(moving_mean),
    NAMED(moving_variance),
    NAMED(batch_mean),
    NAMED(batch_variance),
    NAMED(batch_mean_residual),
    NAMED(inverse_deviation),
    NAMED(count),
};

/* Where a buffer's tensor lies: bytes begin ... end-1 of `memory`, which is the parent if the buffer is a
 * sub-buffer. */
typedef struct extent {
    const char *name;
    cl_mem memory;
    size_t begin, end;
    bool read, written;
    clnorm_buffer_shape shape;
    const clnorm_tensor *tensor; /* NULL: scratch */
} extent;

clnorm_status buffers_import(const clnorm_buffers *given, clnorm_buffers *imported)
{
    if (given == NULL)
        return fail(CLNORM_INVALID_ARGUMENT, "buffers must not be NULL");
    if (given->size < offsetof(clnorm_buffers, gamma))
        return fail(CLNORM_INVALID_ARGUMENT,
                    "buffers.size is %zu; make the struct by CLNORM_BUFFERS or "
                    "clnorm_buffers_none, which set it",
                    given->size);
    *imported = clnorm_buffers_none();
    memcpy(imported, given, given->size < sizeof *imported ? given->size : sizeof *imported);
    imported->size = sizeof *imported;
    return CLNORM_OK;
}

/* What the driver says of a memory object. */
typedef struct memory_info {
    cl_mem_object_type type;
    cl_context context;
    cl_mem_flags flags;
    cl_mem parent; /* of a sub-buffer, or NULL */
    size_t size, offset;
} memory_info;

static clnorm_status ask_memory(const char *name, cl_mem memory, memory_info *info)
{
    const struct {
        cl_mem_info what;
        size_t size;
        void *value;
    } questions[] = {{CL_MEM_TYPE, sizeof info->type, &info->type},
                     {CL_MEM_CONTEXT, sizeof info->context, &info->context},
                     {CL_MEM_FLAGS, sizeof info->flags, &info->flags},
                     {CL_MEM_SIZE, sizeof info->size, &info->size},
                     {CL_MEM_ASSOCIATED_MEMOBJECT, sizeof info->parent, &info->parent}};
    cl_int error = CL_SUCCESS;
    memset(info, 0, sizeof *info);
    for (size_t i = 0; error == CL_SUCCESS && i < COUNT_OF(questions); i++)
        error = clGetMemObjectInfo(memory, questions[i].what, questions[i].size, questions[i].value, NULL);
    if (error == CL_SUCCESS && info->parent != NULL)
        error = clGetMemObjectInfo(memory, CL_MEM_OFFSET, sizeof info->offset, &info->offset, NULL);
    if (error == CL_INVALID_MEM_OBJECT || (error == CL_SUCCESS && info->type != CL_MEM_OBJECT_BUFFER))
        return fail(CLNORM_INVALID_BUFFER, "%s is no OpenCL buffer", name);
    return error == CL_SUCCESS ? CLNORM_OK : fail_opencl(error, "clGetMemObjectInfo");
}

/* Finds where the buffer lies, and checks that the memory object is of this context, has `bytes` bytes from
 * the offset on, and may be read or written as the operation needs. */
static clnorm_status locate(const clnorm_buffer *buffer, size_t bytes, cl_context context, extent *place)
{
    const char *name = place->name;
    memory_info info;
    size_t end;
    const clnorm_status status = ask_memory(name, buffer->mem, &info);
    if (status != CLNORM_OK)
        return status;
    if (info.context != context)
        return fail(CLNORM_INVALID_BUFFER, "%s belongs to another OpenCL context than the plan", name);
    if (place->written && (info.flags & CL_MEM_READ_ONLY) != 0)
        return fail(CLNORM_INVALID_BUFFER, "%s is written, and its buffer was made with CL_MEM_READ_ONLY",
                    name);
    if (place->read && (info.flags & CL_MEM_WRITE_ONLY) != 0)
        return fail(CLNORM_INVALID_BUFFER, "%s is read, and its buffer was made with CL_MEM_WRITE_ONLY",
                    name);
    if (buffer->offset % sizeof(cl_float) != 0)
        return fail(CLNORM_INVALID_OFFSET, "%s has the offset %zu; a multiple of %zu bytes is allowed", name,
                    buffer->offset, sizeof(cl_float));
    if (!checked_add(buffer->offset, bytes, &end) || end > info.size)
        return fail(CLNORM_BUFFER_TOO_SMALL, "%s needs %zu bytes from offset %zu on; its buffer holds %zu",
                    name, bytes, buffer->offset, info.size);
    place->memory = info.parent != NULL ? info.parent : buffer->mem;
    place->begin = info.offset + buffer->offset;
    place->end = place->begin + bytes;
    return CLNORM_OK;
}

static bool same_layout(const clnorm_tensor *a, const clnorm_tensor *b)
{
    for (unsigned axis = 0; axis < a->rank; axis++) {
        if (a->strides[axis] != b->strides[axis] && a->dims[axis] > 1)
            return false;
    }
    return a->dtype == b->dtype;
}

static bool is_source(const extent *e)
{
    return e->shape == CLNORM_SHAPE_X || e->shape == CLNORM_SHAPE_DY;
}

static bool is_result(const extent *e)
{
    return e->shape == CLNORM_SHAPE_Y || e->shape == CLNORM_SHAPE_DX;
}

/* Whether two buffers have an element in common. All bytes of scratch count as elements. */
static bool share(const extent *a, const extent *b)
{
    if (a->memory != b->memory || a->begin >= b->end || b->begin >= a->end)
        return false;
    if (a->tensor == NULL || b->tensor == NULL || a->begin % sizeof(cl_float) != 0 ||
        b->begin % sizeof(cl_float) != 0)
        return true;
    return share_elements(a->tensor, a->begin / sizeof(cl_float), b->tensor, b->begin / sizeof(cl_float));
}

/* An output must not share elements with another buffer, except y with x, and dx with x or dy. Elements of
 * different tensors may be interleaved, like the channels of an image: kernels never write into gaps. */
static clnorm_status check_overlap(const buffer_needs *needs, const extent *a, const extent *b)
{
    if (!(a->written || b->written) || !share(a, b))
        return CLNORM_OK;
    if (!(is_source(a) && is_result(b)) && !(is_source(b) && is_result(a)))
        return fail(CLNORM_BUFFER_OVERLAP,
                    "%s and %s overlap; only y may share its elements, with x, and dx with x or dy", a->name,
                    b->name);
    if (!needs->info->in_place)
        return fail(CLNORM_BUFFER_OVERLAP, "%s and %s overlap; %s does not work in place", a->name, b->name,
                    needs->info->name);
    if (a->begin != b->begin || !same_layout(a->tensor, b->tensor))
        return fail(CLNORM_BUFFER_OVERLAP,
                    "%s and %s overlap; in place, their offset, strides and type must be the same", a->name,
                    b->name);
    return CLNORM_OK;
}

static const clnorm_buffer *field(const clnorm_buffers *buffers, size_t offset)
{
    return (const clnorm_buffer *)(const void *)((const char *)buffers + offset);
}

static clnorm_status check_given(const clnorm_op_info *info, const clnorm_mode_info *mode,
                                 const clnorm_buffers *buffers)
{
    clnorm_buffers rest = *buffers;
    bool any_output = false;
    rest.scratch.mem = NULL;
    for (size_t i = 0; i < mode->buffer_count; i++) {
        const clnorm_buffer_info *known = mode->buffers[i];
        const bool given = field(buffers, known->offset)->mem != NULL;
        if (!given && known->required)
            return fail(CLNORM_MISSING_BUFFER, "%s is missing; %s needs it in mode %s", known->name,
                        info->name, mode->name);
        any_output |= given && known->role != CLNORM_ROLE_INPUT;
        clnorm_buffers_field(&rest, known)->mem = NULL;
    }
    for (size_t i = 0; i < COUNT_OF(buffer_names); i++) {
        if (field(&rest, buffer_names[i].offset)->mem != NULL)
            return fail(CLNORM_UNEXPECTED_BUFFER, "%s was given; mode %s of %s does not know it",
                        buffer_names[i].name, mode->name, info->name);
    }
    if (!any_output)
        return fail(CLNORM_MISSING_BUFFER, "no output was given; mode %s of %s needs at least one",
                    mode->name, info->name);
    if ((buffers->moving_mean.mem == NULL) != (buffers->moving_variance.mem == NULL))
        return fail(CLNORM_MISSING_BUFFER,
                    "%s is missing; moving_mean and moving_variance come both or neither",
                    buffers->moving_mean.mem == NULL ? "moving_mean" : "moving_variance");
    return CLNORM_OK;
}

void buffers_need(buffer_needs *needs, const clnorm_op *op, const clnorm_op_info *info, cl_context context)
{
    needs->info = info;
    needs->mode = clnorm_op_info_mode(info, op->mode);
    needs->context = context;
    for (size_t i = 0; i < needs->mode->buffer_count; i++) {
        clnorm_tensor *tensor = &needs->tensors[i];
        *tensor = clnorm_op_buffer_tensor(op, needs->mode->buffers[i]);
        needs->reads[i] = needs->mode->buffers[i]->role == CLNORM_ROLE_INPUT ||
                          clnorm_op_reads(op, needs->mode->buffers[i]);
        needs->bytes[i] = clnorm_tensor_span(tensor) * dtype_size(tensor->dtype);
    }
}

clnorm_status buffers_check(const buffer_needs *needs, const clnorm_buffers *buffers)
{
    extent extents[MAX_BUFFERS + 1];
    size_t count = 0;
    clnorm_status status = check_given(needs->info, needs->mode, buffers);
    for (size_t i = 0; status == CLNORM_OK && i < needs->mode->buffer_count; i++) {
        const clnorm_buffer_info *known = needs->mode->buffers[i];
        const clnorm_buffer *buffer = field(buffers, known->offset);
        if (buffer->mem == NULL)
            continue;
        const bool written = known->role != CLNORM_ROLE_INPUT;
        extents[count] = (extent){.name = known->name,
                                  .read = needs->reads[i],
                                  .written = written,
                                  .shape = known->shape,
                                  .tensor = &needs->tensors[i]};
        status = locate(buffer, needs->bytes[i], needs->context, &extents[count++]);
    }
    if (status == CLNORM_OK && buffers->scratch.mem != NULL) {
        extents[count] =
            (extent){.name = "scratch", .read = true, .written = true, .shape = CLNORM_SHAPE_SCALAR};
        status = locate(&buffers->scratch, needs->scratch_bytes, needs->context, &extents[count++]);
    }
    for (size_t a = 0; a < count; a++) {
        for (size_t b = a + 1; status == CLNORM_OK && b < count; b++)
            status = check_overlap(needs, &extents[a], &extents[b]);
    }
    return status;
}

clnorm_status buffers_check_one(const buffer_needs *needs, const clnorm_buffers *buffers, size_t offset,
                                const clnorm_tensor **tensor)
{
    size_t i = 0;
    while (needs->mode->buffers[i]->offset != offset)
        i++;
    extent place = {.name = needs->mode->buffers[i]->name, .written = true};
    *tensor = &needs->tensors[i];
    return locate(field(buffers, offset), needs->bytes[i], needs->context, &place);
}
