/* Hashes that tell whether bytes are the ones they were: XXH3-128, not for secrets. */
#ifndef CLNORM_BASE_HASH_H
#define CLNORM_BASE_HASH_H

#include <stddef.h>

enum { HASH_SIZE = 16, HASH_DIGITS = 2 * HASH_SIZE };

void hash_bytes(const void *bytes, size_t size, unsigned char hash[HASH_SIZE]);

/* The same in hexadecimal digits. */
void hash_text(const void *bytes, size_t size, char digits[HASH_DIGITS + 1]);

#endif
