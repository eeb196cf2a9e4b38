/* Reading .npy files: good ones, and bad ones refused with a sentence that names file and reason. */
#include "npy.h"
#include "suite.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PLAIN(shape)   "{'descr': '<f4', 'fortran_order': False, 'shape': " shape ", }\n"
#define TYPED(descr)   "{'descr': " descr ", 'fortran_order': False, 'shape': (2,), }\n"
#define FORTRAN(shape) "{'descr': '<f4', 'fortran_order': True, 'shape': " shape ", }\n"

typedef struct npy_case {
    int major;
    const char *header;
    size_t data_bytes;
    const char *error; /* a piece of the sentence; NULL: the file is good */
    unsigned rank;
    size_t dims[NPY_MAX_RANK];
} npy_case;

static const npy_case cases[] = {
    /* good */
    {1, PLAIN("(2, 3)"), 24, NULL, 2, {2, 3}},
    {2, PLAIN("(2, 3)"), 24, NULL, 2, {2, 3}},
    {3, PLAIN("(2, 3)"), 24, NULL, 2, {2, 3}},
    {1, PLAIN("(3,)"), 12, NULL, 1, {3}},
    {1, PLAIN("()"), 4, NULL, 0, {0}},
    {1, PLAIN("(0, 7)"), 0, NULL, 2, {0, 7}},
    {1, PLAIN("(1, 1, 1, 1, 1, 1, 1, 2)"), 8, NULL, 8, {1, 1, 1, 1, 1, 1, 1, 2}},
    {1, PLAIN("(2L, 3L)"), 24, NULL, 2, {2, 3}},
    {1, PLAIN("(2, 3,)"), 24, NULL, 2, {2, 3}},
    {1, "{\"shape\":(2,),\"descr\":\"<f4\",\"fortran_order\":False}", 8, NULL, 1, {2}},
    {1, "  { 'shape' : ( 2 , 1 ) , 'fortran_order' : False , 'descr' : '<f4' }  \n\n", 8, NULL, 2, {2, 1}},
    {1, FORTRAN("(1, 5, 1)"), 20, NULL, 3, {1, 5, 1}},
    /* types */
    {1, TYPED("'<f8'"), 16, "float64 ('<f8')", 0, {0}},
    {1, TYPED("'<f2'"), 4, "float16", 0, {0}},
    {1, TYPED("'>f4'"), 8, "big-endian", 0, {0}},
    {1, TYPED("'|f4'"), 8, "'|f4'", 0, {0}},
    {1, TYPED("'f4'"), 8, "'f4'", 0, {0}},
    {1, TYPED("'|u1'"), 2, "uint8", 0, {0}},
    {1, TYPED("[('a', '<f4')]"), 8, "structured", 0, {0}},
    {1, TYPED("4"), 8, "descr that is no string", 0, {0}},
    {1, TYPED("'<f4\\n'"), 8, "descr that is no string", 0, {0}},
    {1, FORTRAN("(2, 3)"), 24, "Fortran order", 0, {0}},
    /* lengths */
    {1, PLAIN("(2, 3)"), 23, "cut short: it holds 23 bytes of values, and shape (2, 3) needs 24", 0, {0}},
    {1, PLAIN("(2, 3)"), 0, "cut short", 0, {0}},
    {1, PLAIN("(2, 3)"), 25, "too long", 0, {0}},
    {1, PLAIN("(0,)"), 4, "too long", 0, {0}},
    {1, PLAIN("(99999999999,)"), 24, "cut short", 0, {0}},
    {1, PLAIN("(4294967296, 4294967296)"), 24, "too large", 0, {0}},
    {1, PLAIN("(0, 9223372036854775807)"), 0, "too large", 0, {0}},
    {1, PLAIN("(99999999999999999999999,)"), 24, "too large", 0, {0}},
    {1, PLAIN("(1, 1, 1, 1, 1, 1, 1, 1, 1)"), 4, "rank 9", 0, {0}},
    /* headers */
    {1, PLAIN("(-2,)"), 8, "no tuple", 0, {0}},
    {1, PLAIN("(2)"), 8, "no tuple", 0, {0}},
    {1, PLAIN("2"), 8, "no tuple", 0, {0}},
    {1, PLAIN("(2 3)"), 24, "no tuple", 0, {0}},
    {1, PLAIN("(2, 3"), 24, "no tuple", 0, {0}},
    {1, PLAIN("(,)"), 4, "no tuple", 0, {0}},
    {1, PLAIN("(2,, 3)"), 24, "no tuple", 0, {0}},
    {1, PLAIN("[2, 3]"), 24, "no tuple", 0, {0}},
    {1, PLAIN("(2.0,)"), 8, "no tuple", 0, {0}},
    {1, "", 8, "no Python dictionary", 0, {0}},
    {1, "{}", 8, "lacks", 0, {0}},
    {1, "{'descr': '<f4', 'fortran_order': False}", 8, "lacks", 0, {0}},
    {1, "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", 8, "twice", 0, {0}},
    {1, "{'descr': '<f4', 'more': 1, 'fortran_order': False, 'shape': (2,)}", 8, "other than", 0, {0}},
    {1, "{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}", 8, "neither True nor False", 0, {0}},
    {1, "{'descr': '<f4' 'fortran_order': False, 'shape': (2,)}", 8, "no Python dictionary", 0, {0}},
    {1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)", 8, "no Python dictionary", 0, {0}},
    {1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} x", 8, "goes on", 0, {0}},
    {1, "{'descr: 1", 8, "no Python dictionary", 0, {0}},
    {4, PLAIN("(2,)"), 8, "version 4.0", 0, {0}},
    {0, PLAIN("(2,)"), 8, "version 0.0", 0, {0}},
};

