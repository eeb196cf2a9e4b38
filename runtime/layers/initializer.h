/* The first values of a variable. */
#ifndef CLNORM_LAYERS_INITIALIZER_H
#define CLNORM_LAYERS_INITIALIZER_H

#include <stddef.h>
#include <stdint.h>

void fill_constant(float *values, size_t count, double value);

/* From normal(mean, deviation). Value i is a function of seed, name and i alone, and the same bits on every
 * machine: normal numbers are made by comparing integers, without any function of a mathematics library. */
void fill_normal(float *values, size_t count, double mean, double deviation, uint64_t seed, const char *name);

#endif
