/* Recognizes other kinds of files by their first bytes, for the message when a file has the wrong format. */
#ifndef CLNORM_BASE_FILE_KIND_H
#define CLNORM_BASE_FILE_KIND_H

#include <stddef.h>

/* The number of bytes at the beginning of a file that are looked at. */
enum { FILE_KIND_BYTES = 64 };

/* The kind, such as "a zip archive (PyTorch's .pt, NumPy's .npz, Keras's .keras)", to follow "it looks like"
 * in a message. NULL: unknown. `size` is the number of `bytes`; at most FILE_KIND_BYTES are looked at. */
const char *file_kind(const void *bytes, size_t size);

/* The same for kinds of text only, such as the HTML page that a server sends instead of the file. */
const char *file_kind_of_text(const void *bytes, size_t size);

/* The same for a file, by its path. NULL also if it cannot be read. */
const char *file_kind_of_text_at(const char *path);

#endif
