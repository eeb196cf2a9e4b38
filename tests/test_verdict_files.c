/* What is remembered of programs: files that nobody wrote so, and directories that cannot be used. */
#include "verdict_rig.h"

#include "programs/verdict_process.h"
#include <errno.h>
#include <fcntl.h>
#include <time.h>

/* ---- Files that nobody wrote so ---- */

static void write_named(const verdict_file_name *parts, const void *bytes, size_t size)
{
    char name[VERDICT_NAME_SIZE], path[FILES_PATH_SIZE];
    verdict_file_print_name(parts, name);
    files_join(path, directory, name);
    files_write(path, bytes, size);
    ck_assert_int_eq(chmod(path, 0600), 0);
}

/* A marker and a verdict of program 1, which is avoided. */
static void take_files(verdict_file_name names[2], unsigned char files[2][VERDICT_FILE_SIZE])
{
    char name[FILES_PATH_SIZE], path[FILES_PATH_SIZE];
    leave_one(1);
    leave_one(1);
    ck_assert(avoided(1));
    ck_assert_uint_eq(files_count(directory, ".verdict", name), 1);
    ck_assert(verdict_file_parse_name(name, &names[0]));
    files_join(path, directory, name);
    ck_assert_uint_eq(files_read(path, files[0], VERDICT_FILE_SIZE), VERDICT_FILE_SIZE);
    ck_assert_int_eq(unlink(path), 0);
    leave_one(1);
    ck_assert_uint_eq(files_count(directory, ".building", name), 1);
    ck_assert(verdict_file_parse_name(name, &names[1]));
    files_join(path, directory, name);
    ck_assert_uint_eq(files_read(path, files[1], VERDICT_FILE_SIZE), VERDICT_FILE_SIZE);
    ck_assert_int_eq(unlink(path), 0);
}

START_TEST(changed_files_count_for_nothing)
{
    enum { CUTS = 40, CHANGES = 200 };
    verdict_file_name names[2];
    unsigned char files[2][VERDICT_FILE_SIZE], changed[VERDICT_FILE_SIZE + 8] = {0};
    unsigned state = 3;
    take_files(names, files);
    for (int i = 0; i < 2; i++) {
        write_named(&names[i], files[i], VERDICT_FILE_SIZE);
        ck_assert_uint_eq(ends_of(1), i == 0 ? 2 : 1);
        for (unsigned change = 0; change < VERDICT_FILE_SIZE + CUTS + CHANGES; change++) {
            memcpy(changed, files[i], VERDICT_FILE_SIZE);
            size_t size = VERDICT_FILE_SIZE;
            if (change < VERDICT_FILE_SIZE)
                changed[change] ^= (unsigned char)(1U << change % 8);
            else if (change < VERDICT_FILE_SIZE + CUTS)
                size = (change - VERDICT_FILE_SIZE) * VERDICT_FILE_SIZE / CUTS;
            else
                for (int j = 0; j < 4; j++)
                    changed[next_random(&state) % VERDICT_FILE_SIZE] ^=
                        (unsigned char)(1 + next_random(&state) % 255);
            write_named(&names[0], "", 0);
            write_named(&names[i], changed, size);
            lines_removed = 0;
            ck_assert_msg(ends_of(1) == 0, "file %d, change %u", i, change);
            ck_assert_uint_eq(files_count(directory, ".verdict", NULL) + markers(), 0);
            ck_assert_uint_ge(lines_removed, 1);
        }
        memcpy(changed, files[i], VERDICT_FILE_SIZE);
        write_named(&names[i], changed, VERDICT_FILE_SIZE + 1);
        ck_assert_uint_eq(ends_of(1), 0);
    }
}
END_TEST

