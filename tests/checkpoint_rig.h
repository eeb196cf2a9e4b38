/* Two layers of four variables each, and a file for what they have learned. */
#ifndef CLNORM_TESTS_CHECKPOINT_RIG_H
#define CLNORM_TESTS_CHECKPOINT_RIG_H

#include "files.h"
#include "layer_rig.h"

/* Where checkpoints go: a file that is not there yet, in a directory of its own. */
extern char checkpoint_directory[FILES_PATH_SIZE], checkpoint_path[FILES_PATH_SIZE];

void checkpoint_set_up(void);
void checkpoint_tear_down(void);

/* With the layers "one", of three channels, and "net/two", of two. */
rig checkpoint_model(unsigned long long seed);

/* Every bit of a model. */
typedef struct image {
    float values[8][8];
} image;

image take(const rig *r);

/* Gives the variables values that tell every place from every other, special ones too. */
void fill(const rig *r);

/* There are `count` names, and this is the first. */
void lists(const clnorm_names *names, size_t count, const char *first);

#endif
