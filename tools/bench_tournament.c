#include "bench_tournament.h"

#include "bench_choice.h"
#include "bench_clock.h"
#include "command.h"

#include <math.h>

enum { LEAST_ROUNDS = 2, MOST_ROUNDS = 25 };

/* Runs every way, or only those that are not far behind. */
static int time_ways(const bench_run *run, bool only_near, double *least)
{
    size_t best[2];
    int status = EXIT_DONE;
    bench_two_best(least, run->copy->way_count, best);
    const double least_of_all = least[best[0]];
    for (size_t way = 0; way < run->copy->way_count && status == EXIT_DONE; way++) {
        double us;
        if (only_near && !bench_may_win(least[way], least_of_all))
            continue;
        status = bench_settle_copy(run, way, &us);
        if (status == EXIT_DONE && us < least[way])
            least[way] = us;
    }
    return status;
}

/* The least time of each way counts, since a run may be disturbed, but is never too fast. */
int bench_find_copies(bench_run *run, double most_us)
{
    double least[BENCH_MOST_WAYS];
    const double start = clock_us();
    double spent = 0;
    int status = EXIT_DONE;
    for (size_t i = 0; i < run->copy->way_count; i++)
        least[i] = INFINITY;
    for (size_t round = 0; round < MOST_ROUNDS && status == EXIT_DONE; round++) {
        if (round >= LEAST_ROUNDS && spent > most_us)
            break;
        status = time_ways(run, spent > most_us / 2, least);
        spent = clock_us() - start;
    }
    bench_two_best(least, run->copy->way_count, run->copies);
    run->copy_count = run->copy->way_count > 1 ? 2 : 1;
    return status;
}
