/* What a test tells the fault layer, and what the layer counts. The layer exports it as `fault_layer`. */
#ifndef CLNORM_TESTS_FAULTS_CONTROL_H
#define CLNORM_TESTS_FAULTS_CONTROL_H

#include <CL/cl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

enum { FAULT_OBJECTS = 6 }; /* contexts, queues, memory objects, programs, kernels, events */

typedef struct fault_control {
    /* Set by the test. Calls are counted, from 1, while `armed`. */
    atomic_bool armed;
    size_t fail_at;     /* the call that fails; 0: none */
    size_t code;        /* which of the call's errors it gives */
    bool hangs_up;      /* from that call on, the device is gone: every call gives CL_DEVICE_NOT_AVAILABLE */
    bool no_compiler;   /* devices say that they have none */
    bool no_devices;    /* platforms have none */
    bool commands_fail; /* so their events say */
    bool corrupts_binaries; /* of programs, when they are asked for */
    bool two_slots;         /* a program has binaries for two devices, the second of which is the device */
    const char *extensions; /* of devices; NULL: their own */
    bool rounds_to_zero;    /* devices, and not to nearest */
    size_t log_bytes;       /* builds from source fail with a log of that size; 0: they do not fail */
    cl_ulong limit;         /* what devices say of every limit, if `has_limit` */
    bool has_limit;

    /* Counted by the layer. */
    atomic_size_t calls;
    const char *failed;               /* the call that failed, or NULL */
    size_t code_count;                /* of that call's errors */
    cl_command_queue flushed;         /* the last one */
    size_t waits;                     /* events in the wait lists of commands */
    cl_int error;                     /* which it gave */
    atomic_long alive[FAULT_OBJECTS]; /* references that the program holds */
} fault_control;

#endif
