/* The program cache: what is stored comes back, and nothing else ever does. */
#include "programs/binary_cache.h"

#include "files.h"
#include <clnorm/cache.h>
#include <limits.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum { PAYLOAD_SIZE = 100, FILE_SIZE = 156 };

static char directory[FILES_PATH_SIZE], path[FILES_PATH_SIZE];
static cache_key key;
static unsigned char payload[PAYLOAD_SIZE], whole_file[FILE_SIZE];
static unsigned lines_removed;

static void count_removals(clnorm_log_level level, const char *line, void *user)
{
    (void)level;
    (void)user;
    lines_removed += strstr(line, "removed") != NULL;
}

static void path_of_key(char out[FILES_PATH_SIZE], const cache_key *of)
{
    char name[40] = "";
    for (size_t i = 0; i < sizeof of->bytes; i++)
        snprintf(name + 2 * i, 3, "%02x", of->bytes[i]);
    strcat(name, ".clbin");
    files_join(out, directory, name);
}

/* A directory with one file in it. */
static void set_up(void)
{
    const char *const fields[] = {"source", "options", "device"};
    files_make_directory(directory);
    key = cache_key_of(fields, 3);
    path_of_key(path, &key);
    for (size_t i = 0; i < PAYLOAD_SIZE; i++)
        payload[i] = (unsigned char)(7 * i);
    ck_assert(cache_store(directory, &key, payload, PAYLOAD_SIZE));
    ck_assert_uint_eq(files_read(path, whole_file, FILE_SIZE), FILE_SIZE);
    clnorm_set_log(count_removals, CLNORM_LOG_INFO, NULL);
    lines_removed = 0;
}

static void tear_down(void)
{
    files_remove(directory);
}

static void assert_hit(const cache_key *at, const unsigned char *expected, size_t expected_size)
{
    size_t size = 0;
    unsigned char *loaded = cache_load(directory, at, &size);
    ck_assert_ptr_nonnull(loaded);
    ck_assert_uint_eq(size, expected_size);
    ck_assert_mem_eq(loaded, expected, size);
    free(loaded);
}

static void assert_miss(const cache_key *at)
{
    size_t size = 12345;
    ck_assert_ptr_null(cache_load(directory, at, &size));
    ck_assert_uint_eq(size, 12345);
}

static void assert_removed(void)
{
    assert_miss(&key);
    ck_assert(!files_exists(path));
    ck_assert_uint_eq(lines_removed, 1);
    lines_removed = 0;
}

