/* A case as a primitive of oneDNN's CPU engine. */
#ifndef CLNORM_BENCH_ONEDNN_H
#define CLNORM_BENCH_ONEDNN_H

#include "bench_cases.h"

#include <dnnl.h>

typedef enum onednn_layout { LAYOUT_FIRST, LAYOUT_LAST, LAYOUT_MATRIX } onednn_layout;

/* What both sides read, on the host. The channels' arrays are NULL for operations without them. */
typedef struct onednn_input {
    const float *x, *dy, *gamma, *beta, *mean, *variance;
} onednn_input;

enum { MOST_ARGUMENTS = 8 };

typedef struct onednn_op {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_primitive_t primitive;
    dnnl_exec_arg_t arguments[MOST_ARGUMENTS];
    int argument_count;
    size_t elements;
    float *result; /* y, or dx */
    const char *implementation;
    float *storage;                             /* all of the above tensors' values */
    dnnl_primitive_desc_t description, forward; /* gradients: that of what they are the gradients of */
} onednn_op;

/* Whether oneDNN has this case, and how it lies in memory. */
bool onednn_has(const bench_case *c, onednn_layout *layout);

/* These complain and return an exit status. */
int onednn_create(onednn_op *op, const bench_case *c, const onednn_input *input);
int onednn_execute(onednn_op *op);
void onednn_destroy(onednn_op *op);

#endif
