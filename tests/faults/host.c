#include "host.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

host_faults host;

/* errno of this call if it has to fail, else 0. The last of `codes` is 0. */
static int fault(host_kind kind, const char *call, const int *codes)
{
    if (!host.armed || kind != host.kind || ++host.calls != host.fail_at)
        return 0;
    host.failed = call;
    host.code_count = 0;
    while (codes[host.code_count] != 0)
        host.code_count++;
    host.error = codes[host.code % host.code_count];
    host.harmless = host.error == EINTR;
    errno = host.error;
    return host.error;
}

#define CODES(...)        ((const int[]){__VA_ARGS__, 0})
#define FILE_FAULT(...)   fault(HOST_FILE, __func__ + sizeof "__wrap_" - 1, CODES(__VA_ARGS__))
#define MEMORY_FAULT(...) fault(HOST_ALLOCATION, __func__ + sizeof "__wrap_" - 1, CODES(__VA_ARGS__))

/* WRAP(result, name, parameters): what the program calls, and the C library's own. */
#define WRAP(result, name, ...)                                                                              \
    result __real_##name(__VA_ARGS__);                                                                       \
    result __wrap_##name(__VA_ARGS__);                                                                       \
    result __wrap_##name(__VA_ARGS__)

/* ---- Memory ---- */

static void *counted(void *block)
{
    if (block != NULL && host.counting)
        atomic_fetch_add(&host.blocks, 1);
    return block;
}

WRAP(void *, malloc, size_t size)
{
    return MEMORY_FAULT(ENOMEM) ? NULL : counted(__real_malloc(size));
}

WRAP(void *, calloc, size_t count, size_t size)
{
    return MEMORY_FAULT(ENOMEM) ? NULL : counted(__real_calloc(count, size));
}

WRAP(void *, realloc, void *block, size_t size)
{
    if (MEMORY_FAULT(ENOMEM))
        return NULL;
    void *moved = __real_realloc(block, size);
    return block == NULL ? counted(moved) : moved;
}

WRAP(void, free, void *block)
{
    if (block != NULL && host.counting)
        atomic_fetch_sub(&host.blocks, 1);
    __real_free(block);
}

WRAP(char *, strdup, const char *text)
{
    return MEMORY_FAULT(ENOMEM) ? NULL : counted(__real_strdup(text));
}

WRAP(char *, strndup, const char *text, size_t size)
{
    return MEMORY_FAULT(ENOMEM) ? NULL : counted(__real_strndup(text, size));
}

WRAP(char *, realpath, const char *path, char *resolved)
{
    return MEMORY_FAULT(ENOMEM) ? NULL : counted(__real_realpath(path, resolved));
}

WRAP(int, pthread_mutex_init, pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes)
{
    return MEMORY_FAULT(ENOMEM) ? ENOMEM : __real_pthread_mutex_init(mutex, attributes);
}

/* jansson's reader aborts where memory runs out, and is spared: json_text.h says what the library does about
 * it. */
json_t *__real_json_loadb(const char *text, size_t size, size_t flags, json_error_t *error);
json_t *__wrap_json_loadb(const char *text, size_t size, size_t flags, json_error_t *error);
json_t *__wrap_json_loadb(const char *text, size_t size, size_t flags, json_error_t *error)
{
    const bool armed = host.armed;
    host.armed = false;
    json_t *read = __real_json_loadb(text, size, flags, error);
    host.armed = armed;
    return read;
}

json_t *__real_json_load_file(const char *path, size_t flags, json_error_t *error);
json_t *__wrap_json_load_file(const char *path, size_t flags, json_error_t *error);
json_t *__wrap_json_load_file(const char *path, size_t flags, json_error_t *error)
{
    const bool armed = host.armed;
    host.armed = false;
    json_t *read = __real_json_load_file(path, flags, error);
    host.armed = armed;
    return read;
}

/* ---- Files ---- */

int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return FILE_FAULT(EACCES, EMFILE, ENOSPC, EIO) ? -1 : __real_open64(path, flags, mode);
}

int __real_openat64(int directory, const char *path, int flags, ...);
int __wrap_openat64(int directory, const char *path, int flags, ...);
int __wrap_openat64(int directory, const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return FILE_FAULT(EACCES, EMFILE, ENOSPC, EIO, ENOENT, ELOOP)
               ? -1
               : __real_openat64(directory, path, flags, mode);
}

static const FILE *reading; /* the last stream that was opened to be read */
static const FILE *broken;  /* the last one that failed to be read */

/* Another one may get its address. */
static FILE *opened_stream(FILE *opened, const char *mode)
{
    if (opened == broken)
        broken = NULL;
    if (opened != NULL && mode[0] == 'r')
        reading = opened;
    return opened;
}

WRAP(FILE *, fopen64, const char *path, const char *mode)
{
    return FILE_FAULT(EACCES, EMFILE) ? NULL : opened_stream(__real_fopen64(path, mode), mode);
}

WRAP(FILE *, fdopen, int file, const char *mode)
{
    return FILE_FAULT(EMFILE) ? NULL : opened_stream(__real_fdopen(file, mode), mode);
}

WRAP(int, mkstemp64, char *path)
{
    return FILE_FAULT(EACCES, EMFILE, ENOSPC) ? -1 : __real_mkstemp64(path);
}

WRAP(DIR *, opendir, const char *path)
{
    return FILE_FAULT(EACCES, EMFILE) ? NULL : __real_opendir(path);
}

WRAP(DIR *, fdopendir, int file)
{
    return FILE_FAULT(ENOMEM) ? NULL : __real_fdopendir(file);
}

