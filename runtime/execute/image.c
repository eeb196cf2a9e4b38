/* Makes images: compiles the kernels for a device, or takes what another compiler made of them. */
#include <clnorm/image.h>
#include <clnorm/ops.h>

#include "base/directory.h"
#include "base/env.h"
#include "base/file_kind.h"
#include "base/fork.h"
#include "base/log.h"
#include "base/replace_file.h"
#include "choose/choose.h"
#include "choose/fpga/kernels.h"
#include "execute/context.h"
#include "execute/launch.h"
#include "operations/op.h"
#include "programs/image_file.h"
#include "programs/program_build.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const char *clnorm_image_kernel(size_t index)
{
    return fpga_kernel_name(index);
}

/* ---- The kernels of a program ---- */

/* An image under way. */
typedef struct build {
    clnorm_context *context;
    cl_program program;
    char *text, source[HASH_DIGITS + 1];
    image_kernel kernels[MOST_FPGA_KERNELS];
    bool launched[MOST_FPGA_KERNELS];
    size_t kernel_count;
} build;

/* Those that the program holds. */
static clnorm_status find_kernels(build *b)
{
    const char *name;
    for (size_t i = 0; (name = fpga_kernel_name(i)) != NULL; i++) {
        cl_int error = CL_SUCCESS;
        cl_kernel kernel = clCreateKernel(b->program, name, &error);
        if (kernel == NULL && error == CL_INVALID_KERNEL_NAME)
            continue;
        if (kernel == NULL)
            return fail_opencl(error, "clCreateKernel");
        image_kernel *found = &b->kernels[b->kernel_count++];
        found->name = name;
        error = clGetKernelInfo(kernel, CL_KERNEL_NUM_ARGS, sizeof found->arguments, &found->arguments, NULL);
        clReleaseKernel(kernel);
        if (error != CL_SUCCESS)
            return fail_opencl(error, "clGetKernelInfo");
    }
    return CLNORM_OK;
}

static bool *launched(build *b, const char *kernel)
{
    for (size_t i = 0; i < b->kernel_count; i++) {
        if (strcmp(b->kernels[i].name, kernel) == 0)
            return &b->launched[i];
    }
    return NULL;
}

/* ---- Finishing what is compiled at the first launch ---- */

static clnorm_status launch_steps(build *b, const choice *chosen)
{
    clnorm_status status = CLNORM_OK;
    for (size_t i = 0; status == CLNORM_OK && i < chosen->step_count; i++) {
        bool *done = launched(b, chosen->steps[i].kernel);
        launch made = {0};
        if (done == NULL || *done)
            continue;
        status = launch_create(&made, b->program, &chosen->steps[i]);
        if (status == CLNORM_OK)
            status = launch_warm_up(&made, &chosen->steps[i], b->context);
        launch_destroy(&made);
        *done = true;
    }
    return status;
}

/* The kernels that an operation takes in one mode. */
static clnorm_status launch_op(build *b, const clnorm_op *given)
{
    const op_definition *definition;
    clnorm_op op;
    choice chosen;
    clnorm_status status = op_import(given, &op, &definition);
    for (size_t index = 0; status == CLNORM_OK; index++) {
        problem p = {.one_path = true};
        if (!definition->lower(&op, index, &p))
            break;
        status = choose(&p, &b->context->caps, CLNORM_KERNELS_FPGA, &chosen);
        if (status == CLNORM_OK)
            status = launch_steps(b, &chosen);
    }
    return status;
}

/* Launches each kernel once without work: drivers such as PoCL compile at the first launch, and the binary
 * holds only what has been compiled by then. */
static clnorm_status launch_all(build *b)
{
    clnorm_status status = CLNORM_OK;
    const clnorm_op_info *info;
    for (size_t i = 0; status == CLNORM_OK && (info = clnorm_op_info_get(i)) != NULL; i++) {
        for (size_t m = 0; status == CLNORM_OK && m < info->mode_count; m++) {
            clnorm_op op;
            clnorm_op_initialize(&op, sizeof op, info->kind);
            op.mode = info->modes[m]->mode;
            op.x = clnorm_tensor_2d(CLNORM_F32, 3, 40);
            op.dim = -1;
            op.x.strides[0] = 41; /* not dense */
            status = launch_op(b, &op);
            op.depth_radius = 39; /* a long window */
            if (status == CLNORM_OK)
                status = launch_op(b, &op);
            op.gamma_tensor = op.beta_tensor = op.x; /* an element for each of x */
            if (status == CLNORM_OK)
                status = launch_op(b, &op);
        }
    }
    for (size_t i = 0; status == CLNORM_OK && i < b->kernel_count; i++)
        if (!b->launched[i])
            log_line(CLNORM_LOG_INFO, "kernel %s was not launched", b->kernels[i].name);
    return status;
}

