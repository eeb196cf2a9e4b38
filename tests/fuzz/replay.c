/* A fuzz target as an ordinary test: runs it on every file of the directories that are named, and prints a
 * line for each. A directory that is not there has none. */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

enum { PATH_SIZE = 1024 };

static void run(const char *path)
{
    size_t size;
    uint8_t *bytes = fuzz_read(path, &size);
    fuzz_require(bytes != NULL, "%s cannot be read", path);
    /* Before the run, for one that does not come back. */
    printf("# %s\n", path);
    fflush(stdout);
    uint8_t *input = fuzz_copy(bytes, size);
    LLVMFuzzerTestOneInput(input, size);
    printf("ok %s\n", path);
    free(input);
    free(bytes);
}

int main(int argc, char **argv)
{
    int count = 0;
    for (int i = 1; i < argc; i++) {
        DIR *stream = opendir(argv[i]);
        for (struct dirent *entry; stream != NULL && (entry = readdir(stream)) != NULL;) {
            char path[PATH_SIZE];
            if (entry->d_name[0] == '.')
                continue;
            fuzz_require(snprintf(path, sizeof path, "%s/%s", argv[i], entry->d_name) < PATH_SIZE,
                         "too long a path: %s", entry->d_name);
            run(path);
            count++;
        }
        if (stream != NULL)
            closedir(stream);
    }
    fuzz_require(count > 0, "no inputs");
    return EXIT_SUCCESS;
}
