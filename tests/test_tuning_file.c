/* tuning.json: what is stored comes back for the device that it was stored for, and a file that is damaged,
 * or that others could have written, only leaves the usual values. */
#include "programs/tuning_file.h"

#include "base/version_text.h"
#include "files.h"

#include <clnorm/cache.h>
#include <stdint.h>

static char directory[FILES_PATH_SIZE], path[FILES_PATH_SIZE];
static const tuning_key key = {"a device", "a platform", "1.0", 4};
static const tuning some = {{1 << 20, 8, 0, 131072, 2, 1}}, none = {{0}};
static char last_line[512];
static size_t lines;

static void keep_line(clnorm_log_level level, const char *line, void *user)
{
    (void)level;
    (void)user;
    lines++;
    snprintf(last_line, sizeof last_line, "%s", line);
}

static void set_up(void)
{
    files_make_directory(directory);
    files_join(path, directory, TUNING_FILE_NAME);
    clnorm_set_log(keep_line, CLNORM_LOG_INFO, NULL);
    last_line[0] = '\0';
    lines = 0;
}

static void tear_down(void)
{
    clnorm_set_log(NULL, CLNORM_LOG_NONE, NULL);
    files_remove(directory);
}

static void assert_loaded(const tuning_key *of, const tuning *expected)
{
    tuning found = {{77}};
    tuning_file_load(directory, of, &found);
    for (size_t i = 0; i < TUNING_COUNT; i++)
        ck_assert_msg(found.values[i] == expected->values[i], "%s is %zu, not %zu",
                      clnorm_tuning_info_get(i)->name, found.values[i], expected->values[i]);
}

/* A file whose only entry has these members of "values". */
static void write_values(const char *values)
{
    char text[1024];
    ck_assert_int_lt(snprintf(text, sizeof text,
                              "{\"format\": 1, \"devices\": [{\"device\": \"a device\", \"platform\": \"a "
                              "platform\", \"driver\": \"1.0\", \"units\": 4, \"library\": \"%s\", "
                              "\"values\": %s}]}",
                              VERSION_TEXT, values),
                     (int)sizeof text);
    files_write_text(directory, TUNING_FILE_NAME, text);
}

/* The usual values, a line that says why, and the file as it was. */
static void assert_ignored(const char *why)
{
    lines = 0;
    assert_loaded(&key, &none);
    ck_assert_msg(lines == 1 && strstr(last_line, why) != NULL, "\"%s\" instead of %s", last_line, why);
    ck_assert(files_exists(path));
}

static void store(const tuning_key *of, const tuning *values)
{
    ck_assert_msg(tuning_file_store(directory, of, values) == CLNORM_OK, "%s", clnorm_last_error());
    ck_assert_uint_eq(files_count(directory, ".tmp", NULL), 0);
}

START_TEST(what_is_stored_comes_back)
{
    struct stat info;
    assert_loaded(&key, &none);
    ck_assert_uint_eq(lines, 0);
    store(&key, &some);
    assert_loaded(&key, &some);
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_int_eq(info.st_mode & 0777, 0600);
    const tuning other = {{0, 16, 20000, 0, 0, 0}};
    store(&key, &other);
    assert_loaded(&key, &other);
    tuning found;
    tuning_file_load(NULL, &key, &found);
    ck_assert_uint_eq(found.values[TUNING_PIECES_PER_UNIT], 0);
    ck_assert_int_eq(tuning_file_remove(directory, &key), CLNORM_OK);
    assert_loaded(&key, &none);
}
END_TEST

START_TEST(a_directory_is_made)
{
    char below[FILES_PATH_SIZE];
    struct stat info;
    tuning found;
    files_join(below, directory, "below/it");
    ck_assert_int_eq(tuning_file_remove(below, &key), CLNORM_OK);
    ck_assert(!files_exists(below));
    ck_assert_int_eq(tuning_file_store(below, &key, &some), CLNORM_OK);
    ck_assert_int_eq(stat(below, &info), 0);
    ck_assert_int_eq(info.st_mode & 0777, 0700);
    tuning_file_load(below, &key, &found);
    ck_assert_mem_eq(&found, &some, sizeof found);
}
END_TEST

