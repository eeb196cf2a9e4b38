/* What the library takes from the environment, a line a variable; "secure" first where the program runs with
 * another user's rights. */
#include "base/env.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>

static void tell(const char *what, clnorm_status status, char *directory)
{
    printf("%s: %s\n", what,
           status != CLNORM_OK ? clnorm_last_error()
           : directory != NULL ? directory
                               : "unset");
    free(directory);
}

int main(void)
{
    char device[ENV_DEVICE_SIZE], *directory = NULL;
    clnorm_kernels kernels = CLNORM_KERNELS_AUTO;
    clnorm_verify verify = CLNORM_VERIFY_DEFAULT;
    printf("%s\n", getauxval(AT_SECURE) != 0 ? "secure" : "not secure");
    clnorm_status status = env_device(device, sizeof device);
    printf("device: %s\n", status != CLNORM_OK ? clnorm_last_error() : *device != '\0' ? device : "unset");
    status = env_kernels(&kernels);
    printf("kernels: %s\n", status == CLNORM_OK && kernels == CLNORM_KERNELS_AUTO ? "unset" : "set");
    status = env_verify(&verify);
    printf("verify: %s\n", status == CLNORM_OK && verify == CLNORM_VERIFY_NEW ? "unset" : "set");
    printf("verbose: %s\n", env_verbose() == CLNORM_LOG_NONE ? "unset" : "set");
    status = env_kernel_directory(&directory);
    tell("kernel directory", status, directory);
    status = env_binary_directory(&directory);
    tell("binary directory", status, directory);
    status = env_cache_directory(&directory);
    tell("cache", status, directory);
    return EXIT_SUCCESS;
}
