/* The task of a process that tries programs, passed as a word on its command line. */
#ifndef CLNORM_TOOLS_ISOLATE_CHILD_H
#define CLNORM_TOOLS_ISOLATE_CHILD_H

#include "command.h"

enum { ISOLATE_TASK_SIZE = 160 };

/* Some problems of one operation and mode, with the kernels of one schedule. */
typedef struct isolate_task {
    clnorm_kernels kernels;
    const clnorm_op_info *info;
    const clnorm_mode_info *mode;
    size_t first, count; /* of isolate_for_each's problems */
} isolate_task;

/* "gpu:l2_normalize:infer:64:32" */
void isolate_task_text(const isolate_task *task, char text[ISOLATE_TASK_SIZE]);
bool isolate_task_parse(isolate_task *task, const char *text);

#endif
