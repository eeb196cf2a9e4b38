/*
 * Runs an operation on the device and compares it with the host reference.
 *
 *   trial t;
 *   trial_begin(&t, &op);                       every buffer that the mode knows, dense or as op says
 *   trial_omit(&t, "gamma");                    ... but this one; also .in_place, .one_buffer, .shift
 *   trial_fill(&t, DATA_IMAGE, seed);           inputs; outputs and all that lies between are canaries
 *   trial_check(&t, context);                   runs, and fails the test if anything is wrong
 *   trial_end(&t);
 *
 * All operands lie in one image of floats, which is what goes to the device and comes back. Whatever is not
 * an element of an output must come back unchanged: inputs, gaps between strides, canaries before and after.
 */
#ifndef CLNORM_TESTS_HARNESS_H
#define CLNORM_TESTS_HARNESS_H

#include "data.h"
#include "operations/operation.h"
#include "suite.h"
#include <clnorm/ops.h>
#include <clnorm/reference.h>

enum { HARNESS_MAX_OPERANDS = 12, HARNESS_CANARIES = 64 };

typedef struct operand {
    const clnorm_buffer_info *info;
    clnorm_tensor tensor;
    size_t span; /* elements in memory, gaps included */
    bool given;
    size_t region, start, end; /* in the image: from the canaries before to those after; first element */
    cl_mem mem;
    size_t offset;            /* of the first element in mem, in bytes */
    double *expected, *bound; /* at the tensor's strides; owned by the trial */
} operand;

typedef struct trial {
    clnorm_op op;
    const clnorm_op_info *info;
    size_t count;
    operand operands[HARNESS_MAX_OPERANDS];
    bool in_place;      /* y lies where x does, dx where dy does */
    bool in_place_of_x; /* dx lies where x does */
    bool one_buffer;    /* all operands in one cl_mem */
    size_t shift;       /* elements that each operand lies beyond an aligned place */

    size_t size; /* of the image, in elements */
    float *before, *after;
    bool *writable;
    bool referenced; /* expected and bound are there */
    char note[128];  /* what the inputs are, and which variant ran */
} trial;

/* Where the device is furthest from the reference, as a share of the bound: above 1 it is wrong. */
typedef struct deviation {
    double ratio;
    const char *name; /* of the buffer; "" if nothing was compared */
    size_t place;
    double got, expected, bound;
} deviation;

/* A context on the default device with this schedule. The caller destroys it. */
clnorm_context *harness_context(clnorm_kernels kernels);

/* The schedules, for loops: both that every device can compile, or the fpga schedule alone. */
#ifdef HARNESS_FPGA
enum { HARNESS_SCHEDULES = 1 };
#else
enum { HARNESS_SCHEDULES = 2 };
#endif
extern const clnorm_kernels harness_schedules[HARNESS_SCHEDULES];

void trial_begin(trial *t, const clnorm_op *op);
void trial_end(trial *t);

/* NULL if the mode does not know the buffer. */
operand *trial_operand(trial *t, const char *name);
void trial_omit(trial *t, const char *name);

/* Lays the image out, all of it canaries. trial_fill does it unless it was done. */
void trial_lay_out(trial *t);
void trial_fill(trial *t, data_kind kind, uint64_t seed);
float *trial_input(trial *t, const char *name);
const float *trial_result(const trial *t, const char *name);

/* Runs on the device; the results are in `after`. With `plan` NULL a plan is made for it. */
void trial_run(trial *t, clnorm_context *context, clnorm_plan *plan);

/* The parts of a run: making the cl_mem objects to execute with; reading and releasing them when the
 * execution is over. */
void trial_upload(trial *t, cl_context context, clnorm_buffers *buffers);
void trial_download(trial *t, cl_command_queue queue);

/* Fails the test unless all that is not an output is as it was. */
void trial_verify_memory(const trial *t);

void trial_reference(trial *t);
deviation trial_compare(trial *t);

/* Fails the test unless memory and results are as they must be; the same after a run. */
void trial_judge(trial *t);
void trial_check(trial *t, clnorm_context *context);

/* "batch_normalization train [2,33,7] axis=2 ...": for messages. */
const char *trial_describe(const trial *t, char *text, size_t size);

/* True if two runs of trials alike left the same bits in this buffer. */
bool trial_same_bits(const trial *a, const trial *b, const char *name);

/* The largest ratio that trial_check saw in this process. */
double harness_worst(void);

#endif
