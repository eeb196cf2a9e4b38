/* Recognizes other kinds of files by their first bytes, for the message when a file has the wrong format. */
#ifndef CLNORM_BASE_FILE_KIND_H
#define CLNORM_BASE_FILE_KIND_H

#include <stddef.h>

/* As many bytes of a file's begin as are looked at. */
enum { FILE_KIND_BYTES = 64 };

/* "a zip archive (PyTorch's .pt, NumPy's .npz, Keras's .keras)", to follow "it looks like". NULL: no kind
 * that is known here. `size` is of the bytes that are there, at most FILE_KIND_BYTES are looked at. */
const char *file_kind(const void *bytes, size_t size);

/* The same for what is text: what arrives instead of a file that is none. */
const char *file_kind_of_text(const void *bytes, size_t size);

/* The same for a file, by its path. NULL also if it cannot be read. */
const char *file_kind_of_text_at(const char *path);

#endif