static bool same_key(const cache_key *a, const cache_key *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

START_TEST(keys_tell_fields_apart)
{
    const char *const lists[][3] = {{"ab", "c", ""}, {"a", "bc", ""}, {"c", "ab", ""}, {"abc", "", ""},
                                    {"", "ab", "c"}, {"", "", ""},    {"ab", "c", " "}};
    enum { LISTS = sizeof lists / sizeof *lists };
    cache_key keys[2 * LISTS];
    for (size_t i = 0; i < LISTS; i++) {
        keys[2 * i] = cache_key_of(lists[i], 3);
        keys[2 * i + 1] = cache_key_of(lists[i], 2);
    }
    for (size_t i = 0; i < 2 * LISTS; i++)
        for (size_t j = 0; j < i; j++) {
            const bool same_fields = i == 2 * LISTS - 1 && j == 1; /* ab, c */
            ck_assert_msg(same_key(&keys[i], &keys[j]) == same_fields, "keys %zu and %zu", i, j);
        }
}
END_TEST

START_TEST(keys_repeat)
{
    const char *const with_null[] = {"source", NULL}, *const with_empty[] = {"source", ""};
    const cache_key a = cache_key_of(with_null, 2), b = cache_key_of(with_empty, 2);
    ck_assert(same_key(&a, &b));
}
END_TEST

START_TEST(stored_comes_back)
{
    assert_hit(&key, payload, PAYLOAD_SIZE);
    assert_hit(&key, payload, PAYLOAD_SIZE);
    ck_assert_mem_eq(whole_file, "clnormPB\1\0\0\0\0\0\0\0", 16);
    ck_assert_mem_eq(whole_file + 16, key.bytes, 16);
    ck_assert_mem_eq(whole_file + 32, "\x64\0\0\0\0\0\0\0", 8);

    ck_assert(cache_store(directory, &key, payload, 1)); /* the last one wins */
    assert_hit(&key, payload, 1);

    const size_t large_size = (1 << 20) + 3;
    unsigned char *large = malloc(large_size);
    ck_assert_ptr_nonnull(large);
    memset(large, 42, large_size);
    ck_assert(cache_store(directory, &key, large, large_size));
    assert_hit(&key, large, large_size);
    free(large);
    ck_assert_uint_eq(files_count(directory, "", NULL), 1);
    ck_assert_uint_eq(lines_removed, 0);
}
END_TEST

START_TEST(others_miss)
{
    const char *const fields[] = {"source", "options", "another device"};
    const cache_key other = cache_key_of(fields, 3);
    assert_miss(&other);
    assert_hit(&key, payload, PAYLOAD_SIZE);
    cache_remove(directory, &key);
    assert_miss(&key);
    ck_assert_uint_eq(files_count(directory, "", NULL), 0);
    cache_remove(directory, &key);
}
END_TEST

START_TEST(nothing_is_not_stored)
{
    ck_assert(!cache_store(directory, &key, payload, 0));
    assert_hit(&key, payload, PAYLOAD_SIZE);
}
END_TEST

START_TEST(cut_files_are_removed)
{
    for (size_t size = 0; size < FILE_SIZE; size++) {
        files_write(path, whole_file, size);
        assert_removed();
    }
}
END_TEST

START_TEST(long_files_are_removed)
{
    unsigned char longer[FILE_SIZE + 1];
    memcpy(longer, whole_file, FILE_SIZE);
    longer[FILE_SIZE] = 0;
    files_write(path, longer, sizeof longer);
    assert_removed();

    /* A sparse file, larger than any binary: not even memory is asked for. */
    files_write(path, whole_file, FILE_SIZE);
    ck_assert_int_eq(truncate(path, (off_t)1 << 40), 0);
    assert_removed();
}
END_TEST

START_TEST(flipped_bits_are_removed)
{
    for (size_t bit = 0; bit < 8 * FILE_SIZE; bit++) {
        unsigned char changed[FILE_SIZE];
        memcpy(changed, whole_file, FILE_SIZE);
        changed[bit / 8] ^= (unsigned char)(1U << bit % 8);
        files_write(path, changed, FILE_SIZE);
        assert_removed();
    }
    files_write(path, whole_file, FILE_SIZE);
    assert_hit(&key, payload, PAYLOAD_SIZE);
}
END_TEST

START_TEST(renamed_files_are_removed)
{
    const char *const fields[] = {"other"};
    const cache_key other = cache_key_of(fields, 1);
    char other_path[FILES_PATH_SIZE];
    path_of_key(other_path, &other);
    ck_assert_int_eq(rename(path, other_path), 0);
    assert_miss(&other);
    ck_assert(!files_exists(other_path));
}
END_TEST

START_TEST(links_are_removed)
{
    char target[FILES_PATH_SIZE];
    files_join(target, directory, "target");
    ck_assert_int_eq(rename(path, target), 0);
    ck_assert_int_eq(symlink(target, path), 0);
    assert_removed();
    ck_assert(files_exists(target));

    ck_assert_int_eq(symlink("/nowhere", path), 0);
    assert_removed();
}
END_TEST

START_TEST(a_link_is_replaced_by_storing)
{
    char target[FILES_PATH_SIZE];
    files_join(target, directory, "target");
    files_write(target, "mine", 4);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(symlink(target, path), 0);
    ck_assert(cache_store(directory, &key, payload, PAYLOAD_SIZE));
    assert_hit(&key, payload, PAYLOAD_SIZE);
    char kept[8];
    ck_assert_uint_eq(files_read(target, kept, sizeof kept), 4);
}
END_TEST

START_TEST(what_is_no_file_misses)
{
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(mkfifo(path, 0600), 0); /* nobody writes to it: must not wait */
    assert_removed();

    ck_assert_int_eq(mkdir(path, 0700), 0);
    assert_miss(&key);
    ck_assert(!cache_store(directory, &key, payload, PAYLOAD_SIZE));
    ck_assert_uint_eq(files_count(directory, "", NULL), 1); /* no temporary is left */
}
END_TEST

START_TEST(files_of_others_are_not_believed)
{
    if (geteuid() != 0)
        return; /* cannot make one */
    ck_assert_int_eq(chown(path, 12345, (gid_t)-1), 0);
    assert_miss(&key);
    ck_assert(files_exists(path));
}
END_TEST

/* Others could have put any code into it; it is replaced by the next that is stored. */
START_TEST(files_that_others_may_write_are_not_believed)
{
    static const mode_t refused[] = {0620, 0602, 0666};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        ck_assert_int_eq(chmod(path, refused[i]), 0);
        assert_miss(&key);
        ck_assert(files_exists(path));
        ck_assert(cache_store(directory, &key, payload, PAYLOAD_SIZE));
        assert_hit(&key, payload, PAYLOAD_SIZE);
    }
}
END_TEST