WRAP(struct dirent *, readdir64, DIR *directory)
{
    return FILE_FAULT(EIO) ? NULL : __real_readdir64(directory);
}

WRAP(ssize_t, read, int file, void *bytes, size_t size)
{
    return FILE_FAULT(EIO, EINTR) ? -1 : __real_read(file, bytes, size);
}

WRAP(ssize_t, pread64, int file, void *bytes, size_t size, off_t offset)
{
    return FILE_FAULT(EIO, EINTR) ? -1 : __real_pread64(file, bytes, size, offset);
}

WRAP(size_t, fread, void *bytes, size_t size, size_t count, FILE *file)
{
    if (!FILE_FAULT(EIO))
        return __real_fread(bytes, size, count, file);
    broken = file;
    return 0;
}

/* No failure of its own: whether another was one. */
WRAP(int, ferror, FILE *file)
{
    return file == broken || __real_ferror(file);
}

/* Whether standard output failed is asked by main, at the end. */
WRAP(size_t, fwrite, const void *bytes, size_t size, size_t count, FILE *file)
{
    return file != stdout && FILE_FAULT(ENOSPC, EIO) ? 0 : __real_fwrite(bytes, size, count, file);
}

WRAP(int, fflush, FILE *file)
{
    return file != stdout && FILE_FAULT(ENOSPC, EIO) ? EOF : __real_fflush(file);
}

WRAP(int, fchmod, int file, mode_t mode)
{
    return FILE_FAULT(EPERM) ? -1 : __real_fchmod(file, mode);
}

WRAP(int, fchown, int file, uid_t owner, gid_t group)
{
    return FILE_FAULT(EPERM) ? -1 : __real_fchown(file, owner, group);
}

WRAP(int, faccessat, int directory, const char *path, int mode, int flags)
{
    return FILE_FAULT(EACCES, EROFS) ? -1 : __real_faccessat(directory, path, mode, flags);
}

WRAP(int, link, const char *from, const char *to)
{
    return FILE_FAULT(EPERM) ? -1 : __real_link(from, to);
}

/* A full disk takes what still fits. */
WRAP(ssize_t, write, int file, const void *bytes, size_t size)
{
    if (!FILE_FAULT(ENOSPC, EIO, EINTR))
        return __real_write(file, bytes, size);
    if (host.error == ENOSPC && size > 1)
        (void)!__real_write(file, bytes, size / 2);
    errno = host.error;
    return -1;
}

/* Closed it is all the same. */
WRAP(int, close, int file)
{
    const int closed = __real_close(file);
    return FILE_FAULT(EIO, ENOSPC) ? -1 : closed;
}

WRAP(int, fclose, FILE *file)
{
    const bool was_read = file == reading;
    const int closed = __real_fclose(file);
    if (!FILE_FAULT(EIO))
        return closed;
    host.harmless = was_read; /* all that was wanted of it is there */
    return EOF;
}

WRAP(int, fseek, FILE *file, long offset, int whence)
{
    return FILE_FAULT(EIO) ? -1 : __real_fseek(file, offset, whence);
}

WRAP(long, ftell, FILE *file)
{
    return FILE_FAULT(EIO) ? -1 : __real_ftell(file);
}

WRAP(int, fsync, int file)
{
    if (!FILE_FAULT(EIO, ENOSPC, EINVAL))
        return __real_fsync(file);
    host.harmless = host.error == EINVAL; /* of a file system that has nothing of the kind */
    return -1;
}

WRAP(int, rename, const char *from, const char *to)
{
    if (FILE_FAULT(EACCES, ENOSPC))
        return -1;
    host.renamed = true;
    return __real_rename(from, to);
}

WRAP(int, renameat, int from_directory, const char *from, int to_directory, const char *to)
{
    if (FILE_FAULT(EACCES, ENOSPC))
        return -1;
    host.renamed = true;
    return __real_renameat(from_directory, from, to_directory, to);
}

WRAP(int, mkdir, const char *path, mode_t mode)
{
    return FILE_FAULT(EACCES, ENOSPC) ? -1 : __real_mkdir(path, mode);
}

WRAP(int, unlink, const char *path)
{
    return FILE_FAULT(EACCES) ? -1 : __real_unlink(path);
}

int __real_unlinkat(int directory, const char *path, int flags);

/* What such a failure leaves: where the file is not there any more, somebody else has removed it. */
static int fail_of_entry(int directory, const char *path)
{
    host.harmless = host.vanished = host.error == ENOENT;
    if (host.vanished)
        __real_unlinkat(directory, path, 0);
    errno = host.error;
    return -1;
}

int __wrap_unlinkat(int directory, const char *path, int flags);
int __wrap_unlinkat(int directory, const char *path, int flags)
{
    return FILE_FAULT(EACCES, ENOENT) ? fail_of_entry(directory, path)
                                      : __real_unlinkat(directory, path, flags);
}

WRAP(int, stat64, const char *path, struct stat *info)
{
    return FILE_FAULT(EACCES, EIO) ? -1 : __real_stat64(path, info);
}

WRAP(int, lstat64, const char *path, struct stat *info)
{
    return FILE_FAULT(EACCES) ? -1 : __real_lstat64(path, info);
}

WRAP(int, fstat64, int file, struct stat *info)
{
    return FILE_FAULT(EIO) ? -1 : __real_fstat64(file, info);
}

WRAP(int, fstatat64, int directory, const char *path, struct stat *info, int flags)
{
    return FILE_FAULT(EACCES, ENOENT) ? fail_of_entry(directory, path)
                                      : __real_fstatat64(directory, path, info, flags);
}

WRAP(int, access, const char *path, int mode)
{
    return FILE_FAULT(EACCES) ? -1 : __real_access(path, mode);
}