/* Whole, but not what it can be: the hash is right. */
START_TEST(impossible_files_count_for_nothing)
{
    enum { CASES = 9 };
    verdict_file_name names[2];
    unsigned char files[2][VERDICT_FILE_SIZE];
    take_files(names, files);
    for (int i = 0; i < CASES; i++) {
        verdict_record record = verdict_record_of(&names[0].key, "program 1");
        record.ends = 2;
        record.time = (int64_t)time(NULL);
        const cache_key other = key_of(2);
        if (i == 0)
            record.key = other;
        if (i == 1)
            record.flags = VERDICT_MARKER;
        if (i == 2)
            record.flags = 1U << 20;
        if (i == 3)
            record.ends = VERDICT_MAXIMUM_ENDS + 1;
        if (i == 4)
            record.time = -1;
        if (i == 5)
            record.name[3] = '\x1b';
        if (i == 6)
            memset(record.name, 'x', sizeof record.name);
        if (i == 7)
            record.sentence[400] = 'x';
        if (i == 8)
            record.ends = 0;
        char name[VERDICT_NAME_SIZE], path[FILES_PATH_SIZE];
        verdict_file_print_name(&names[0], name);
        files_join(path, directory, name);
        const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        ck_assert(verdict_file_write(file, &record));
        close(file);
        lines_removed = 0;
        ck_assert_msg(!avoided(1), "case %d", i);
        ck_assert_msg(lines_removed == 1, "case %d", i);
        ck_assert(!files_exists(path));
    }
}
END_TEST

/* Under the names of a marker, a verdict and the lock: what is no file. Nobody waits, or writes elsewhere. */
START_TEST(no_files)
{
    verdict_file_name names[2];
    unsigned char files[2][VERDICT_FILE_SIZE];
    char name[VERDICT_NAME_SIZE], path[FILES_PATH_SIZE], target[FILES_PATH_SIZE];
    take_files(names, files);
    files_join(target, directory, "target");
    for (int what = 0; what < 4; what++)
        for (int i = 0; i < 2; i++) {
            verdict_file_print_name(&names[i], name);
            files_join(path, directory, name);
            files_write(target, files[i], VERDICT_FILE_SIZE);
            ck_assert_int_eq(chmod(target, 0600), 0);
            if (what == 0)
                ck_assert_int_eq(symlink(target, path), 0);
            if (what == 1)
                ck_assert_int_eq(mkfifo(path, 0600), 0);
            if (what == 2)
                ck_assert_int_eq(mkdir(path, 0700), 0);
            if (what == 3) {
                ck_assert_int_eq(link(target, path), 0);
                ck_assert_int_eq(chmod(path, 0666), 0); /* anybody could have written it */
            }
            ck_assert(!avoided(1));
            ck_assert_uint_eq(record_of(1).ends, 0);
            work(2, true);
            if (what < 2)
                ck_assert(!files_exists(path));
            if (what == 2)
                ck_assert_int_eq(rmdir(path), 0);
            if (what == 3)
                ck_assert_int_eq(unlink(path), 0);
            unsigned char found[VERDICT_FILE_SIZE];
            ck_assert_uint_eq(files_read(target, found, sizeof found), sizeof found);
            ck_assert_mem_eq(found, files[i], sizeof found);
        }
}
END_TEST

START_TEST(names)
{
    static const char *const others[] = {
        "",
        "verdicts.lock",
        "0123456789abcdef0123456789abcdef.clbin",
        "0123456789abcdef0123456789abcde.verdict",
        "0123456789abcdef0123456789abcdef.verdict2",
        "0123456789ABCDEF0123456789abcdef.verdict",
        "0123456789abcdef0123456789abcdef.building",
        "0123456789abcdef0123456789abcdef-0123456789abcdef0123456789abcdef.building",
        "0123456789abcdef0123456789abcdef-0123456789abcdef0123456789abcdef-.building",
        "0123456789abcdef0123456789abcdef-0123456789abcdef0123456789abcdef-01.building",
        "0123456789abcdef0123456789abcdef-0123456789abcdef0123456789abcdef-+1.building",
        "0123456789abcdef0123456789abcdef-0123456789abcdef0123456789abcdef-4294967296.building",
        "0123456789abcdef0123456789abcdef-0123456789abcdef0123456789abcdef-99999999999999999999999.building",
        "0123456789abcdef0123456789abcdef-",
    };
    verdict_file_name parts;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        ck_assert_msg(!verdict_file_parse_name(others[i], &parts), "%s", others[i]);
    ck_assert(verdict_file_parse_name("0123456789abcdef0123456789abcdef.verdict", &parts) && !parts.marker);
    ck_assert_mem_eq(parts.key.bytes, "\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x23\x45\x67\x89\xab\xcd\xef", 16);
    ck_assert(verdict_file_parse_name(
        "0123456789abcdef0123456789abcdef-000102030405060708090a0b0c0d0e0f-4294967295.building", &parts));
    ck_assert(parts.marker && parts.number == 4294967295U && parts.token[15] == 15);
}
END_TEST

