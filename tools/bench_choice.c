#include "bench_choice.h"

static const double slack = 1.5;          /* what a time that was disturbed may be above the least one */
static const double noise = 0.03;         /* of a share of the limit */
static const size_t in_memory = 64000000; /* bytes */

void bench_two_best(const double *us, size_t count, size_t best[2])
{
    best[0] = best[1] = 0;
    for (size_t i = 1; i < count; i++)
        if (us[i] < us[best[0]])
            best[0] = i;
    if (count > 1)
        best[1] = best[0] == 0 ? 1 : 0;
    for (size_t i = 0; i < count; i++)
        if (i != best[0] && us[i] < us[best[1]])
            best[1] = i;
}

bool bench_may_win(double us, double least_us)
{
    return us <= slack * least_us;
}

bool bench_may_be_cached(size_t bytes)
{
    return bytes < in_memory;
}

bool bench_exceeds_limit(size_t bytes, double share)
{
    return !bench_may_be_cached(bytes) && share > 1 + noise;
}
