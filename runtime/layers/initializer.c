/*
 * Normal numbers by algorithm N of C. F. F. Karney, "Sampling exactly from the normal distribution", ACM
 * Transactions on Mathematical Software 42 (2016): a number is k + x, k an integer and x in [0, 1), accepted
 * with a probability that comes from how long sequences of uniform numbers go on falling (von Neumann). All
 * of it compares integers; only the result becomes a double.
 */
#include "layers/initializer.h"

#include <float.h>
#include <math.h>

#include <stdbool.h>

/* The bits of uniform numbers: few enough for k + x to fit into a double, and for products with small k to
 * fit into 64 bits. */
enum { BITS = 52 };
#define ONE ((uint64_t)1 << BITS)

/* splitmix64 (Steele, Lea and Flood 2014). */
static uint64_t mix(uint64_t z)
{
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static uint64_t next(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u;
    return mix(*state);
}

static uint64_t uniform(uint64_t *state)
{
    return next(state) >> (64 - BITS);
}

/* FNV-1a. */
static uint64_t hash_name(const char *name)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * 0x100000001b3u;
    return hash;
}

/* True with probability exp(-1/2). */
static bool half_life(uint64_t *state)
{
    bool even = true;
    for (uint64_t last = ONE / 2, u; (u = uniform(state)) < last; last = u)
        even = !even;
    return even;
}

/* True with probability exp(-x (2k + x) / (2k + 2)). */
static bool accept_fraction(uint64_t *state, uint64_t k, uint64_t x)
{
    bool even = true;
    for (uint64_t last = x, u; (u = uniform(state)) < last; last = u) {
        if (uniform(state) * (2 * k + 2) >= 2 * k * ONE + x)
            break;
        even = !even;
    }
    return even;
}

static bool all_half_lives(uint64_t *state, uint64_t trials)
{
    while (trials > 0 && half_life(state))
        trials--;
    return trials == 0;
}

/* From normal(0, 1). */
static double normal(uint64_t *state)
{
    for (;;) {
        uint64_t k = 0;
        while (half_life(state))
            k++;
        if (k > 0 && !all_half_lives(state, k * (k - 1)))
            continue;
        const uint64_t x = uniform(state);
        uint64_t accepted = 0;
        while (accepted <= k && accept_fraction(state, k, x))
            accepted++;
        if (accepted <= k)
            continue;
        const double size = (double)(k * ONE + x) / (double)ONE;
        return (next(state) & 1) != 0 ? -size : size;
    }
}

void fill_constant(float *values, size_t count, double value)
{
    for (size_t i = 0; i < count; i++)
        values[i] = (float)value;
}

void fill_normal(float *values, size_t count, double mean, double deviation, uint64_t seed, const char *name)
{
    const uint64_t stream = mix(mix(seed + 0x9e3779b97f4a7c15u) ^ hash_name(name));
    for (size_t i = 0; i < count; i++) {
        uint64_t state = mix(stream + i);
        const double scaled = deviation * normal(&state); /* its own statement: never fused with the sum */
        values[i] = (float)fmax(-FLT_MAX, fmin(mean + scaled, FLT_MAX));
    }
}
