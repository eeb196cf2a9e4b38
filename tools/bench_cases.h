/* What is measured: cases as they stand on the command line, and the usual ones. */
#ifndef CLNORM_TOOLS_BENCH_CASES_H
#define CLNORM_TOOLS_BENCH_CASES_H

#include <clnorm/ops.h>

enum { BENCH_CASE_SIZE = 256 };

typedef struct bench_case {
    char text[BENCH_CASE_SIZE]; /* as it was written */
    const clnorm_op_info *info;
    const clnorm_mode_info *mode;
    clnorm_op op; /* has passed clnorm_op_check */
} bench_case;

typedef struct bench_case_list {
    bench_case *cases;
    size_t count;
} bench_case_list;

/* Reads OP:MODE:DIMS[:axis=A][:DTYPE][:ATTRIBUTE=VALUE]... Complains and returns an exit status. */
int bench_case_parse(bench_case *parsed, const char *text);

/* Appends one case. */
int bench_cases_add(bench_case_list *list, const char *text);

/* Appends the cases that are measured when none is named. */
int bench_cases_add_usual(bench_case_list *list);

void bench_cases_clear(bench_case_list *list);

#endif
