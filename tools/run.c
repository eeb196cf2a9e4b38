#include "run.h"

#include "device_buffer.h"
#include "json.h"
#include "output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool takes_part(const run_buffer *buffer)
{
    return buffer->in || buffer->out || buffer->found || buffer->info->required;
}

/* ---- Files and shapes ---- */

/* stat of the file that an input is read from. False if that fails; reading the file will then report the
 * error. */
static bool look_at(const char *in, struct stat *status)
{
    return (npy_is_standard(in) ? fstat(STDIN_FILENO, status) : stat(in, status)) == 0;
}

/* An earlier input that is read from the same pipe, or NULL. Two inputs cannot be read from one pipe. */
static const run_buffer *same_pipe(const run_request *request, const run_buffer *buffer)
{
    struct stat this, other;
    if (!look_at(buffer->in, &this) || S_ISREG(this.st_mode))
        return NULL;
    for (const run_buffer *before = request->buffers; before < buffer; before++)
        if (before->in && look_at(before->in, &other) && this.st_dev == other.st_dev &&
            this.st_ino == other.st_ino)
            return before;
    return NULL;
}

static int read_inputs(run_request *request)
{
    char error[NPY_ERROR_SIZE];
    for (size_t i = 0; i < request->buffer_count; i++) {
        const run_buffer *buffer = &request->buffers[i];
        const run_buffer *other = buffer->in ? same_pipe(request, buffer) : NULL;
        if (other)
            return complain(EXIT_FAILED, "--in %s and --in %s are one pipe, which is read once",
                            other->info->name, buffer->info->name);
    }
    for (size_t i = 0; i < request->buffer_count; i++) {
        run_buffer *buffer = &request->buffers[i];
        if (buffer->in && !npy_read(buffer->in, &buffer->array, error))
            return complain(EXIT_FAILED, "%s: %s", buffer->info->name, error);
    }
    return EXIT_DONE;
}

static int set_x(run_request *request)
{
    for (size_t i = 0; i < request->buffer_count; i++) {
        const run_buffer *buffer = &request->buffers[i];
        if (strcmp(buffer->info->name, "x") != 0 || !buffer->in)
            continue;
        const npy_array *array = &buffer->array;
        char shape[NPY_SHAPE_TEXT_SIZE];
        npy_shape_text(shape, array->rank, array->dims);
        if (array->rank == 0)
            return complain(EXIT_FAILED, "x: %s has shape (): a single number has no axis to normalize",
                            npy_input_name(buffer->in));
        request->op.x = clnorm_tensor_dense(CLNORM_F32, array->rank, array->dims);
        clnorm_status checked = clnorm_op_check(&request->op);
        if (checked == CLNORM_INVALID_RANK || checked == CLNORM_INVALID_AXIS ||
            checked == CLNORM_INVALID_SHAPE)
            return complain(EXIT_FAILED, "%s (x is %s with shape %s)", clnorm_last_error(),
                            npy_input_name(buffer->in), shape);
        if (checked != CLNORM_OK)
            return complain_library();
    }
    return EXIT_DONE;
}

/* gamma or beta with as many axes as x has is broadcast against it; with one axis it has a value for each
 * channel. */
static void set_parameter(run_request *request, clnorm_buffer_shape shape, clnorm_tensor *tensor)
{
    for (size_t i = 0; i < request->buffer_count; i++) {
        const run_buffer *buffer = &request->buffers[i];
        if (buffer->in && buffer->info->shape == shape && buffer->array.rank == request->op.x.rank)
            *tensor = clnorm_tensor_dense(CLNORM_F32, buffer->array.rank, buffer->array.dims);
    }
}

static int set_parameters(run_request *request)
{
    set_parameter(request, CLNORM_SHAPE_GAMMA, &request->op.gamma_tensor);
    set_parameter(request, CLNORM_SHAPE_BETA, &request->op.beta_tensor);
    return clnorm_op_check(&request->op) == CLNORM_OK ? EXIT_DONE : complain_library();
}

static bool same_shape(const npy_array *array, const clnorm_tensor *tensor)
{
    return array->rank == tensor->rank &&
           memcmp(array->dims, tensor->dims, tensor->rank * sizeof tensor->dims[0]) == 0;
}

/* Compares the shapes of the inputs with what the operation needs, and makes room for the outputs. */
static int shape_buffers(run_request *request)
{
    for (size_t i = 0; i < request->buffer_count; i++) {
        run_buffer *buffer = &request->buffers[i];
        clnorm_tensor tensor = clnorm_op_buffer_tensor(&request->op, buffer->info);
        if (buffer->in && !same_shape(&buffer->array, &tensor)) {
            char found[NPY_SHAPE_TEXT_SIZE], needed[NPY_SHAPE_TEXT_SIZE];
            npy_shape_text(found, buffer->array.rank, buffer->array.dims);
            npy_shape_text(needed, tensor.rank, tensor.dims);
            return complain(EXIT_FAILED, "%s: %s has shape %s; it must be %s", buffer->info->name,
                            npy_input_name(buffer->in), found, needed);
        }
        if (!buffer->in && takes_part(buffer) && !npy_allocate(&buffer->array, tensor.rank, tensor.dims))
            return complain(EXIT_FAILED, "%s: out of memory for the result", buffer->info->name);
    }
    return EXIT_DONE;
}

