/* The reports of a process that tries programs to the one that started it: a line for each step, over a pipe.
 * The first character says what the rest of the line means. */
#ifndef CLNORM_TOOLS_ISOLATE_REPORT_H
#define CLNORM_TOOLS_ISOLATE_REPORT_H

enum {
    ISOLATE_DESCRIPTOR = 3, /* the pipe's; not a standard one, since drivers write to these */
    ISOLATE_LINE_SIZE = 2048,
};

enum isolate_word {
    ISOLATE_DEVICE = 'D',  /* its name: it can be used */
    ISOLATE_PROBLEM = 'P', /* "INDEX LABEL": it is begun */
    ISOLATE_TRIES = 'T',   /* "VARIANT", which is about to be compiled or loaded */
    ISOLATE_REFUSES = 'R', /* "VARIANT\tREASON" */
    ISOLATE_WORKS = 'W',   /* "VARIANT": it has computed the problem, or would */
    ISOLATE_WRONG = 'X',   /* "VARIANT\tWHAT" */
    ISOLATE_FAILS = 'F',   /* "WHAT": the problem has no plan */
    ISOLATE_SKIPS = 'S',   /* the device is too small for the problem */
    ISOLATE_ALIVE = '.',   /* nothing but that it goes on */
    ISOLATE_CANNOT = 'E',  /* "WHAT": nothing can be tried at all */
    ISOLATE_DONE = 'Q',    /* as the process ends well */
};

#endif
