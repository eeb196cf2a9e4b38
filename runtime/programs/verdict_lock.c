#include "programs/verdict_lock.h"

#include "base/directory.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_SECONDS = 10, LONGEST_PAUSE = 16000000 };

bool verdict_lock_file(int file)
{
    int result;
    do
        result = flock(file, LOCK_EX | LOCK_NB);
    while (result != 0 && errno == EINTR);
    return result == 0;
}

/* Polls, because a blocking flock has no timeout. */
static bool wait_for_lock(int file)
{
    struct timespec pause = {0, 250000}, now, until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += PATIENCE_SECONDS;
    while (!verdict_lock_file(file)) {
        if (errno != EWOULDBLOCK)
            return false;
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (now.tv_sec >= until.tv_sec) {
            errno = ETIMEDOUT;
            return false;
        }
        nanosleep(&pause, NULL);
        if (pause.tv_nsec < LONGEST_PAUSE)
            pause.tv_nsec *= 2;
    }
    return true;
}

/* Whether the locked file still has its name. clnorm_cache_clear removes it, holding the lock; then our lock
 * is worthless. */
static bool is_still_there(int directory, int file)
{
    struct stat opened, named;
    return fstat(file, &opened) == 0 &&
           fstatat(directory, VERDICT_LOCK_NAME, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

static int open_lock(int directory, bool make)
{
    struct stat info;
    const int file = openat(directory, VERDICT_LOCK_NAME,
                            O_RDWR | (make ? O_CREAT : 0) | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (file < 0)
        return -1;
    if (own_fault(file, &info) == NULL && S_ISREG(info.st_mode))
        return file;
    close(file);
    errno = EACCES;
    return -1;
}

int verdict_lock(int directory, bool make)
{
    enum { ATTEMPTS = 100 };
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        const int file = open_lock(directory, make);
        if (file < 0)
            return -1;
        if (!wait_for_lock(file)) {
            const int error = errno;
            close(file);
            errno = error;
            return -1;
        }
        if (is_still_there(directory, file))
            return file;
        close(file);
    }
    errno = EAGAIN;
    return -1;
}

void verdict_unlock(int lock)
{
    /* close does not release the lock if a process that was forked meanwhile still has the descriptor. */
    flock(lock, LOCK_UN);
    close(lock);
}
