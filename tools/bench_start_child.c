/* The process whose start bench_start.c measures. */
#include "bench_data.h"
#include "bench_start.h"

#include <string.h>
#include <unistd.h>

/* Elements: the start is measured, not the run. */
enum { MOST_ELEMENTS = 1 << 12 };

/* Halves the largest axis until the tensor is small. */
static void shrink(clnorm_tensor *x)
{
    for (;;) {
        size_t elements = 1;
        unsigned largest = 0;
        for (unsigned axis = 0; axis < x->rank; axis++) {
            elements *= x->dims[axis];
            if (x->dims[axis] > x->dims[largest])
                largest = axis;
        }
        if (elements <= MOST_ELEMENTS)
            break;
        x->dims[largest] /= 2;
    }
    *x = clnorm_tensor_dense(x->dtype, x->rank, x->dims);
}

/* The clock stops here; tidying up is not measured. */
static int tell(void)
{
    return write(STDOUT_FILENO, "!", 1) == 1 ? EXIT_DONE : complain(EXIT_FAILED, "bench: nobody listens");
}

static int list_devices(void)
{
    clnorm_device_list *list;
    if (clnorm_device_list_create(&list, NULL) != CLNORM_OK)
        return complain_library();
    clnorm_device_list_destroy(list);
    return EXIT_DONE;
}

static int execute_once(clnorm_context *context, const bench_case *c)
{
    bench_data data;
    clnorm_plan *plan = NULL;
    cl_event event = NULL;
    int status = bench_data_create(&data, context, c);
    if (status == EXIT_DONE && (clnorm_plan_create(&plan, context, &c->op) != CLNORM_OK ||
                                clnorm_plan_execute(plan, &data.buffers, NULL, 0, NULL, &event) != CLNORM_OK))
        status = complain_library();
    if (event) {
        if (clFlush(clnorm_context_cl_queue(context)) != CL_SUCCESS ||
            clWaitForEvents(1, &event) != CL_SUCCESS)
            status = complain(EXIT_FAILED, "case \"%s\" failed on the device", c->text);
        clReleaseEvent(event);
    }
    if (status == EXIT_DONE)
        status = tell();
    clnorm_plan_destroy(plan);
    bench_data_destroy(&data, c);
    return status;
}

static int first_result(const global_options *options, const char *text)
{
    bench_case c;
    clnorm_context *context = NULL;
    int status = bench_case_parse(&c, text);
    if (status == EXIT_DONE) {
        shrink(&c.op.x);
        status = open_context(options, &context);
    }
    if (status == EXIT_DONE)
        status = execute_once(context, &c);
    clnorm_context_destroy(context);
    return status;
}

int bench_start_child(const global_options *options, const char *what)
{
    if (strcmp(what, "devices") != 0)
        return first_result(options, what);
    int status = list_devices();
    return status == EXIT_DONE ? tell() : status;
}
