/* A public flow: what an application does with the library, and what has to hold when a call of it fails. */
#ifndef CLNORM_TESTS_FAULTS_FLOW_H
#define CLNORM_TESTS_FAULTS_FLOW_H

#include <clnorm/clnorm.h> /* says which version of OpenCL is meant */

#include "../files.h"
#include "../suite.h"
#include "control.h"

typedef struct flow {
    const char *name;
    void (*begin)(void);          /* once; nothing fails in it. NULL: nothing to do */
    void (*before)(void);         /* every run; nothing fails in it. NULL: nothing to do */
    clnorm_status (*run)(void);   /* releases all that it made, whatever failed */
    void (*check)(clnorm_status); /* what has to hold after a run with this status. NULL: nothing more */
    void (*end)(void);
    const char *(*message)(void); /* why a run failed. NULL: clnorm_last_error */
    bool slow; /* a run takes more than a tenth of a second: calls are tried with one error each, and of those
                * after the first few one in SLOW_STRIDE, unless CLNORM_TEST_FULL is set. With FAULTS_THIN
                * set, of all other flows one in THIN_STRIDE */
    bool host_only;         /* it calls no OpenCL */
    const char *optional;   /* " call call " of which nothing comes when they fail, releasing aside */
    const char *afterwards; /* the same, once a file has got its name */
} flow;

/* A platform, or what a device says of itself, is left out of a list. */
#define DEVICE_LIST_CALLS " clGetDeviceIDs clGetDeviceInfo clGetPlatformInfo "

/* Without the system's description of a CPU's caches, what the driver says of them has to do. */
#define CPU_CACHE_CALLS   " fopen64 "

/* A context reads what was measured, which most tests have not. */
#define TUNING_CALLS      " open64 openat64 fstat64 close "

/* A cache that cannot be read or written costs time; so does a binary that the driver refuses. */
#define CACHE_CALLS                                                                                          \
    " clGetProgramInfo malloc calloc realloc open64 openat64 fstat64 read write close rename renameat "      \
    "mkdir stat64 lstat64 unlink "
#define BINARY_CALLS  " clCreateProgramWithBinary clBuildProgram "

/* What is remembered of programs; without it they are only not remembered. */
#define VERDICT_CALLS " fstatat64 unlinkat opendir fdopendir readdir64 pread64 fsync fchmod "

extern const flow device_flows[], layer_flows[], file_flows[], command_flows[];
extern const size_t device_flow_count, layer_flow_count, file_flow_count, command_flow_count;

/* Puts two programs into the cache in the directory `where`. */
void fill_cache(const char *where);

/* The layer's, while it is loaded. */
extern fault_control *layer;

/* What flows share, made before the first and kept until the last. */
extern clnorm_context *context;
extern char directory[FILES_PATH_SIZE]; /* for files */

/* The device fails in all that follows, not once. */
extern bool device_is_gone;

/* An image as a vendor's compiler leaves it, in `directory`: its path. Needs the context. */
const char *compiled_image(void);

/* Of the context; `values` may be NULL. */
cl_mem buffer_of(const float *values, size_t count);
void read_buffer(cl_mem mem, float *values, size_t count);
void write_buffer(cl_mem mem, const float *values, size_t count);

#endif