/* ---- Writing ---- */

static clnorm_status write_image(const build *b, const char *directory, const void *binary, size_t size)
{
    const program_device device = program_store_device(b->context->programs);
    const image_description description = {device.name, device.vendor, device.driver,  device.platform,
                                           b->source,   b->kernels,    b->kernel_count};
    return image_write(directory, &description, binary, size);
}

static void end_build(build *b)
{
    if (b->program != NULL)
        clReleaseProgram(b->program);
    free(b->text);
}

static clnorm_status build_image(clnorm_context *context, const char *directory)
{
    build b = {.context = context};
    unsigned char *binary = NULL;
    size_t size = 0;
    clnorm_status status = CLNORM_OK;
    if (!context->caps.compiler)
        return fail(CLNORM_NO_COMPILER,
                    "the device cannot compile; its vendor's compiler can: `clnorm build --compiler aoc` or "
                    "`--compiler v++` writes what it compiles and says how");
    status = image_text(context->directories.kernels, &b.text, b.source);
    if (status == CLNORM_OK)
        status = program_build_source(context->context, context->device, b.text, IMAGE_OPTIONS,
                                      "the image of fpga kernels", &b.program);
    if (status == CLNORM_OK)
        status = find_kernels(&b);
    if (status == CLNORM_OK && fpga_kernel_name(b.kernel_count) != NULL)
        status =
            fail(CLNORM_BUILD_FAILED, "the driver built only %zu of the image's kernels", b.kernel_count);
    if (status == CLNORM_OK)
        status = launch_all(&b);
    if (status == CLNORM_OK && (binary = program_binary(b.program, context->device, &size)) == NULL)
        status = fail(CLNORM_OPENCL_ERROR, "the driver does not give the binary of a program");
    if (status == CLNORM_OK)
        status = write_image(&b, directory, binary, size);
    free(binary);
    end_build(&b);
    return status;
}

static clnorm_status check_context(const clnorm_context *context)
{
    return context != NULL ? fork_check()
                           : fail(CLNORM_INVALID_ARGUMENT, "context is NULL; a context is needed");
}

static clnorm_status check_text(const char *text, const char *name)
{
    return text != NULL && *text != '\0'
               ? CLNORM_OK
               : fail(CLNORM_INVALID_ARGUMENT, "%s is missing; a path is needed", name);
}

clnorm_status clnorm_image_build(clnorm_context *context, const char *directory)
{
    clnorm_status status = check_context(context);
    if (status == CLNORM_OK)
        status = check_text(directory, "directory");
    return log_failure(status == CLNORM_OK ? build_image(context, directory) : status);
}

/* ---- From another compiler ---- */

static clnorm_status read_whole(const char *path, unsigned char **bytes, size_t *size)
{
    struct stat info;
    long length = -1;
    *bytes = NULL;
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode)) /* opening a pipe would block */
        return fail(CLNORM_INVALID_FILE, "%s: is no regular file", path);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return fail(CLNORM_IO_ERROR, "%s: cannot be read: %s", path, strerror(errno));
    if (fseek(file, 0, SEEK_END) == 0)
        length = ftell(file);
    clnorm_status status = CLNORM_OK;
    if (length < 0 || fseek(file, 0, SEEK_SET) != 0)
        status = fail(CLNORM_IO_ERROR, "%s: cannot be read: %s", path, strerror(errno));
    else if (length == 0)
        status = fail(CLNORM_INVALID_FILE, "%s: is empty", path);
    else if ((*bytes = malloc((size_t)length)) == NULL)
        status = fail(CLNORM_OUT_OF_MEMORY, "no memory for an image of %ld bytes", length);
    else if (fread(*bytes, 1, (size_t)length, file) != (size_t)length)
        status = fail(CLNORM_IO_ERROR, "%s: cannot be read to its end", path);
    *size = (size_t)length;
    fclose(file);
    return status;
}