/* Each differs in one thing from the key. */
static const tuning_key others[] = {{"a devic", "a platform", "1.0", 4},
                                    {"a device", "b platform", "1.0", 4},
                                    {"a device", "a platform", "1.1", 4},
                                    {"a device", "a platform", "1.0", 5}};
enum { OTHERS = sizeof others / sizeof *others };

START_TEST(each_device_has_its_own)
{
    store(&key, &some);
    for (size_t i = 0; i < OTHERS; i++) {
        assert_loaded(&others[i], &none);
        store(&others[i], &(tuning){{0, 10 + i, 0, 0, 0, 0}});
    }
    assert_loaded(&key, &some);
    ck_assert_int_eq(tuning_file_remove(directory, &key), CLNORM_OK);
    assert_loaded(&key, &none);
    for (size_t i = 0; i < OTHERS; i++)
        assert_loaded(&others[i], &(tuning){{0, 10 + i, 0, 0, 0, 0}});
}
END_TEST

START_TEST(another_library_has_others)
{
    char text[4096] = "";
    store(&key, &some);
    files_read(path, text, sizeof text - 1);
    char *version = strstr(text, VERSION_TEXT);
    ck_assert_ptr_nonnull(version);
    version[0] = '9';
    files_write(path, text, strlen(text));
    assert_loaded(&key, &none);
}
END_TEST

START_TEST(texts_of_drivers_may_be_no_utf8)
{
    const tuning_key odd = {"dev\xff\"ice\n", "p\\", "", 1};
    store(&odd, &some);
    assert_loaded(&odd, &some);
}
END_TEST

/* ---- Damage ---- */

START_TEST(what_is_cut_off_is_ignored)
{
    char text[4096];
    store(&key, &some);
    const size_t size = files_read(path, text, sizeof text);
    for (size_t length = 1; length + 2 < size; length++) { /* a newline and the last brace */
        files_write(path, text, length);
        assert_ignored("not JSON");
    }
    files_write(path, text, 0);
    assert_ignored("a size that it cannot have");
}
END_TEST

START_TEST(what_is_no_such_file_is_ignored)
{
    static const struct {
        const char *text, *why;
    } files[] = {
        {"no JSON", "not JSON"},
        {"{\"format\": NaN, \"devices\": []}", "not JSON"},
        {"[]", "of another format"},
        {"3", "not JSON"},
        {"{}", "of another format"},
        {"{\"format\": 2, \"devices\": []}", "of another format"},
        {"{\"format\": 1.0, \"devices\": []}", "of another format"},
        {"{\"format\": 1, \"devices\": {}}", "of another format"},
        {"{\"format\": 1}", "of another format"},
        {"{\"format\": 123456789012345678901234567890, \"devices\": []}", "not JSON"},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        files_write_text(directory, TUNING_FILE_NAME, files[i].text);
        assert_ignored(files[i].why);
    }
}
END_TEST

START_TEST(entries_that_are_none_are_ignored)
{
    static const char *const entries[] = {"null, 3, [], {}, \"a device\"", "{\"device\": 7}",
                                          "{\"device\": \"a device\", \"platform\": null}"};
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        char text[256];
        snprintf(text, sizeof text, "{\"format\": 1, \"devices\": [%s]}", entries[i]);
        files_write_text(directory, TUNING_FILE_NAME, text);
        assert_loaded(&key, &none);
        store(&key, &some);
        assert_loaded(&key, &some);
    }
}
END_TEST

START_TEST(values_of_another_kind_are_usual)
{
    static const char *const values[] = {
        "\"8\"", "8.0", "1e300", "true", "null", "[8]", "{}", "-1", "-9223372036854775808"};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char object[128];
        snprintf(object, sizeof object, "{\"pieces_per_unit\": %s, \"map_lanes\": 2}", values[i]);
        write_values(object);
        lines = 0;
        assert_loaded(&key, &(tuning){{0, 0, 0, 0, 0, 2}});
        ck_assert_msg(lines == 2, "%zu lines about %s", lines, values[i]); /* what is ignored, what is not */
    }
    write_values("{\"pieces_per_unit\": 1e999}");
    assert_ignored("not JSON");
    write_values("[]");
    assert_loaded(&key, &none);
    write_values("{\"unknown\": 7, \"\": 8}");
    assert_loaded(&key, &none);
}
END_TEST