/* Neither read, nor written, nor emptied; and the library says why. */
static void assert_unused(const char *unused, const char *why)
{
    size_t size = 0, removed = 0;
    clnorm_cache_summary summary = clnorm_cache_summary_none();
    ck_assert_ptr_null(cache_load(unused, &key, &size));
    ck_assert(!cache_store(unused, &key, payload, PAYLOAD_SIZE));
    cache_remove(unused, &key);
    ck_assert_int_eq(setenv("CLNORM_CACHE_DIR", unused, 1), 0);
    ck_assert_int_eq(clnorm_cache_info(&summary), CLNORM_IO_ERROR);
    ck_assert_msg(strstr(clnorm_last_error(), why) != NULL, "%s", clnorm_last_error());
    ck_assert_int_eq(clnorm_cache_clear(&removed), CLNORM_IO_ERROR);
    ck_assert_int_eq(unsetenv("CLNORM_CACHE_DIR"), 0);
    ck_assert_uint_eq(files_count(directory, "", NULL), 1);
    ck_assert(files_exists(path));
}

START_TEST(linked_directories_are_not_used)
{
    char link[FILES_PATH_SIZE + 8];
    snprintf(link, sizeof link, "%s.link", directory);
    ck_assert_int_eq(symlink(directory, link), 0);
    assert_unused(link, ".link cannot be read: a symbolic link");
    strcat(link, "//");
    assert_unused(link, "cannot be read: a symbolic link");
    link[strlen(link) - 2] = '\0';
    ck_assert_int_eq(unlink(link), 0);
    assert_hit(&key, payload, PAYLOAD_SIZE);
}
END_TEST

START_TEST(open_directories_are_not_used)
{
    static const mode_t refused[] = {0720, 0702, 0777, 01777};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        ck_assert_int_eq(chmod(directory, refused[i]), 0);
        assert_unused(directory, refused[i] == 01777 ? "others may write to it; a private directory is needed"
                                                     : "others may write to it; `chmod go-w`");
    }
    ck_assert_int_eq(chmod(directory, 0755), 0); /* who only reads does no harm */
    assert_hit(&key, payload, PAYLOAD_SIZE);
}
END_TEST

/* Its owner could put another file in the place of one that was looked at. */
START_TEST(directories_of_others_are_not_used)
{
    if (geteuid() != 0)
        return; /* cannot make one */
    ck_assert_int_eq(chown(directory, 12345, (gid_t)-1), 0);
    assert_unused(directory, "belongs to another user");
}
END_TEST

/* An administrator's cache serves everybody who may read it, and nobody else writes to it. */
START_TEST(directories_of_root_are_read)
{
    if (geteuid() != 0)
        return; /* cannot make one */
    ck_assert_int_eq(chmod(directory, 0755), 0);
    ck_assert_int_eq(chmod(path, 0644), 0);
    ck_assert_int_eq(chdir(directory), 0); /* those above may be closed to others */
    ck_assert_int_eq(seteuid(65534), 0);
    size_t size = 0;
    unsigned char *loaded = cache_load(".", &key, &size);
    ck_assert_ptr_nonnull(loaded);
    free(loaded);
    ck_assert(!cache_store(".", &key, payload, 1));
    cache_remove(".", &key);
    ck_assert_int_eq(seteuid(0), 0);
    ck_assert_int_eq(chdir("/"), 0);
    assert_hit(&key, payload, PAYLOAD_SIZE);
}
END_TEST

