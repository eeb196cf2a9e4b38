/* The description of caches, read from folders like those of /sys/devices/system/cpu/cpu0/cache. */
#include "devices/cpu_cache.h"
#include "files.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[FILES_PATH_SIZE];

static void write_file(int index, const char *name, const char *text)
{
    char folder[16], path[FILES_PATH_SIZE];
    snprintf(folder, sizeof folder, "index%d", index);
    files_join(path, directory, folder);
    mkdir(path, 0700);
    files_write_text(path, name, text);
}

static void write_cache(int index, const char *level, const char *type, const char *size, const char *sharing)
{
    write_file(index, "level", level);
    write_file(index, "type", type);
    write_file(index, "size", size);
    write_file(index, "shared_cpu_list", sharing);
}

static void make_directory(void)
{
    files_make_directory(directory);
}

static void remove_directory(void)
{
    files_remove(directory);
}

START_TEST(levels)
{
    write_cache(0, "1\n", "Data\n", "32K\n", "0,8\n");
    write_cache(1, "1\n", "Instruction\n", "32K\n", "0,8\n");
    write_cache(2, "2\n", "Unified\n", "1024K\n", "0,8\n");
    write_cache(3, "3\n", "Unified\n", "32768K\n", "0-7,8-15\n");
    const cpu_cache found = cpu_cache_read(directory);
    ck_assert_uint_eq(found.near, 512 << 10);
    ck_assert_uint_eq(found.far, 2 << 20);
}
END_TEST

/* Two kinds of a level, a level more, and sizes in other units. */
START_TEST(unusual_levels)
{
    write_cache(0, "2\n", "Data\n", "1M\n", "0\n");
    write_cache(1, "2\n", "Instruction\n", "1M\n", "0\n");
    write_cache(2, "3\n", "Unified\n", "8M", "0-3");
    write_cache(3, "4\n", "Unified\n", "1G\n", "0-63\n");
    const cpu_cache found = cpu_cache_read(directory);
    ck_assert_uint_eq(found.near, 1 << 20);
    ck_assert_uint_eq(found.far, (2 << 20) + (16 << 20));
}
END_TEST

/* Containers hide files, and not every text is a number. */
START_TEST(unreadable)
{
    static const struct {
        const char *size, *sharing;
    } texts[] = {{"", "0\n"},
                 {"K\n", "0\n"},
                 {"512K\n", ""},
                 {"512K\n", "3-1\n"},
                 {"512K\n", "x"},
                 {"-1K\n", "0\n"},
                 {"512K\n", "0-\n"},
                 {"99999999999999999999999K\n", "0\n"},
                 {"512K\n", "0-4294967295\n"}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        write_cache(0, "2\n", "Unified\n", texts[i].size, texts[i].sharing);
        const cpu_cache found = cpu_cache_read(directory);
        ck_assert_msg(found.near == 0, "%zu bytes of \"%s\", \"%s\"", found.near, texts[i].size,
                      texts[i].sharing);
    }
    write_cache(0, "2\n", "Unified\n", "512K\n", "0\n");
    write_file(1, "level", "3\n");
    const cpu_cache cut = cpu_cache_read(directory);
    ck_assert_uint_eq(cut.near, 512 << 10);
    ck_assert_uint_eq(cut.far, 0);
    const cpu_cache none = cpu_cache_read("/nonexistent");
    ck_assert_uint_eq(none.near + none.far, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cpu cache");
    TCase *test = tcase_create("cpu cache");
    tcase_add_checked_fixture(test, make_directory, remove_directory);
    tcase_add_test(test, levels);
    tcase_add_test(test, unusual_levels);
    tcase_add_test(test, unreadable);
    suite_add_tcase(suite, test);
    return run_suite(suite);
}
