/* Errors: a status that the program can handle, and a sentence for people. */
#ifndef CLNORM_BASE_STATUS_H
#define CLNORM_BASE_STATUS_H

#include <clnorm/clnorm.h>

#if defined(__GNUC__)
#define PRINTF_LIKE(string, first) __attribute__((format(printf, string, first)))
#else
#define PRINTF_LIKE(string, first)
#endif

/* Records the calling thread's last error and returns `status`. Needs no memory. */
clnorm_status fail(clnorm_status status, const char *format, ...) PRINTF_LIKE(2, 3);

/* The same for a failed OpenCL call: "clCreateBuffer: CL_OUT_OF_RESOURCES". Memory errors become
 * CLNORM_OUT_OF_MEMORY, all others CLNORM_OPENCL_ERROR. */
clnorm_status fail_opencl(cl_int error, const char *call);

/* "CL_INVALID_VALUE", or "OpenCL error -1234". */
const char *opencl_error_name(cl_int error);

#endif
