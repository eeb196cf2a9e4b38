/* Which copies an operation is compared with, and whether it can be as fast as it seems. Needs no device. */
#ifndef CLNORM_TOOLS_BENCH_CHOICE_H
#define CLNORM_TOOLS_BENCH_CHOICE_H

#include <stdbool.h>
#include <stddef.h>

/* The least of the times, and the least of the others; if there is one time only, both are 0. Of equal times
 * the first. */
void bench_two_best(const double *us, size_t count, size_t best[2]);

/* Whether a copy that took so long may still turn out to be among the best. */
bool bench_may_win(double us, double least_us);

/* Whether some cache may hold so many bytes. What a device says about its caches is not asked: virtual
 * machines tell of caches that they share with others. */
bool bench_may_be_cached(size_t bytes);

/* Whether an operation that moves so many bytes, which no cache may hold, is faster than the fastest copy by
 * more than the noise of measuring: then that copy is no limit for it. */
bool bench_exceeds_limit(size_t bytes, double share);

#endif