static char path[] = "test_npy.XXXXXX";

static void write_bytes(const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

/* The file that `c` describes; its values are 0.5, 1.5, ... The bytes are kept in `bytes`. */
static size_t write_case(const npy_case *c, unsigned char bytes[1024])
{
    size_t length = strlen(c->header), prefix = c->major > 1 && c->major < 4 ? 12 : 10;
    memset(bytes, 0, 1024);
    memcpy(bytes, "\x93NUMPY", 6);
    bytes[6] = (unsigned char)c->major;
    bytes[8] = (unsigned char)length;
    memcpy(bytes + prefix, c->header, length);
    for (size_t i = 0; i < c->data_bytes / 4; i++) {
        float value = (float)i + 0.5f;
        memcpy(bytes + prefix + length + 4 * i, &value, 4);
    }
    write_bytes(bytes, prefix + length + c->data_bytes);
    return prefix + length + c->data_bytes;
}

START_TEST(test_case)
{
    const npy_case *c = &cases[_i];
    unsigned char bytes[1024];
    char error[NPY_ERROR_SIZE] = "";
    npy_array array;
    write_case(c, bytes);
    bool read = npy_read(path, &array, error);
    if (c->error) {
        ck_assert_msg(!read, "%s was read", c->header);
        ck_assert_msg(strstr(error, c->error) && strstr(error, path), "%s gave: %s", c->header, error);
        return;
    }
    ck_assert_msg(read, "%s gave: %s", c->header, error);
    ck_assert_uint_eq(array.rank, c->rank);
    for (unsigned i = 0; i < c->rank; i++)
        ck_assert_uint_eq(array.dims[i], c->dims[i]);
    ck_assert_uint_eq(array.count * 4, c->data_bytes);
    for (size_t i = 0; i < array.count; i++)
        ck_assert_float_eq(array.values[i], (float)i + 0.5f);
    npy_clear(&array);
}
END_TEST

/* A file cut anywhere is refused, whatever is missing. */
START_TEST(test_cut_anywhere)
{
    unsigned char bytes[1024];
    char error[NPY_ERROR_SIZE];
    npy_array array;
    size_t size = write_case(&cases[_i], bytes);
    for (size_t cut = 0; cut < size; cut++) {
        write_bytes(bytes, cut);
        ck_assert_msg(!npy_read(path, &array, error), "cut at %zu", cut);
    }
}
END_TEST

/* A child that writes `size` bytes in pieces of `piece` into the pipe that becomes standard input. */
static pid_t feed(const unsigned char *bytes, size_t size, size_t piece)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        for (size_t at = 0; at < size; at += piece)
            if (write(ends[1], bytes + at, size - at < piece ? size - at : piece) < 0)
                break;
        _exit(0);
    }
    close(ends[1]);
    ck_assert_int_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    close(ends[0]);
    clearerr(stdin);
    return child;
}

/* What a file says, a stream says: cut, too long, with any content. */
START_TEST(test_stream)
{
    const npy_case *c = &cases[_i];
    unsigned char bytes[1024];
    char error[NPY_ERROR_SIZE] = "";
    npy_array array, from_file;
    const size_t size = write_case(c, bytes);
    const pid_t child = feed(bytes, size, 7);
    const bool read = npy_read(NPY_STANDARD_STREAM, &array, error);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    ck_assert_msg(read == (c->error == NULL), "%s gave: %s", c->header, error);
    if (!read) {
        ck_assert_msg(strstr(error, c->error) && strstr(error, "standard input "), "%s gave: %s", c->header,
                      error);
        return;
    }
    ck_assert(npy_read(path, &from_file, error));
    ck_assert(array.rank == from_file.rank && array.count == from_file.count);
    ck_assert_mem_eq(array.dims, from_file.dims, sizeof array.dims);
    ck_assert_mem_eq(array.values, from_file.values, array.count * sizeof(float));
    npy_clear(&array);
    npy_clear(&from_file);
}
END_TEST