START_TEST(directories_are_made)
{
    char deep[FILES_PATH_SIZE], above[FILES_PATH_SIZE];
    struct stat info;
    files_join(above, directory, "a");
    files_join(deep, directory, "a//b/c/");
    size_t size = 0;
    ck_assert_ptr_null(cache_load(deep, &key, &size));
    umask(022);
    ck_assert(cache_store(deep, &key, payload, PAYLOAD_SIZE));
    unsigned char *loaded = cache_load(deep, &key, &size);
    ck_assert_ptr_nonnull(loaded);
    free(loaded);
    ck_assert_int_eq(stat(deep, &info), 0);
    ck_assert_uint_eq(info.st_mode & 0777, 0700);
    ck_assert_int_eq(stat(above, &info), 0);
    ck_assert_uint_eq(info.st_mode & 0777, 0700);
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_uint_eq(info.st_mode & 0777, 0600);
}
END_TEST

/* Permissions do not stop root: a path below a regular file stops everybody. */
START_TEST(unusable_directories_miss)
{
    char below[FILES_PATH_SIZE];
    size_t size = 0;
    files_join(below, path, "below/it");
    const char *const unusable[] = {path, below, "/proc/clnorm/cache", "", "/dev/null"};
    for (size_t i = 0; i < sizeof unusable / sizeof *unusable; i++) {
        ck_assert_ptr_null(cache_load(unusable[i], &key, &size));
        ck_assert(!cache_store(unusable[i], &key, payload, PAYLOAD_SIZE));
        cache_remove(unusable[i], &key);
    }
    assert_hit(&key, payload, PAYLOAD_SIZE);
}
END_TEST

/* A path that is longer than any can be. */
START_TEST(endless_directories_miss)
{
    size_t size = 0;
    char *endless = malloc(2 * PATH_MAX);
    ck_assert_ptr_nonnull(endless);
    memset(endless, 'x', 2 * PATH_MAX);
    endless[0] = '/';
    endless[2 * PATH_MAX - 1] = '\0';
    ck_assert_ptr_null(cache_load(endless, &key, &size));
    ck_assert(!cache_store(endless, &key, payload, PAYLOAD_SIZE));
    free(endless);
}
END_TEST

/* What is the cache's own: whole entries are counted, and those that are being written are cleared with
 * them. */
START_TEST(files_of_the_cache)
{
    static const char *const others[] = {
        "0123456789abcdef0123456789abcdef.clbin.old", "0123456789abcdef0123456789abcdef.-7.tmp",
        "0123456789abcdef0123456789abcdef.12.tmp", "0123456789abcdef0123456789abcdef.12-.tmp", "notes.tmp"};
    enum { OTHERS = sizeof others / sizeof *others };
    clnorm_cache_summary summary = clnorm_cache_summary_none();
    size_t removed = 0;
    char missing[FILES_PATH_SIZE];
    setenv("CLNORM_CACHE_DIR", directory, 1);
    for (size_t i = 0; i < OTHERS; i++)
        files_write_text(directory, others[i], "");
    files_write_text(directory, "0123456789abcdef0123456789abcdef.12-7.tmp", "");
    ck_assert_int_eq(clnorm_cache_info(&summary), CLNORM_OK);
    ck_assert_uint_eq(summary.files, 1);
    ck_assert_uint_eq(summary.bytes, FILE_SIZE);
    clnorm_cache_summary_free(&summary);
    ck_assert_int_eq(clnorm_cache_clear(&removed), CLNORM_OK);
    ck_assert_uint_eq(removed, 2);
    ck_assert_uint_eq(files_count(directory, "", NULL), OTHERS);

    files_join(missing, directory, "missing");
    setenv("CLNORM_CACHE_DIR", missing, 1);
    ck_assert_int_eq(clnorm_cache_info(&summary), CLNORM_OK);
    ck_assert_uint_eq(summary.files, 0);
    clnorm_cache_summary_free(&summary);
    ck_assert_int_eq(clnorm_cache_info(NULL), CLNORM_INVALID_ARGUMENT);
    summary.size = 0;
    ck_assert_int_eq(clnorm_cache_info(&summary), CLNORM_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(clnorm_last_error(), "summary.size is 0; make the struct by"));
    clnorm_cache_summary_free(NULL);
    unsetenv("CLNORM_CACHE_DIR");
}
END_TEST

