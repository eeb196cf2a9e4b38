/* Times and their medians. */
#ifndef CLNORM_TOOLS_BENCH_CLOCK_H
#define CLNORM_TOOLS_BENCH_CLOCK_H

#include <stddef.h>

/* Microseconds since some moment in the past. */
double clock_us(void);

/* The median; sorts the values. 0 if there are none. */
double median(double *values, size_t count);

#endif
