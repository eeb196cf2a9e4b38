/* Replacing files as a whole: the order of what is done, and what is left when some of it fails. The C
 * library's functions are watched, and fail when told to. */
#define _GNU_SOURCE /* RTLD_NEXT */
#include "files.h"

#include "replace_file.h"
#include <dlfcn.h>
#include <errno.h>

static char directory[FILES_PATH_SIZE], path[FILES_PATH_SIZE];
static char steps[64];
static const char *failing = ""; /* letters of what fails: w(rite) f(sync) d(irectory's) r(ename) */
static bool slow;                /* writes come one byte at a time, interrupted in between */

static bool note(char step)
{
    const size_t length = strlen(steps);
    if (length + 1 < sizeof steps && (length == 0 || steps[length - 1] != step))
        steps[length] = step;
    errno = ENOSPC;
    return strchr(failing, step) == NULL;
}

ssize_t write(int file, const void *bytes, size_t size)
{
    static ssize_t (*next)(int, const void *, size_t);
    static unsigned calls;
    if (next == NULL)
        *(void **)&next = dlsym(RTLD_NEXT, "write");
    if (file <= STDERR_FILENO || path[0] == '\0')
        return next(file, bytes, size);
    if (!note('w'))
        return -1;
    if (slow && ++calls % 2 == 0) {
        errno = EINTR;
        return -1;
    }
    return next(file, bytes, slow && size > 1 ? 1 : size);
}

int fsync(int file)
{
    struct stat info;
    if (fstat(file, &info) == 0 && S_ISDIR(info.st_mode))
        return note('d') ? 0 : -1;
    return note('f') ? 0 : -1;
}

int rename(const char *from, const char *to)
{
    static int (*next)(const char *, const char *);
    if (next == NULL)
        *(void **)&next = dlsym(RTLD_NEXT, "rename");
    return note('r') ? next(from, to) : -1;
}

static void set_up(void)
{
    files_make_directory(directory);
    char name[FILES_PATH_SIZE];
    files_join(name, directory, "file");
    files_write(name, "old", 3);
    memcpy(path, name, sizeof path);
    memset(steps, 0, sizeof steps);
}

static void tear_down(void)
{
    path[0] = '\0';
    files_remove(directory);
}

static const file_piece pieces[] = {{"new ", 4}, {"", 0}, {"bytes", 5}};

static void holds(const char *text)
{
    char bytes[64] = "";
    const size_t size = files_read(path, bytes, sizeof bytes);
    ck_assert_uint_eq(size, strlen(text));
    ck_assert_mem_eq(bytes, text, size);
    ck_assert_uint_eq(files_count(directory, ".tmp", NULL), 0);
}

/* The bytes are on the disk before the name, and the name before it returns. */
START_TEST(order)
{
    ck_assert_int_eq(replace_file(path, pieces, 3), CLNORM_OK);
    ck_assert_str_eq(steps, "wfrd");
    holds("new bytes");
}
END_TEST

START_TEST(in_small_bites)
{
    slow = true;
    ck_assert_int_eq(replace_file(path, pieces, 3), CLNORM_OK);
    slow = false;
    holds("new bytes");
}
END_TEST

START_TEST(failures)
{
    static const char *const each[] = {"w", "f", "r"};
    failing = each[_i];
    ck_assert_int_eq(replace_file(path, pieces, 3), CLNORM_IO_ERROR);
    failing = "";
    ck_assert_ptr_nonnull(strstr(clnorm_last_error(), path));
    ck_assert_ptr_nonnull(strstr(clnorm_last_error(), "No space left"));
    holds("old");
}
END_TEST

START_TEST(directory_not_synced)
{
    failing = "d";
    ck_assert_int_eq(replace_file(path, pieces, 3), CLNORM_IO_ERROR);
    failing = "";
    holds("new bytes");
}
END_TEST

START_TEST(places)
{
    char other[FILES_PATH_SIZE];
    files_join(other, directory, "absent/file");
    ck_assert_int_eq(replace_file(other, pieces, 3), CLNORM_IO_ERROR);
    ck_assert_ptr_nonnull(strstr(clnorm_last_error(), "absent/file: cannot be written"));
    ck_assert_int_eq(replace_file(directory, pieces, 3), CLNORM_IO_ERROR);
    ck_assert_int_eq(chdir(directory), 0);
    ck_assert_int_eq(replace_file("file", pieces, 3), CLNORM_OK); /* without a directory */
    ck_assert_int_eq(chdir("/"), 0);
    holds("new bytes");
    files_join(other, directory, "another");
    ck_assert_int_eq(replace_file(other, pieces, 1), CLNORM_OK); /* that was not there */
    ck_assert(files_exists(other));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("replace_file");
    TCase *cases = tcase_create("replacing");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, order);
    tcase_add_test(cases, in_small_bites);
    tcase_add_loop_test(cases, failures, 0, 3);
    tcase_add_test(cases, directory_not_synced);
    tcase_add_test(cases, places);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
