/* The processes that isolate starts: started, listened to, and ended. */
#ifndef CLNORM_TOOLS_ISOLATE_PROCESS_H
#define CLNORM_TOOLS_ISOLATE_PROCESS_H

#include "isolate_child.h"
#include "isolate_report.h"

#include <sys/types.h>

typedef struct isolate_process {
    pid_t id;
    int descriptor; /* what it writes is read from here */
    size_t held;    /* bytes read and not yet given out */
    char buffer[2 * ISOLATE_LINE_SIZE];
} isolate_process;

typedef enum isolate_event {
    ISOLATE_LINE,
    ISOLATE_END,       /* it writes no more: it has ended, or is about to */
    ISOLATE_SILENCE,   /* for longer than allowed */
    ISOLATE_INTERRUPT, /* this process was asked to end */
} isolate_event;

/* With `true`, signals that would end this process are only noted from now on. With `false`, they act again,
 * and a signal that was noted is raised. */
void isolate_catch_signals(bool catching);

int isolate_process_start(isolate_process *process, const global_options *options, const isolate_task *task);

/* Waits for the next line, without its end. */
isolate_event isolate_process_read(isolate_process *process, unsigned timeout, char line[ISOLATE_LINE_SIZE]);

/* Kills it, and all that it has started, unless it ends by itself within `seconds`. Returns what waitpid
 * says; `killed` is true if it had to be. */
int isolate_process_end(isolate_process *process, unsigned seconds, bool *killed);

#endif
