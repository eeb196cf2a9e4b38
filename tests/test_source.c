/* Expanding kernel sources: what is read, in which order, and what is refused. */
#include "programs/source.h"

#include "files.h"
#include "programs/source_table.h"

static char directory[FILES_PATH_SIZE];

static void set_up(void)
{
    files_make_directory(directory);
}

static void tear_down(void)
{
    files_remove(directory);
}

static char *expand(const char *const *names, size_t count)
{
    char *text = NULL;
    ck_assert_msg(source_expand(names, count, directory, &text) == CLNORM_OK, "%s", clnorm_last_error());
    return text;
}

static void assert_refused(const char *name, const char *part)
{
    char *text = NULL;
    ck_assert_int_eq(source_expand(&name, 1, directory, &text), CLNORM_IO_ERROR);
    ck_assert_ptr_null(text);
    ck_assert_msg(strstr(clnorm_last_error(), part) != NULL, "\"%s\" is not in \"%s\"", part,
                  clnorm_last_error());
}

START_TEST(files_follow_each_other)
{
    files_write_text(directory, "a.cl", "int a;\n");
    files_write_text(directory, "b.cl", "int b;"); /* the newline that is missing is added */
    const char *const names[] = {"b.cl", "a.cl", "b.cl"};
    char *text = expand(names, 3);
    ck_assert_str_eq(text, "#line 1 \"b.cl\"\nint b;\n#line 1 \"a.cl\"\nint a;\n#line 1 \"b.cl\"\nint b;");
    free(text);
}
END_TEST

START_TEST(nothing_and_empty_files)
{
    char *text = expand(NULL, 0);
    ck_assert_str_eq(text, "");
    free(text);

    files_write_text(directory, "empty.cl", "");
    const char *const names[] = {"empty.cl"};
    text = expand(names, 1);
    ck_assert_str_eq(text, "#line 1 \"empty.cl\"\n");
    free(text);
}
END_TEST

START_TEST(includes_are_replaced)
{
    char path[FILES_PATH_SIZE];
    files_join(path, directory, "sub");
    ck_assert_int_eq(mkdir(path, 0700), 0);
    files_write_text(directory, "sub/inner.cl", "int inner;\n");
    files_write_text(
        directory, "outer.cl",
        "int before;\n#include \"sub/inner.cl\"\n \t# \tinclude\t\"sub/inner.cl\" // again\r\nint after;\n");
    const char *const names[] = {"outer.cl"};
    char *text = expand(names, 1);
    ck_assert_str_eq(text, "#line 1 \"outer.cl\"\nint before;\n"
                           "#line 1 \"sub/inner.cl\"\nint inner;\n#line 3 \"outer.cl\"\n"
                           "#line 1 \"sub/inner.cl\"\nint inner;\n#line 4 \"outer.cl\"\nint after;\n");
    free(text);
}
END_TEST

START_TEST(include_in_the_last_line)
{
    files_write_text(directory, "inner.cl", "int inner;");
    files_write_text(directory, "outer.cl", "#include \"inner.cl\"");
    const char *const names[] = {"outer.cl"};
    char *text = expand(names, 1);
    ck_assert_str_eq(text, "#line 1 \"outer.cl\"\n#line 1 \"inner.cl\"\nint inner;\n#line 2 \"outer.cl\"\n");
    free(text);
}
END_TEST

START_TEST(what_is_no_include_stays)
{
    static const char same[] = "// #include \"x.cl\"\n#include <x.cl>\n#include NAME\n#included \"x.cl\"\n"
                               "#define include \"x.cl\"\n#include \"x.cl\nint a; #include \"x.cl\"\n#\n#inc";
    files_write_text(directory, "same.cl", same);
    const char *const names[] = {"same.cl"};
    char *text = expand(names, 1);
    ck_assert_str_eq(strchr(text, '\n') + 1, same);
    free(text);
}
END_TEST

START_TEST(missing_files)
{
    assert_refused("absent.cl", "\"absent.cl\": No such file or directory in CLNORM_KERNEL_DIR");
    files_write_text(directory, "outer.cl", "\n\n#include \"absent.cl\"\n");
    assert_refused("outer.cl", "\"absent.cl\", included at outer.cl:3: No such file");
    files_write_text(directory, "unnamed.cl", "#include \"\"\n");
    assert_refused("unnamed.cl", "included at unnamed.cl:1");

    const char *const names[] = {"absent.cl"};
    char *text = NULL;
    ck_assert_int_eq(source_expand(names, 1, NULL, &text), CLNORM_IO_ERROR);
    ck_assert_str_eq(clnorm_last_error(), "kernel source \"absent.cl\": not among the embedded files");
}
END_TEST

START_TEST(names_stay_in_the_directory)
{
    static const char *const outside[] = {"../x.cl", "/x.cl", "a/../../x.cl", "a/.."};
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
        char text[64];
        snprintf(text, sizeof text, "#include \"%s\"\n", outside[i]);
        files_write_text(directory, "outer.cl", text);
        assert_refused("outer.cl", "included at outer.cl:1: leads out of CLNORM_KERNEL_DIR");
    }
    files_write_text(directory, "..x.cl", "int a;\n");
    files_write_text(directory, "outer.cl", "#include \"./..x.cl\"\n");
    const char *const names[] = {"outer.cl"};
    free(expand(names, 1));
}
END_TEST