START_TEST(values_out_of_range_count_as_its_end)
{
    for (size_t i = 0; i < TUNING_COUNT; i++) {
        const clnorm_tuning_info *info = clnorm_tuning_info_get(i);
        char object[128];
        tuning expected = {{0}};
        snprintf(object, sizeof object, "{\"%s\": %zu}", info->name, info->least);
        write_values(object);
        expected.values[i] = info->least;
        assert_loaded(&key, &expected);
        if (info->least > 1) {
            snprintf(object, sizeof object, "{\"%s\": 1}", info->name);
            write_values(object);
            assert_loaded(&key, &expected);
        }
        snprintf(object, sizeof object, "{\"%s\": 9223372036854775807}", info->name);
        write_values(object);
        expected.values[i] = info->most;
        assert_loaded(&key, &expected);
    }
}
END_TEST

START_TEST(whatever_stands_there_a_value_is_in_range)
{
    for (size_t i = 0; i < TUNING_COUNT; i++) {
        const clnorm_tuning_info *info = clnorm_tuning_info_get(i);
        tuning values = {{0}};
        ck_assert_uint_eq(tuning_value(&values, (tuning_index)i), info->usual);
        ck_assert(info->usual == 0 || (info->usual >= info->least && info->usual <= info->most));
        ck_assert(info->least > 0 && info->least < info->most);
        values.values[i] = SIZE_MAX;
        ck_assert_uint_eq(tuning_value(&values, (tuning_index)i), info->most);
        values.values[i] = 1;
        ck_assert_uint_eq(tuning_value(&values, (tuning_index)i), info->least);
        ck_assert_uint_eq(tuning_find(info->name), i);
        ck_assert(strlen(info->meaning) > 20);
    }
    ck_assert_uint_eq(tuning_find("pieces"), TUNING_COUNT);
    ck_assert_ptr_null(clnorm_tuning_info_get(TUNING_COUNT));
}
END_TEST

/* ---- Files that others could have written, or that are none ---- */

START_TEST(what_others_may_write_is_ignored)
{
    store(&key, &some);
    ck_assert_int_eq(chmod(path, 0620), 0);
    assert_ignored("others may write to it");
    ck_assert_int_eq(chmod(path, 0602), 0);
    assert_ignored("others may write to it");
    store(&key, &some); /* puts another in its place */
    assert_loaded(&key, &some);
    if (geteuid() == 0) {
        ck_assert_int_eq(chown(path, 12345, 12345), 0);
        assert_ignored("belongs to another user");
    }
    ck_assert_int_eq(chmod(directory, 0777), 0);
    assert_loaded(&key, &none);
    ck_assert_int_eq(tuning_file_store(directory, &key, &some), CLNORM_IO_ERROR);
    ck_assert_ptr_nonnull(strstr(clnorm_last_error(), "others may write to it"));
    ck_assert_int_eq(tuning_file_remove(directory, &key), CLNORM_IO_ERROR);
}
END_TEST

START_TEST(what_is_no_file_is_ignored)
{
    char target[FILES_PATH_SIZE];
    files_join(target, directory, "target");
    store(&key, &some);
    ck_assert_int_eq(rename(path, target), 0);
    ck_assert_int_eq(symlink(target, path), 0);
    assert_ignored("a symbolic link");
    store(&key, &some); /* in place of the link, not of the target */
    assert_loaded(&key, &some);
    struct stat info;
    ck_assert_int_eq(lstat(path, &info), 0);
    ck_assert(S_ISREG(info.st_mode));

    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    assert_ignored("not a regular file");
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    assert_ignored("not a regular file");
    ck_assert_int_eq(tuning_file_store(directory, &key, &some), CLNORM_IO_ERROR);
    ck_assert_ptr_nonnull(strstr(clnorm_last_error(), "cannot be written"));
    ck_assert_uint_eq(files_count(directory, ".tmp", NULL), 0);
}
END_TEST