/* ---- Directories that cannot be used ---- */

/* Nothing is held, nothing happens, and it is said once. */
static void assert_unwatched(const char *where)
{
    verdict_watch watch;
    char sentence[VERDICT_SENTENCE_SIZE];
    const cache_key key = key_of(1);
    for (int i = 0; i < 3; i++) {
        verdict_watch_begin(&watch, where, &key, "program 1");
        ck_assert(!watch.watched);
        verdict_watch_end(&watch, true);
        ck_assert(!verdict_avoided(where, &key, sentence, sizeof sentence));
    }
    ck_assert_uint_eq(lines, where != NULL ? 1 : 0);
    verdict_process_enter(true); /* nobody is left inside */
    verdict_process_leave(true);
}

START_TEST(no_directory)
{
    const cache_key key = key_of(1);
    assert_unwatched(NULL);
    verdict_record_wrong(NULL, &key, "program 1", "wrong");
}
END_TEST

START_TEST(directories_of_others)
{
    ck_assert_int_eq(chmod(directory, 0777), 0);
    assert_unwatched(directory);
    ck_assert_uint_eq(files_count(directory, "", NULL), 0);
    ck_assert_int_eq(chmod(directory, 0700), 0);
}
END_TEST

START_TEST(directories_that_cannot_be_written)
{
    assert_unwatched("/proc/self");
}
END_TEST

START_TEST(linked_directories)
{
    char path[FILES_PATH_SIZE];
    files_join(path, directory, "link");
    ck_assert_int_eq(symlink("/tmp", path), 0);
    assert_unwatched(path);
}
END_TEST

START_TEST(directories_are_made)
{
    char path[FILES_PATH_SIZE];
    verdict_watch watch;
    const cache_key key = key_of(1);
    files_join(path, directory, "not/there");
    ck_assert(!verdict_avoided(path, &key, path, 0));
    ck_assert(!files_exists(path));
    verdict_watch_begin(&watch, path, &key, "program 1");
    ck_assert(watch.watched);
    verdict_watch_end(&watch, true);
}
END_TEST

/* A file system without locks. What is wrong is remembered all the same. */
START_TEST(no_locks)
{
    const cache_key key = key_of(2);
    flock_error = _i == 0 ? ENOLCK : _i == 1 ? EOPNOTSUPP : ENOSYS;
    assert_unwatched(directory);
    verdict_record_wrong(directory, &key, "program 2", "wrong");
    ck_assert(avoided(2));
    ck_assert_uint_eq(markers(), 0);
}
END_TEST

/* Directories without the rights that the rest needs. Root has them all. */
START_TEST(read_only_directories)
{
    leave_one(1);
    leave_one(1);
    ck_assert(avoided(1));
    ck_assert_int_eq(chmod(directory, 0500), 0);
    ck_assert(avoided(1));
    if (geteuid() != 0) {
        verdict_watch watch;
        begin(&watch, 2);
        ck_assert(!watch.watched);
    }
    ck_assert_int_eq(chmod(directory, 0700), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("verdict_files");
    TCase *files = tcase_create("files");
    tcase_add_checked_fixture(files, verdict_set_up, verdict_tear_down);
    tcase_set_timeout(files, 120);
    suite_add_tcase(suite, files);
    tcase_add_test(files, changed_files_count_for_nothing);
    tcase_add_test(files, impossible_files_count_for_nothing);
    tcase_add_test(files, no_files);
    tcase_add_test(files, names);
    tcase_add_test(files, no_directory);
    tcase_add_test(files, directories_of_others);
    tcase_add_test(files, directories_that_cannot_be_written);
    tcase_add_test(files, linked_directories);
    tcase_add_test(files, directories_are_made);
    tcase_add_loop_test(files, no_locks, 0, 3);
    tcase_add_test(files, read_only_directories);
    return run_suite(suite);
}
