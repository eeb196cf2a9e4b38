/* The cases of a vectors file (tflearn's, ONNX's or PyTorch's own results) as operations of clnorm. */
#ifndef CLNORM_TESTS_VECTOR_CASE_H
#define CLNORM_TESTS_VECTOR_CASE_H

#include "safetensors.h"
#include <clnorm/clnorm.h>
#include <jansson.h>

enum { VECTOR_PATH_SIZE = 1024 };

/* Where a file of the vectors is: in CLNORM_TEST_VECTORS, or where it was when this was compiled. */
const char *vector_path(char path[VECTOR_PATH_SIZE], const char *file);

typedef struct vector_file {
    json_t *json;
    safetensors *tensors;
} vector_file;

/* Opens NAME.json and NAME.safetensors in the directory of the vectors. False if that fails. */
bool vector_file_open(vector_file *file, const char *name);
void vector_file_close(vector_file *file);

typedef enum vector_verdict {
    VECTOR_RUNS,
    VECTOR_OTHER_OP,       /* another operation of the family, or a gradient */
    VECTOR_OTHER_EXPONENT, /* a norm whose p is not 2 */
    VECTOR_OTHER_TYPE,     /* not fp32 */
    VECTOR_VERDICTS
} vector_verdict;

/* What a case says to clnorm. `op` is set if it runs. */
vector_verdict vector_case_op(const vector_file *file, const json_t *vector, clnorm_op *op);

/* The key in `group` ("inputs", "outputs", "ref64") of what clnorm calls `buffer`, spelled with `suffix` at
 * its end ("_0" in a sequence of steps); NULL if there is none. */
const char *vector_case_key(const json_t *vector, const char *group, const char *buffer, const char *suffix);

/* The tensor under a key of a group. */
bool vector_case_entry(const vector_file *file, const json_t *vector, const char *group, const char *key,
                       safetensors_entry *entry);

#endif