/* ---- The device ---- */

static int upload(run_request *request, clnorm_context *context, clnorm_buffers *fields)
{
    for (size_t i = 0; i < request->buffer_count; i++) {
        run_buffer *buffer = &request->buffers[i];
        if (!takes_part(buffer))
            continue;
        /* A buffer cannot be empty, a tensor can. */
        size_t bytes = (buffer->array.count > 0 ? buffer->array.count : 1) * sizeof(float);
        const int status =
            create_device_buffer(&buffer->mem, context, buffer->info->name, bytes, buffer->array.values);
        if (status != EXIT_DONE)
            return status;
        clnorm_buffers_field(fields, buffer->info)->mem = buffer->mem;
    }
    return EXIT_DONE;
}

static int download(run_request *request, cl_command_queue queue)
{
    for (size_t i = 0; i < request->buffer_count; i++) {
        run_buffer *buffer = &request->buffers[i];
        if (!buffer->out || buffer->array.count == 0)
            continue;
        cl_int error =
            clEnqueueReadBuffer(queue, buffer->mem, CL_TRUE, 0, buffer->array.count * sizeof(float),
                                buffer->array.values, 0, NULL, NULL);
        if (error != CL_SUCCESS)
            return complain(EXIT_FAILED, "%s cannot be read from the device (OpenCL error %d)",
                            buffer->info->name, error);
    }
    return EXIT_DONE;
}

/* The training forward, for what the gradients need of it. y is not wanted, but has to go somewhere. */
static int run_training(const run_request *request, clnorm_context *context, const clnorm_buffers *given)
{
    clnorm_op op = request->op;
    clnorm_buffers fields = clnorm_buffers_none();
    clnorm_plan *plan = NULL;
    op.mode = CLNORM_TRAIN;
    fields.x = given->x;
    int status = create_device_buffer(&fields.y.mem, context, "y of the training forward",
                                      (clnorm_tensor_span(&op.x) + 1) * sizeof(float), NULL);
    if (status != EXIT_DONE)
        return status;
    for (size_t i = 0; i < request->buffer_count; i++)
        if (request->buffers[i].found)
            clnorm_buffers_field(&fields, request->buffers[i].info)->mem = request->buffers[i].mem;
    const clnorm_status made = clnorm_plan_create(&plan, context, &op);
    if (made != CLNORM_OK) {
        status = complain_plan("", made);
    } else {
        tell_refusals(plan);
        if (clnorm_plan_execute(plan, &fields, NULL, 0, NULL, NULL) != CLNORM_OK)
            status = complain_library();
    }
    clnorm_plan_destroy(plan);
    clReleaseMemObject(fields.y.mem);
    return status;
}

static bool needs_training(const run_request *request)
{
    for (size_t i = 0; i < request->buffer_count; i++)
        if (request->buffers[i].found)
            return true;
    return false;
}

static int execute(run_request *request, clnorm_context *context, clnorm_plan *plan)
{
    clnorm_buffers fields = clnorm_buffers_none();
    cl_command_queue queue = clnorm_context_cl_queue(context);
    int status = upload(request, context, &fields);
    if (status == EXIT_DONE && needs_training(request))
        status = run_training(request, context, &fields);
    if (status != EXIT_DONE)
        return status;
    if (clnorm_plan_execute(plan, &fields, queue, 0, NULL, NULL) != CLNORM_OK)
        return complain_library();
    cl_int error = clFinish(queue);
    if (error != CL_SUCCESS)
        return complain(EXIT_FAILED, "the operation failed on the device (OpenCL error %d)", error);
    return download(request, queue);
}

/* ---- Results ---- */

/* The result for standard output, or NULL. */
static const run_buffer *streamed(const run_request *request)
{
    for (size_t i = 0; i < request->buffer_count; i++)
        if (request->buffers[i].out && npy_is_standard(request->buffers[i].out))
            return &request->buffers[i];
    return NULL;
}

/* Keeps standard output for a result: whatever else prints there, such as a driver, prints on standard error
 * from now on. `*stream` is NULL if no result wants it. */
static int reserve_output(const run_request *request, const global_options *options, FILE **stream)
{
    const run_buffer *buffer = streamed(request);
    *stream = NULL;
    if (!buffer)
        return EXIT_DONE;
    if (options->json)
        return complain(EXIT_USAGE, "--out %s=- and --json both write to standard output",
                        buffer->info->name);
    if (isatty(STDOUT_FILENO))
        return complain(EXIT_FAILED, "%s: standard output is a terminal; a file or a pipe was expected",
                        buffer->info->name);
    const int kept = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (kept >= 0 && dup2(STDERR_FILENO, STDOUT_FILENO) >= 0)
        *stream = fdopen(kept, "wb");
    if (*stream)
        return EXIT_DONE;
    if (kept >= 0)
        close(kept);
    return complain(EXIT_FAILED, "standard output cannot be written: %s", strerror(errno));
}

