#include "device.h"
#include "check.h"

void *must_allocate(size_t bytes)
{
    void *memory = malloc(bytes);
    if (memory == NULL) {
        fprintf(stderr, "not enough memory for %zu bytes\n", bytes);
        exit(EXIT_FAILURE);
    }
    return memory;
}

cl_mem create_buffer(const clnorm_context *context, size_t bytes, void *values)
{
    cl_int error;
    const cl_mem_flags flags = CL_MEM_READ_WRITE | (values != NULL ? CL_MEM_COPY_HOST_PTR : (cl_mem_flags)0);
    cl_mem buffer = clCreateBuffer(clnorm_context_cl_context(context), flags, bytes, values, &error);
    CHECK_CL(error);
    return buffer;
}

/* The whole file as text. */
static char *read_text(const char *path)
{
    FILE *file = fopen(path, "rb");
    long size = -1;
    if (file != NULL && fseek(file, 0, SEEK_END) == 0)
        size = ftell(file);
    if (size < 0 || fseek(file, 0, SEEK_SET) != 0) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    char *text = must_allocate((size_t)size + 1);
    text[fread(text, 1, (size_t)size, file)] = '\0';
    fclose(file);
    return text;
}

cl_program build_program(const clnorm_context *context, const char *path)
{
    cl_int error;
    cl_device_id device = clnorm_context_cl_device(context);
    char *text = read_text(path);
    const char *source = text;
    cl_program program =
        clCreateProgramWithSource(clnorm_context_cl_context(context), 1, &source, NULL, &error);
    CHECK_CL(error);
    free(text);
    error = clBuildProgram(program, 1, &device, "", NULL, NULL);
    if (error != CL_SUCCESS) {
        size_t size;
        CHECK_CL(clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, 0, NULL, &size));
        char *log = must_allocate(size);
        CHECK_CL(clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, size, log, NULL));
        fprintf(stderr, "%s:\n%s\n", path, log);
        free(log);
    }
    CHECK_CL(error);
    return program;
}
