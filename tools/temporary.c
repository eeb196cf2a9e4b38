#define _XOPEN_SOURCE 700 /* nftw */
#include "temporary.h"

#include "command.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int temporary_create(char path[TEMPORARY_PATH_SIZE])
{
    const char *parent = getenv("TMPDIR");
    int length = snprintf(path, TEMPORARY_PATH_SIZE, "%s/clnorm-bench-XXXXXX",
                          parent && parent[0] == '/' ? parent : "/tmp");
    if (length >= TEMPORARY_PATH_SIZE)
        return complain(EXIT_FAILED, "TMPDIR is longer than the %d bytes that are allowed",
                        TEMPORARY_PATH_SIZE);
    if (mkdtemp(path))
        return EXIT_DONE;
    return complain(EXIT_FAILED, "%.200s cannot be created: %s", path, strerror(errno));
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    remove(path);
    return 0; /* what cannot be removed does not keep the rest */
}

void temporary_remove(const char *path)
{
    nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}
