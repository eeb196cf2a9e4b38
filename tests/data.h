/* Numbers to test with: the kinds of data that show what normal noise hides. Always the same for a seed. */
#ifndef CLNORM_TESTS_DATA_H
#define CLNORM_TESTS_DATA_H

#include <clnorm/clnorm.h>
#include <stdint.h>

typedef struct generator {
    uint64_t state;
    bool spare; /* normal numbers come in pairs */
    double second;
} generator;

generator generator_seeded(uint64_t seed);
uint32_t generator_next(generator *random);
size_t generator_below(generator *random, size_t limit); /* 0 ... limit-1 */
double generator_uniform(generator *random);             /* above 0, below 1 */
double generator_normal(generator *random);

/* One of a table's values. */
#define GENERATOR_PICK(random, table) ((table)[generator_below((random), sizeof(table) / sizeof *(table))])

typedef enum data_kind {
    DATA_CONSTANT,
    DATA_TWO_VALUED,
    DATA_ONE_HOT,
    DATA_FIRST_HOT, /* the element that differs is the first of its group */
    DATA_RELU,
    DATA_IMAGE,
    DATA_NORMAL,
    DATA_LARGE_MEAN, /* mean 1e4, deviation 1 */
    DATA_TINY,       /* scales down to 1e-30: squares underflow */
    DATA_RAMP,
    DATA_KINDS,            /* those above suit every operation */
    DATA_HUGE = DATA_KINDS /* squares overflow: l2_normalize only */
} data_kind;

const char *data_kind_name(data_kind kind);

/* What is normalized together. */
typedef struct data_groups {
    unsigned axis;
    bool along; /* the elements along the axis; else those that share an index of it */
} data_groups;

/* Fills the elements of `tensor` (not the gaps between them). */
void data_fill(float *values, const clnorm_tensor *tensor, data_groups groups, data_kind kind, uint64_t seed);

/* Puts `value` at one position of one group. */
void data_spoil(float *values, const clnorm_tensor *tensor, data_groups groups, size_t group, size_t position,
                float value);

/* The group and the position in it of the element at `index`. */
size_t data_group(const clnorm_tensor *tensor, data_groups groups, const size_t *index, size_t *position);

#endif
