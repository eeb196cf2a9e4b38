/* What the fuzz targets share. A target is LLVMFuzzerTestOneInput: linked with libFuzzer it is fed with
 * inputs that libFuzzer invents, linked with replay.c with the files of seeds/ and found/. */
#ifndef CLNORM_TESTS_FUZZ_FUZZ_H
#define CLNORM_TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the process in a way that libFuzzer sees, and saves the input for. abort is none where PoCL has loaded
 * LLVM: that takes SIGABRT for itself, and gives back only signals that come again. */
_Noreturn void fuzz_crash(void);

/* Prints the message and crashes unless `holds`. */
void fuzz_require(bool holds, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A path in a directory that this process made for itself and removes at its end, with all that is in it. The
 * text is good until the eighth call from now. */
const char *fuzz_path(const char *name);

/* Removes the files in it. */
void fuzz_clear(void);

void fuzz_write(const char *path, const void *bytes, size_t size);

/* A copy without anything behind it, so that a sanitizer sees a read beyond its end. The caller frees it. */
void *fuzz_copy(const void *bytes, size_t size);

/* The whole file, which the caller frees; NULL if there is none. */
uint8_t *fuzz_read(const char *path, size_t *size);

/* Takes an input apart, byte by byte; behind its end there are zeros. */
typedef struct fuzz_bytes {
    const uint8_t *at, *end;
} fuzz_bytes;

unsigned fuzz_byte(fuzz_bytes *bytes);
void fuzz_take(fuzz_bytes *bytes, void *value, size_t size);

/* One of `count` things. */
#define FUZZ_PICK(bytes, table) ((table)[fuzz_byte(bytes) % (sizeof(table) / sizeof *(table))])

/* Takes the next line of a text, without its end, as a string that the caller frees. NULL behind the last. */
char *fuzz_line(fuzz_bytes *bytes);

#endif
