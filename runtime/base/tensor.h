/* Arithmetic on shapes, checked. Pure. */
#ifndef CLNORM_BASE_TENSOR_H
#define CLNORM_BASE_TENSOR_H

#include "base/status.h"

/* False, with *product or *sum untouched, where size_t overflows. */
bool checked_multiply(size_t a, size_t b, size_t *product);
bool checked_add(size_t a, size_t b, size_t *sum);

/* Bytes an element. 0 for a value outside the enumeration. */
size_t dtype_size(clnorm_dtype dtype);

/* "f32", "f16", "bf16", "f64". */
const char *dtype_name(clnorm_dtype dtype);

/* The number of elements of a checked tensor. */
size_t tensor_elements(const clnorm_tensor *tensor);

/* Rank, type, and sizes in memory that fit size_t; `name` is the field's name for the message. */
clnorm_status tensor_check(const clnorm_tensor *tensor, const char *name);

/* Whether two of its elements share memory: what an output may not do. */
bool tensor_overlaps_itself(const clnorm_tensor *tensor);

/* Where element `linear` lies, counted in the order of the axes, the last one fastest. */
size_t tensor_offset(const clnorm_tensor *tensor, size_t linear);

/* The axis, 0 ... rank-1, that `axis` names, which may count from the end. False if there is none. */
bool tensor_axis(const clnorm_tensor *tensor, int axis, unsigned *index);

#endif