/* More than one block of memory, and a header that promises more than comes. */
START_TEST(test_long_stream)
{
    enum { COUNT = 100003, HEADER = 128 };
    static unsigned char bytes[HEADER + COUNT * 4 + 4];
    const char *shapes[] = {"(100003,)", "(100004,)", "(1000000000000000,)"};
    char error[NPY_ERROR_SIZE] = "";
    npy_array array;
    snprintf((char *)bytes + 10, HEADER - 10, PLAIN("%s"), shapes[_i]);
    memset(bytes + 10 + strlen((char *)bytes + 10), ' ', HEADER - 10 - strlen((char *)bytes + 10));
    memcpy(bytes, "\x93NUMPY\x01\x00\x76\x00", 10);
    for (size_t i = 0; i < COUNT; i++) {
        const float value = (float)i;
        memcpy(bytes + HEADER + 4 * i, &value, 4);
    }
    const pid_t child = feed(bytes, sizeof bytes - 4, 40000);
    const bool read = npy_read(NPY_STANDARD_STREAM, &array, error);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    if (_i > 0) {
        ck_assert(!read);
        ck_assert_msg(strstr(error, "cut short: it holds 400012 bytes of values") != NULL, "%s", error);
        return;
    }
    ck_assert_msg(read, "%s", error);
    ck_assert_uint_eq(array.count, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        ck_assert_float_eq(array.values[i], (float)i);
    npy_clear(&array);
}
END_TEST

/* A header length that no file has, and files that are none. */
START_TEST(test_no_file)
{
    char error[NPY_ERROR_SIZE];
    npy_array array;
    write_bytes("\x93NUMPY\x02\x00\xff\xff\xff\xff{}", 14);
    ck_assert(!npy_read(path, &array, error));
    ck_assert_ptr_nonnull(strstr(error, "header of 4294967295 bytes"));
    write_bytes("PK\x03\x04 a zip file", 16);
    ck_assert(!npy_read(path, &array, error));
    ck_assert_ptr_nonnull(strstr(error, "is no .npy file; it looks like a zip archive"));
    write_bytes("\x10\0\0\0\0\0\0\0{\"x\":{}}", 16);
    ck_assert(!npy_read(path, &array, error));
    ck_assert_ptr_nonnull(strstr(error, "is no .npy file; it looks like a safetensors file"));
    write_bytes("", 0);
    ck_assert(!npy_read(path, &array, error));
    ck_assert_ptr_nonnull(strstr(error, "is empty; a .npy file was expected"));
    ck_assert(!npy_read("test_npy.absent", &array, error));
    ck_assert_ptr_nonnull(strstr(error, "test_npy.absent"));
    ck_assert(!npy_read(".", &array, error));
    ck_assert_ptr_nonnull(strstr(error, "is a directory"));
    ck_assert(!npy_read("/dev/null", &array, error));
    ck_assert_ptr_nonnull(strstr(error, "is empty"));
    ck_assert(!npy_read("/dev/zero", &array, error));
    ck_assert_ptr_nonnull(strstr(error, "is no .npy file"));
}
END_TEST

START_TEST(test_write_and_read)
{
    const size_t dims[] = {3, 1, 5, 0, 2, 4, 1, 12345678};
    char error[NPY_ERROR_SIZE];
    for (unsigned rank = 0; rank <= NPY_MAX_RANK; rank++) {
        npy_array written, read;
        ck_assert(npy_allocate(&written, rank, dims));
        for (size_t i = 0; i < written.count; i++)
            written.values[i] = 1.0f / ((float)i - 7.0f); /* an infinity as well */
        FILE *file = fopen(path, "wb");
        ck_assert(npy_write(file, &written));
        long size = ftell(file);
        fclose(file);
        ck_assert_int_eq((size - (long)(written.count * 4)) % 64, 0);
        ck_assert_msg(npy_read(path, &read, error), "%s", error);
        ck_assert_uint_eq(read.rank, rank);
        ck_assert_mem_eq(read.dims, written.dims, sizeof read.dims);
        ck_assert_mem_eq(read.values, written.values, written.count * 4);
        npy_clear(&written);
        npy_clear(&read);
    }
}
END_TEST

int main(void)
{
    int descriptor = mkstemp(path);
    if (descriptor < 0)
        return EXIT_FAILURE;
    close(descriptor);

    Suite *suite = suite_create("npy");
    TCase *table = tcase_create("npy");
    tcase_add_loop_test(table, test_case, 0, (int)(sizeof cases / sizeof cases[0]));
    tcase_add_loop_test(table, test_cut_anywhere, 0, 4);
    tcase_add_loop_test(table, test_stream, 0, (int)(sizeof cases / sizeof cases[0]));
    tcase_add_loop_test(table, test_long_stream, 0, 3);
    tcase_add_test(table, test_no_file);
    tcase_add_test(table, test_write_and_read);
    suite_add_tcase(suite, table);
    int result = run_suite(suite);
    unlink(path);
    return result;
}