/* Closed in any case. */
static bool write_stream(const run_request *request, FILE **stream, char error[NPY_ERROR_SIZE])
{
    bool done = npy_write(*stream, &streamed(request)->array);
    done = fclose(*stream) == 0 && done;
    *stream = NULL;
    if (!done)
        snprintf(error, NPY_ERROR_SIZE, "standard output cannot be written: %s", strerror(errno));
    return done;
}

static bool is_file(const run_buffer *buffer)
{
    return buffer->out && !npy_is_standard(buffer->out);
}

/* Two names may lead to one file, in which the second result would replace the first. */
static bool are_distinct(const run_request *request, const output_file *files, char error[NPY_ERROR_SIZE])
{
    for (size_t i = 0; i < request->buffer_count; i++)
        for (size_t j = 0; j < i; j++)
            if (files[i].target && files[j].target && strcmp(files[i].target, files[j].target) == 0) {
                snprintf(error, NPY_ERROR_SIZE, "--out %s and --out %s name the same file %s",
                         request->buffers[j].info->name, request->buffers[i].info->name, files[i].target);
                return false;
            }
    return true;
}

/* Writes all results. Files are renamed to their targets last, after the stream has been written, since that
 * cannot be undone. */
static int write_outputs(const run_request *request, FILE **stream)
{
    char error[NPY_ERROR_SIZE];
    output_file *files = calloc(request->buffer_count, sizeof *files);
    if (!files)
        return complain(EXIT_FAILED, "out of memory");

    bool done = true;
    for (size_t i = 0; done && i < request->buffer_count; i++)
        if (is_file(&request->buffers[i]))
            done = output_file_write(&files[i], request->buffers[i].out, &request->buffers[i].array, error);
    done = done && are_distinct(request, files, error);
    if (done && *stream)
        done = write_stream(request, stream, error);
    for (size_t i = 0; done && i < request->buffer_count; i++)
        if (is_file(&request->buffers[i]))
            done = output_file_commit(&files[i], error);
    for (size_t i = 0; i < request->buffer_count; i++) {
        if (!done) /* all or none: a part of the results would be taken for the whole */
            output_file_undo(&files[i]);
        output_file_clear(&files[i]);
    }
    free(files);
    return done ? EXIT_DONE : complain(EXIT_FAILED, "%s", error);
}

/* What was done, for programs. NULL: out of memory. */
static json_t *summary_of(const run_request *request, const clnorm_plan *plan)
{
    json_t *outputs = json_array();
    for (size_t i = 0; i < request->buffer_count; i++) {
        const run_buffer *buffer = &request->buffers[i];
        if (!buffer->out)
            continue;
        json_t *shape = json_array();
        for (unsigned axis = 0; axis < buffer->array.rank; axis++)
            json_append(&shape, json_integer((json_int_t)buffer->array.dims[axis]));
        json_append(&outputs, json_pack("{s:s, s:o, s:o}", "name", buffer->info->name, "file",
                                        json_text(buffer->out), "shape", shape));
    }
    return json_pack("{s:s, s:s, s:s, s:o}", "op", request->info->name, "mode", request->mode->name,
                     "variant", clnorm_plan_variant(plan), "outputs", outputs);
}

int command_run(const global_options *options, argument_list rest)
{
    run_request request;
    clnorm_context *context = NULL;
    clnorm_plan *plan = NULL;
    json_t *summary = NULL;
    FILE *stream = NULL;

    int status = run_parse(&request, rest);
    if (status == EXIT_DONE)
        status = reserve_output(&request, options, &stream);
    if (status == EXIT_DONE)
        status = read_inputs(&request);
    if (status == EXIT_DONE)
        status = set_x(&request);
    if (status == EXIT_DONE)
        status = set_parameters(&request);
    if (status == EXIT_DONE)
        status = shape_buffers(&request);
    if (status == EXIT_DONE)
        status = open_context(options, &context);
    if (status != EXIT_DONE)
        goto cleanup;

    const clnorm_status made = clnorm_plan_create(&plan, context, &request.op);
    if (made != CLNORM_OK) {
        status = complain_plan("", made);
        goto cleanup;
    }
    tell_refusals(plan);
    status = execute(&request, context, plan);
    if (status == EXIT_DONE && options->json && (summary = summary_of(&request, plan)) == NULL)
        status = complain(EXIT_FAILED, "out of memory");
    if (status == EXIT_DONE)
        status = write_outputs(&request, &stream);
    if (status == EXIT_DONE && options->json)
        status = print_json(json_incref(summary), JSON_INDENT(2));

cleanup:
    if (stream)
        fclose(stream);
    json_decref(summary);
    run_request_clear(&request);
    clnorm_plan_destroy(plan);
    clnorm_context_destroy(context);
    return status;
}
