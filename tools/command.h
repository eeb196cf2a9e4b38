/* What the subcommands of clnorm share. */
#ifndef CLNORM_TOOLS_COMMAND_H
#define CLNORM_TOOLS_COMMAND_H

#include "arguments.h"

#include <clnorm/clnorm.h>
#include <clnorm/ops.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* Options that go with every subcommand. */
typedef struct global_options {
    const char *device; /* NULL: not given */
    clnorm_kernels kernels;
    bool json;
} global_options;

int command_devices(const global_options *options, argument_list rest);
int command_ops(const global_options *options, argument_list rest);
int command_run(const global_options *options, argument_list rest);
int command_build(const global_options *options, argument_list rest);
int command_cache(const global_options *options, argument_list rest);
int command_bench(const global_options *options, argument_list rest);
int command_tune(const global_options *options, argument_list rest);
int command_selftest(const global_options *options, argument_list rest);

/* Prints the formula, attributes and buffers of one operation. */
void print_op(const clnorm_op_info *info);

/* "clnorm: ..." on stderr, one line; returns `status`. */
int complain(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The library's last error, as a failure. */
int complain_library(void);

/* Complains that a plan could not be made: `about`, which may be "", and the library's error; if the driver
 * is the cause, also what can be done. */
int complain_plan(const char *about, clnorm_status status);

/* A line for each variant of the plan that the driver failed with, on stderr. */
void tell_refusals(const clnorm_plan *plan);

/* Refuses whatever is left in `rest`: for commands that take nothing more. EXIT_DONE if nothing is. */
int refuse_rest(const char *command, argument_list rest);

/* "cpu", "gpu" or "fpga"; not for AUTO. */
const char *kernels_name(clnorm_kernels kernels);

/* A context on the chosen device with the chosen schedule; complains if that fails. */
int open_context(const global_options *options, clnorm_context **context);

#endif