START_TEST(no_directory_misses)
{
    size_t size = 0;
    ck_assert_ptr_null(cache_load(NULL, &key, &size));
    ck_assert(!cache_store(NULL, &key, payload, PAYLOAD_SIZE));
    cache_remove(NULL, &key);
}
END_TEST

/* The limit stands for a full disk. */
START_TEST(a_full_disk_leaves_nothing_behind)
{
    const struct rlimit limit = {64, 64};
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert(!cache_store(directory, &key, payload, PAYLOAD_SIZE));
    ck_assert_uint_eq(files_count(directory, "", NULL), 0);
    assert_miss(&key);
}
END_TEST

/* Stores a thousand times what only this process has: `size` bytes of `value`. */
static void store_repeatedly(unsigned char value, size_t size)
{
    unsigned char *own = malloc(size);
    if (own == NULL)
        _exit(1);
    memset(own, value, size);
    for (int i = 0; i < 1000; i++)
        if (!cache_store(directory, &key, own, size))
            _exit(1);
    _exit(0);
}

START_TEST(readers_see_whole_files)
{
    enum { WRITERS = 3 };
    ck_assert_int_eq(unlink(path), 0);
    for (unsigned writer = 0; writer < WRITERS; writer++)
        if (fork() == 0)
            store_repeatedly((unsigned char)writer, 20000 + 1000 * writer);

    for (int running = WRITERS; running > 0;) {
        size_t size = 0;
        unsigned char *loaded = cache_load(directory, &key, &size);
        size_t strangers = 0;
        for (size_t i = 0; i < size; i++)
            strangers += size != 20000U + 1000U * loaded[i];
        ck_assert_uint_eq(strangers, 0);
        free(loaded);
        int status = 0;
        if (waitpid(-1, &status, WNOHANG) > 0) {
            ck_assert_int_eq(status, 0);
            running--;
        }
    }
    ck_assert_uint_eq(lines_removed, 0);
    ck_assert_uint_eq(files_count(directory, "", NULL), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cache");
    TCase *test = tcase_create("cache");
    tcase_add_checked_fixture(test, set_up, tear_down);
    tcase_set_timeout(test, 60);
    tcase_add_test(test, keys_tell_fields_apart);
    tcase_add_test(test, keys_repeat);
    tcase_add_test(test, stored_comes_back);
    tcase_add_test(test, others_miss);
    tcase_add_test(test, nothing_is_not_stored);
    tcase_add_test(test, cut_files_are_removed);
    tcase_add_test(test, long_files_are_removed);
    tcase_add_test(test, flipped_bits_are_removed);
    tcase_add_test(test, renamed_files_are_removed);
    tcase_add_test(test, links_are_removed);
    tcase_add_test(test, a_link_is_replaced_by_storing);
    tcase_add_test(test, what_is_no_file_misses);
    tcase_add_test(test, files_of_others_are_not_believed);
    tcase_add_test(test, files_that_others_may_write_are_not_believed);
    tcase_add_test(test, linked_directories_are_not_used);
    tcase_add_test(test, open_directories_are_not_used);
    tcase_add_test(test, directories_of_others_are_not_used);
    tcase_add_test(test, directories_of_root_are_read);
    tcase_add_test(test, directories_are_made);
    tcase_add_test(test, unusable_directories_miss);
    tcase_add_test(test, endless_directories_miss);
    tcase_add_test(test, files_of_the_cache);
    tcase_add_test(test, no_directory_misses);
    tcase_add_test(test, a_full_disk_leaves_nothing_behind);
    tcase_add_test(test, readers_see_whole_files);
    suite_add_tcase(suite, test);
    return run_suite(suite);
}
