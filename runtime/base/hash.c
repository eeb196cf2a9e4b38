#include "base/hash.h"

#include <stdio.h>
#include <string.h>
#include <xxhash.h>

void hash_bytes(const void *bytes, size_t size, unsigned char hash[HASH_SIZE])
{
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes, size));
    memcpy(hash, canonical.digest, sizeof canonical.digest);
}

void hash_text(const void *bytes, size_t size, char digits[HASH_DIGITS + 1])
{
    unsigned char hash[HASH_SIZE];
    hash_bytes(bytes, size, hash);
    for (size_t i = 0; i < HASH_SIZE; i++)
        snprintf(digits + 2 * i, 3, "%02x", hash[i]);
}