START_TEST(files_that_are_no_text)
{
    char path[FILES_PATH_SIZE];
    files_join(path, directory, "zero.cl");
    files_write(path, "int\0a;\n", 7);
    assert_refused("zero.cl", "zero byte");

    files_join(path, directory, "directory.cl");
    ck_assert_int_eq(mkdir(path, 0700), 0);
    assert_refused("directory.cl", "Is a directory");
}
END_TEST

START_TEST(depth_is_bounded)
{
    files_write_text(directory, "self.cl", "int a;\n#include \"self.cl\"\n");
    assert_refused("self.cl", "\"self.cl\", included at self.cl:2: includes nest deeper than 16");

    /* 16 files deep is allowed. */
    char name[32], text[64];
    for (int i = 1; i <= 16; i++) {
        snprintf(name, sizeof name, "%d.cl", i);
        snprintf(text, sizeof text, i < 16 ? "#include \"%d.cl\"\n" : "int deepest%d;\n", i + 1);
        files_write_text(directory, name, text);
    }
    const char *const names[] = {"1.cl"};
    char *expanded = expand(names, 1);
    ck_assert_ptr_nonnull(strstr(expanded, "int deepest17;\n#line 2 \"15.cl\"\n#line 2 \"14.cl\""));
    free(expanded);

    files_write_text(directory, "0.cl", "#include \"1.cl\"\n");
    assert_refused("0.cl", "\"16.cl\", included at 15.cl:1: includes nest deeper");
}
END_TEST

START_TEST(names_are_bounded)
{
    char name[400], text[420];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_refused(name, "longer than 255");
    snprintf(text, sizeof text, "#include \"%s\"\n", name);
    files_write_text(directory, "outer.cl", text);
    assert_refused("outer.cl", "included at outer.cl:1 is longer than 255");
}
END_TEST

/* Each file includes the next eight times: 8^14 copies if nobody counted. */
START_TEST(size_is_bounded)
{
    char name[32], line[64], text[1024];
    for (int i = 1; i <= 15; i++) {
        snprintf(name, sizeof name, "%d.cl", i);
        snprintf(line, sizeof line, i < 15 ? "#include \"%d.cl\"\n" : "int a%d;\n", i + 1);
        text[0] = '\0';
        for (int copy = 0; copy < 8; copy++)
            strcat(text, line);
        files_write_text(directory, name, text);
    }
    assert_refused("1.cl", "larger than 16 MiB");
}
END_TEST

START_TEST(embedded_files_expand)
{
    ck_assert_uint_gt(source_table_count, 0);
    for (size_t i = 0; i < source_table_count; i++) {
        char *text = NULL;
        char start[FILES_PATH_SIZE];
        ck_assert_msg(source_expand(&source_table[i].name, 1, NULL, &text) == CLNORM_OK, "%s",
                      clnorm_last_error());
        snprintf(start, sizeof start, "#line 1 \"%s\"\n", source_table[i].name);
        ck_assert_int_eq(strncmp(text, start, strlen(start)), 0);
        ck_assert_msg(strstr(text, "#include \"") == NULL, "%s", source_table[i].name);
        free(text);
    }
}
END_TEST

START_TEST(directory_comes_before_embedded)
{
    const char *const names[] = {source_table[0].name};
    char path[FILES_PATH_SIZE];
    files_join(path, directory, source_table[0].name);
    for (char *slash = strchr(path + strlen(directory) + 1, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        ck_assert_int_eq(mkdir(path, 0700), 0);
        *slash = '/';
    }
    assert_refused(names[0], "CLNORM_KERNEL_DIR"); /* the embedded file is no substitute */
    files_write_text(directory, names[0], "int mine;\n");
    char *text = expand(names, 1);
    ck_assert_ptr_nonnull(strstr(text, "int mine;\n"));
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("source");
    TCase *test = tcase_create("source");
    tcase_add_checked_fixture(test, set_up, tear_down);
    tcase_set_timeout(test, 60);
    tcase_add_test(test, files_follow_each_other);
    tcase_add_test(test, nothing_and_empty_files);
    tcase_add_test(test, includes_are_replaced);
    tcase_add_test(test, include_in_the_last_line);
    tcase_add_test(test, what_is_no_include_stays);
    tcase_add_test(test, missing_files);
    tcase_add_test(test, names_stay_in_the_directory);
    tcase_add_test(test, files_that_are_no_text);
    tcase_add_test(test, depth_is_bounded);
    tcase_add_test(test, names_are_bounded);
    tcase_add_test(test, size_is_bounded);
    tcase_add_test(test, embedded_files_expand);
    tcase_add_test(test, directory_comes_before_embedded);
    suite_add_tcase(suite, test);
    return run_suite(suite);
}
