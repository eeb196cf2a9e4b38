/* Writes safetensors files byte by byte, also such as nobody should write. */
#ifndef CLNORM_TESTS_TENSOR_TEXT_H
#define CLNORM_TESTS_TENSOR_TEXT_H

#include "files.h"

/* Length, header, data; returns the file's size. */
static inline size_t tensor_text_write(const char *path, const char *header, const void *data, size_t size)
{
    const size_t length = strlen(header);
    unsigned char *bytes = calloc(1, 8 + length + size);
    ck_assert_ptr_nonnull(bytes);
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)((unsigned long long)length >> 8 * i);
    memcpy(bytes + 8, header, length);
    if (data != NULL)
        memcpy(bytes + 8 + length, data, size);
    files_write(path, bytes, 8 + length + size);
    free(bytes);
    return 8 + length + size;
}

/* {"dtype":"F32","shape":[n],"data_offsets":[begin,end]} for n floats behind `begin` bytes. */
#define TENSOR(name, dtype, shape, begin, end)                                                               \
    "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":[" #begin "," #end "]}"

#endif