START_TEST(a_file_that_is_too_large_is_ignored)
{
    static char text[TUNING_FILE_SIZE + 1];
    char start[4096];
    store(&key, &some);
    const size_t size = files_read(path, start, sizeof start);
    memset(text, ' ', sizeof text);
    memcpy(text, start, size);
    files_write(path, text, TUNING_FILE_SIZE);
    assert_loaded(&key, &some);
    files_write(path, text, sizeof text);
    assert_ignored("a size that it cannot have");
}
END_TEST

START_TEST(nesting_ends_somewhere)
{
    static char text[TUNING_FILE_SIZE];
    memset(text, '[', sizeof text);
    files_write(path, text, sizeof text);
    assert_ignored("not JSON");
}
END_TEST

/* The oldest devices make room. */
START_TEST(a_file_does_not_grow_for_ever)
{
    enum { DEVICES = 220 };
    struct stat info;
    char name[TUNING_TEXT];
    for (int i = 0; i < DEVICES; i++) {
        snprintf(name, sizeof name, "device %d %0200d", i, 0);
        store(&(tuning_key){name, "p", "d", 1}, &some);
        ck_assert_int_eq(stat(path, &info), 0);
        ck_assert_int_le(info.st_size, TUNING_FILE_SIZE);
    }
    assert_loaded(&(tuning_key){name, "p", "d", 1}, &some);
    snprintf(name, sizeof name, "device %d %0200d", DEVICES - 50, 0);
    assert_loaded(&(tuning_key){name, "p", "d", 1}, &some);
    snprintf(name, sizeof name, "device %d %0200d", 0, 0);
    assert_loaded(&(tuning_key){name, "p", "d", 1}, &none);
}
END_TEST

/* Clearing the cache takes what an interrupted process left, and not what was measured. */
START_TEST(clearing_the_cache_keeps_it)
{
    size_t removed;
    setenv("CLNORM_CACHE_DIR", directory, 1);
    store(&key, &some);
    files_write_text(directory, TUNING_FILE_NAME ".123-4.tmp", "half of");
    files_write_text(directory, TUNING_FILE_NAME ".old", "somebody's");
    files_write_text(directory, TUNING_FILE_NAME ".123-4.old", "somebody's");
    ck_assert_int_eq(clnorm_cache_clear(&removed), CLNORM_OK);
    ck_assert_uint_eq(removed, 1);
    assert_loaded(&key, &some);
    ck_assert_uint_eq(files_count(directory, "", NULL), 3);
    unsetenv("CLNORM_CACHE_DIR");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tuning file");
    TCase *cases = tcase_create("tuning file");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, what_is_stored_comes_back);
    tcase_add_test(cases, a_directory_is_made);
    tcase_add_test(cases, each_device_has_its_own);
    tcase_add_test(cases, another_library_has_others);
    tcase_add_test(cases, texts_of_drivers_may_be_no_utf8);
    tcase_add_test(cases, what_is_cut_off_is_ignored);
    tcase_add_test(cases, what_is_no_such_file_is_ignored);
    tcase_add_test(cases, entries_that_are_none_are_ignored);
    tcase_add_test(cases, values_of_another_kind_are_usual);
    tcase_add_test(cases, values_out_of_range_count_as_its_end);
    tcase_add_test(cases, whatever_stands_there_a_value_is_in_range);
    tcase_add_test(cases, what_others_may_write_is_ignored);
    tcase_add_test(cases, what_is_no_file_is_ignored);
    tcase_add_test(cases, a_file_that_is_too_large_is_ignored);
    tcase_add_test(cases, nesting_ends_somewhere);
    tcase_add_test(cases, a_file_does_not_grow_for_ever);
    tcase_add_test(cases, clearing_the_cache_keeps_it);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