/* "clnorm-0123abcd": how the names of a text and of what is made of it begin. */
static void name_text(const char *hash, char name[CLNORM_IMAGE_NAME_SIZE])
{
    enum { HASH_SHOWN = 8 };
    snprintf(name, CLNORM_IMAGE_NAME_SIZE, "clnorm-%.*s", HASH_SHOWN, hash);
}

static clnorm_status check_name(const char *file, const char *hash)
{
    char begin[CLNORM_IMAGE_NAME_SIZE];
    const char *slash = strrchr(file, '/'), *name = slash != NULL ? slash + 1 : file;
    name_text(hash, begin);
    if (strncmp(name, begin, strlen(begin)) == 0)
        return CLNORM_OK;
    return fail(
        CLNORM_INVALID_FILE,
        "%s: what is made of this library's kernels has a name that begins with %s, as their text has; "
        "`clnorm build --compiler` writes that",
        file, begin);
}

static clnorm_status refuse_binary(const char *file, const unsigned char *binary, size_t size)
{
    const char *kind = file_kind_of_text(binary, size);
    return fail(CLNORM_INVALID_FILE, "%s: the device's driver refuses it%s%s: not built for this device?",
                file, kind != NULL ? ", and it looks like " : "", kind != NULL ? kind : "");
}

static clnorm_status import_image(clnorm_context *context, const char *file, const char *directory)
{
    build b = {.context = context};
    unsigned char *binary = NULL;
    size_t size = 0;
    clnorm_status status = read_whole(file, &binary, &size);
    if (status == CLNORM_OK)
        status = image_text(context->directories.kernels, &b.text, b.source);
    if (status == CLNORM_OK)
        status = check_name(file, b.source);
    if (status == CLNORM_OK)
        status = program_build_binary(context->context, context->device, binary, size, "", &b.program);
    if (status == CLNORM_BUILD_FAILED)
        status = refuse_binary(file, binary, size);
    if (status == CLNORM_OK)
        status = find_kernels(&b);
    if (status == CLNORM_OK && b.kernel_count == 0)
        status = fail(CLNORM_INVALID_FILE, "%s: holds none of the kernels of clnorm.cl", file);
    if (status == CLNORM_OK)
        status = write_image(&b, directory, binary, size);
    free(binary);
    end_build(&b);
    return status;
}

clnorm_status clnorm_image_import(clnorm_context *context, const char *file, const char *directory)
{
    clnorm_status status = check_context(context);
    if (status == CLNORM_OK)
        status = check_text(directory, "directory");
    if (status == CLNORM_OK)
        status = check_text(file, "file");
    return log_failure(status == CLNORM_OK ? import_image(context, file, directory) : status);
}

static clnorm_status write_source(const char *directory, char name[CLNORM_IMAGE_NAME_SIZE])
{
    char *text = NULL, *kernels = NULL, hash[HASH_DIGITS + 1], given[CLNORM_IMAGE_NAME_SIZE];
    clnorm_status status = env_check_verbose();
    if (status == CLNORM_OK)
        status = env_kernel_directory(&kernels);
    if (status == CLNORM_OK)
        status = image_text(kernels, &text, hash);
    free(kernels);
    if (status != CLNORM_OK)
        return status;
    name_text(hash, given);
    strcat(given, ".cl");
    const size_t size = strlen(directory) + CLNORM_IMAGE_NAME_SIZE + 1;
    char *path = malloc(size);
    if (path == NULL) {
        status = fail(CLNORM_OUT_OF_MEMORY, "no memory for a path of %zu bytes", size);
        goto cleanup;
    }
    snprintf(path, size, "%s/%s", directory, given);
    if (!directory_ensure(directory, 0777))
        status = fail(CLNORM_IO_ERROR, "%s: cannot be made: %s", directory, strerror(errno));
    else
        status = replace_file(
            path, (const file_piece[]){{IMAGE_HEAD, sizeof IMAGE_HEAD - 1}, {text, strlen(text)}}, 2);
    if (status == CLNORM_OK)
        strcpy(name, given);

cleanup:
    free(path);
    free(text);
    return status;
}

clnorm_status clnorm_image_write_source(const char *directory, char name[CLNORM_IMAGE_NAME_SIZE])
{
    clnorm_status status = check_text(directory, "directory");
    if (status == CLNORM_OK && name == NULL)
        status = fail(CLNORM_INVALID_ARGUMENT, "name is NULL; room for it must be given");
    return log_failure(status == CLNORM_OK ? write_source(directory, name) : status);
}
