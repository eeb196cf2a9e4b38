/* Replacing files as a whole: the order of what is done, and what is left when some of it fails. The C
 * library's functions are watched, and fail when told to. */
#define _GNU_SOURCE /* RTLD_NEXT */
#include "files.h"

#include "base/replace_file.h"
#include <dlfcn.h>
#include <errno.h>
#include <grp.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { NOBODY = 65534 };

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

/* ---- What is there before ---- */

static void has_mode(const char *name, mode_t mode)
{
    struct stat info;
    ck_assert_int_eq(stat(name, &info), 0);
    ck_assert_msg((info.st_mode & 07777) == mode, "the mode is %o, not %o", (unsigned)info.st_mode & 07777,
                  (unsigned)mode);
}

static void refused(const char *place, const char *why)
{
    struct stat before, after;
    ck_assert_int_eq(lstat(place, &before), 0);
    ck_assert_int_eq(replace_file(place, pieces, 3), CLNORM_IO_ERROR);
    ck_assert_ptr_nonnull(strstr(clnorm_last_error(), place));
    ck_assert_msg(strstr(clnorm_last_error(), why) != NULL, "no \"%s\" in: %s", why, clnorm_last_error());
    ck_assert_int_eq(lstat(place, &after), 0);
    ck_assert_uint_eq(before.st_mode, after.st_mode);
    ck_assert_uint_eq(before.st_ino, after.st_ino);
    holds("old");
}

/* A rename would put a file in the place of whatever is there. */
START_TEST(no_files)
{
    char place[FILES_PATH_SIZE], link[FILES_PATH_SIZE];
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    refused("/dev/null", "/dev/null: cannot be written: it is no regular file");
    refused(directory, "it is a directory");
    files_join(link, directory, "link");
    ck_assert_int_eq(symlink("/dev/null", link), 0);
    refused(link, "it is no regular file");
    files_join(place, directory, "pipe");
    ck_assert_int_eq(mkfifo(place, 0666), 0);
    refused(place, "it is no regular file");
    files_join(place, directory, "socket");
    snprintf(address.sun_path, sizeof address.sun_path, "%.100s", place);
    const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(listener, (const struct sockaddr *)&address, sizeof address), 0);
    refused(place, "it is no regular file");
    ck_assert_int_eq(close(listener), 0);
}
END_TEST

START_TEST(mode_is_kept)
{
    static const mode_t modes[] = {0664, 0600, 0666, 0755, 02664, 0640};
    umask(022);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        ck_assert_int_eq(chmod(path, modes[i]), 0);
        ck_assert_int_eq(replace_file(path, pieces, 3), CLNORM_OK);
        has_mode(path, modes[i]);
        holds("new bytes");
    }
    char other[FILES_PATH_SIZE];
    files_join(other, directory, "another");
    ck_assert_int_eq(replace_file(other, pieces, 1), CLNORM_OK);
    has_mode(other, 0644);
}
END_TEST

/* Nobody who puts a link there has another file written. */
START_TEST(links_are_replaced)
{
    umask(022);
    static const char *const targets[] = {"file", "nowhere"};
    for (size_t i = 0; i < 2; i++) {
        char link[FILES_PATH_SIZE], bytes[16];
        struct stat info;
        files_join(link, directory, "link");
        ck_assert_int_eq(chmod(path, 0604), 0);
        ck_assert_int_eq(symlink(targets[i], link), 0);
        ck_assert_int_eq(replace_file(link, pieces, 3), CLNORM_OK);
        ck_assert(lstat(link, &info) == 0 && S_ISREG(info.st_mode));
        ck_assert_uint_eq(files_read(link, bytes, sizeof bytes), 9);
        has_mode(link, i == 0 ? 0604 : 0644);
        ck_assert_int_eq(unlink(link), 0);
    }
    holds("old");
}
END_TEST

/* Who may write to a file may replace it, and nobody else, though the directory would let him. */
START_TEST(read_only)
{
    ck_assert_int_eq(chmod(path, 0444), 0);
    if (geteuid() == 0) { /* who may write to any */
        ck_assert_int_eq(replace_file(path, pieces, 3), CLNORM_OK);
        has_mode(path, 0444);
        holds("new bytes");
        files_write(path, "old", 3);
        ck_assert_int_eq(chown(path, NOBODY, NOBODY), 0);
        ck_assert_int_eq(chown(directory, NOBODY, NOBODY), 0);
        ck_assert_int_eq(setegid(NOBODY), 0);
        ck_assert_int_eq(seteuid(NOBODY), 0);
    }
    refused(path, "Permission denied");
    has_mode(path, 0444);
    ck_assert_int_eq(geteuid() == NOBODY ? seteuid(0) : 0, 0);
}
END_TEST

/* Root gives the new file to whom the old one belongs; who cannot keeps from his own group what was
 * another's. */
START_TEST(owner_and_group)
{
    struct stat info;
    if (geteuid() != 0)
        return;
    ck_assert_int_eq(chown(path, NOBODY, NOBODY), 0);
    ck_assert_int_eq(chmod(path, 0660), 0);
    ck_assert_int_eq(replace_file(path, pieces, 3), CLNORM_OK);
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert(info.st_uid == NOBODY && info.st_gid == NOBODY);
    has_mode(path, 0660);
    ck_assert_int_eq(chown(path, NOBODY, 0), 0);
    ck_assert_int_eq(chmod(path, 02664), 0);
    ck_assert_int_eq(chown(directory, NOBODY, NOBODY), 0);
    ck_assert_int_eq(setgroups(0, NULL), 0);
    ck_assert_int_eq(setegid(NOBODY), 0);
    ck_assert_int_eq(seteuid(NOBODY), 0);
    ck_assert_int_eq(replace_file(path, pieces, 3), CLNORM_OK);
    has_mode(path, 0644);
    ck_assert_int_eq(seteuid(0), 0);
}
END_TEST

/* The temporary name fits where the name does. */
START_TEST(longest_name)
{
    char name[256] = "", place[FILES_PATH_SIZE];
    memset(name, 'n', sizeof name - 1);
    files_join(place, directory, name);
    ck_assert_int_eq(replace_file(place, pieces, 3), CLNORM_OK);
    ck_assert(files_exists(place));
    ck_assert_uint_eq(files_count(directory, ".tmp", NULL), 0);
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
    tcase_add_test(cases, no_files);
    tcase_add_test(cases, mode_is_kept);
    tcase_add_test(cases, links_are_replaced);
    tcase_add_test(cases, read_only);
    tcase_add_test(cases, owner_and_group);
    tcase_add_test(cases, longest_name);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
