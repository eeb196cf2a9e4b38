/*
 * tuning.json in the directory of the program cache:
 *
 *   {"format": 1, "devices": [{
 *     "device": "...", "platform": "...", "driver": "...", "units": 2, "library": "0.1.0",
 *     "values": {"pieces_per_unit": 8, ...}                          (those that are not the usual ones)
 *   }, ...]}
 *
 * The rules are those of compiled programs (binary_cache.h): nothing is read that others could have written,
 * and the file is replaced as a whole. What is damaged is ignored, with a line in the log; a value that is
 * out of range counts as the end of the range. Texts of drivers are kept as ASCII. There are at most
 * TUNING_FILE_SIZE bytes: the oldest devices make room for new ones.
 */
#ifndef CLNORM_PROGRAMS_TUNING_FILE_H
#define CLNORM_PROGRAMS_TUNING_FILE_H

#include "base/status.h"
#include "devices/tuning.h"

#define TUNING_FILE_NAME "tuning.json"

enum { TUNING_FORMAT = 1, TUNING_FILE_SIZE = 65536, TUNING_TEXT = 256 };

/* For which device values count; the version of the library is added. */
typedef struct tuning_key {
    const char *device, *platform, *driver;
    unsigned units; /* a driver may be told to use fewer */
} tuning_key;

/* The values for a device: the usual ones (0) where there are no others. `directory` NULL: there are none. */
void tuning_file_load(const char *directory, const tuning_key *key, tuning *values);

/* Writes them, in place of those of this device, making the directory if needed. IO_ERROR, OUT_OF_MEMORY. */
clnorm_status tuning_file_store(const char *directory, const tuning_key *key, const tuning *values);

/* Removes those of this device; OK if there are none. IO_ERROR, OUT_OF_MEMORY. */
clnorm_status tuning_file_remove(const char *directory, const tuning_key *key);

#endif
