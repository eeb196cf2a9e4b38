/* The caches of this machine's CPU, as its system describes them. */
#ifndef CLNORM_DEVICES_CPU_CACHE_H
#define CLNORM_DEVICES_CPU_CACHE_H

#include <stddef.h>

/* Bytes of the caches that one of the system's CPUs can count on: its part of each level that it shares with
 * others, as if all used it alike. 0: not known. */
typedef struct cpu_cache {
    size_t near; /* the second level */
    size_t far;  /* all levels behind it */
} cpu_cache;

/* `directory` has a folder for each cache of one CPU: /sys/devices/system/cpu/cpu0/cache. What cannot be read
 * counts as not known. */
cpu_cache cpu_cache_read(const char *directory);

#endif
