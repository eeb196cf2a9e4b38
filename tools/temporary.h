/* Temporary directories. */
#ifndef CLNORM_TOOLS_TEMPORARY_H
#define CLNORM_TOOLS_TEMPORARY_H

enum { TEMPORARY_PATH_SIZE = 4096 };

/* Makes a directory of our own under TMPDIR, else /tmp. Complains and returns an exit status. */
int temporary_create(char path[TEMPORARY_PATH_SIZE]);

/* Removes it with all that is in it. */
void temporary_remove(const char *path);

#endif
