/* Finds the fastest ways to copy for a case. */
#ifndef CLNORM_TOOLS_BENCH_TOURNAMENT_H
#define CLNORM_TOOLS_BENCH_TOURNAMENT_H

#include "bench_measure.h"

/* Runs every way in turn, for about so long, and sets the run's best copies. Complains and returns an exit
 * status. */
int bench_find_copies(bench_run *run, double most_us);

#endif
