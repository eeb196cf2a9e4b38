/* The environment, read here and nowhere else. docs/environment.md has a row for each variable. */
#ifndef CLNORM_BASE_ENV_H
#define CLNORM_BASE_ENV_H

#include "base/status.h"

/* Each returns CLNORM_INVALID_ENVIRONMENT, and names the variable, its value and what is allowed, when the
 * variable holds something that cannot be meant. Unset and empty are the same: the default. */

/* Room for any device string that can be meant. */
enum { ENV_DEVICE_SIZE = 1024 };

/* CLNORM_DEVICE: "" if unset. Copied into the caller's memory, which holds `size` bytes. */
clnorm_status env_device(char *choice, size_t size);

/* CLNORM_KERNELS: cpu, gpu or fpga; CLNORM_KERNELS_AUTO if unset. */
clnorm_status env_kernels(clnorm_kernels *kernels);

/* CLNORM_VERIFY: off, new or always; CLNORM_VERIFY_NEW if unset. */
clnorm_status env_verify(clnorm_verify *verify);

/* CLNORM_VERBOSE: none, error, info, dispatch or profile. Anything else counts as none, since this is called
 * for the first log line and cannot fail. Functions that can fail report it through env_check_verbose. */
clnorm_log_level env_verbose(void);
clnorm_status env_check_verbose(void);

/* CLNORM_KERNEL_DIR: a directory that is there, which .cl files are read from instead of the library. NULL
 * if unset; else the caller frees it. */
clnorm_status env_kernel_directory(char **directory);

/* CLNORM_BINARY_DIR: a directory that is there, with images of compiled kernels. NULL if unset; else the
 * caller frees it. */
clnorm_status env_binary_directory(char **directory);

/* The directory of the program cache: CLNORM_CACHE_DIR, else $XDG_CACHE_HOME/clnorm, else
 * $HOME/.cache/clnorm. NULL where it is "off" or none of them is set. The caller frees it. */
clnorm_status env_cache_directory(char **directory);

#endif
