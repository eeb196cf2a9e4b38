/* Ops from an input's bytes. */
#ifndef CLNORM_TESTS_FUZZ_OP_BYTES_H
#define CLNORM_TESTS_FUZZ_OP_BYTES_H

#include "fuzz.h"

#include <clnorm/clnorm.h>

/* Any op at all: mostly plausible, with any field wrong. */
clnorm_op op_from_bytes(fuzz_bytes *bytes);

/* One whose attributes lie where accuracy is promised, of sizes that a device is done with soon; still not
 * always valid. */
clnorm_op small_op_from_bytes(fuzz_bytes *bytes);

#endif
