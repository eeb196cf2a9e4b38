/* Reading safetensors files: good ones, and all that a hostile one can try. */
#include "tensor_text.h"

#include "layers/safetensors.h"

static char directory[FILES_PATH_SIZE], path[FILES_PATH_SIZE];

static void set_up(void)
{
    files_make_directory(directory);
    files_join(path, directory, "f.safetensors");
}

static void tear_down(void)
{
    files_remove(directory);
}

static clnorm_status try_open(void)
{
    tensor_file file = {.path = NULL};
    const clnorm_status status = tensor_file_open(&file, path);
    tensor_file_close(&file);
    return status;
}

static void refuses(clnorm_status expected, const char *piece)
{
    const clnorm_status status = try_open();
    ck_assert_msg(status == expected, "%s instead of %s: %s", clnorm_status_name(status),
                  clnorm_status_name(expected), clnorm_last_error());
    ck_assert_msg(strstr(clnorm_last_error(), piece) != NULL, "no \"%s\" in: %s", piece, clnorm_last_error());
    ck_assert_msg(strstr(clnorm_last_error(), path) != NULL, "no path in: %s", clnorm_last_error());
}

/* ---- Good files ---- */

static const char good[] =
    "{\"__metadata__\":{\"format\":\"pt\"}," TENSOR("b", "F32", "[2]", 8, 16) "," TENSOR(
        "a", "I64", "[]", 0, 8) "," TENSOR("empty", "F32", "[0,7]", 16, 16) "," TENSOR("new", "F4", "[3]", 16,
                                                                                       18) "}  ";
static const unsigned char good_data[18] = {1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 9, 9};

START_TEST(good_file)
{
    tensor_file file;
    float values[2] = {0};
    tensor_text_write(path, good, good_data, sizeof good_data);
    ck_assert_msg(tensor_file_open(&file, path) == CLNORM_OK, "%s", clnorm_last_error());
    ck_assert_uint_eq(file.count, 4);
    const tensor_entry *b = tensor_file_find(&file, "b");
    ck_assert(b != NULL && tensor_entry_has_shape(b, 1, (size_t[]){2}));
    ck_assert(!tensor_entry_has_shape(b, 1, (size_t[]){3}) &&
              !tensor_entry_has_shape(b, 2, (size_t[]){2, 1}));
    ck_assert(tensor_entry_has_shape(tensor_file_find(&file, "empty"), 2, (size_t[]){0, 7}));
    ck_assert(!tensor_entry_has_shape(tensor_file_find(&file, "empty"), 2, (size_t[]){0, 6}));
    ck_assert(!tensor_entry_has_shape(tensor_file_find(&file, "a"), 1, (size_t[]){1}));
    ck_assert_ptr_null(tensor_file_find(&file, "__metadata__"));
    ck_assert_int_eq(tensor_file_read(&file, b, values, 2), CLNORM_OK);
    ck_assert(values[0] == 1 && values[1] == -2);
    ck_assert_int_eq(tensor_file_read(&file, tensor_file_find(&file, "a"), values, 2),
                     CLNORM_UNSUPPORTED_TYPE);
    ck_assert_ptr_nonnull(strstr(clnorm_last_error(), "\"a\" has dtype I64; this version reads F32 only"));
    tensor_file_close(&file);
    tensor_file_close(&file); /* twice does no harm */
}
END_TEST

START_TEST(empty_file_of_tensors)
{
    tensor_text_write(path, "{}", NULL, 0);
    ck_assert_int_eq(try_open(), CLNORM_OK);
}
END_TEST

/* ---- Hostile headers ---- */

static const struct {
    const char *header;
    size_t size; /* of the data behind it */
    const char *piece;
} hostile[] = {
    {"", 0, "is no JSON at byte"},
    {"[]", 0, "is no JSON object"},
    {" {}", 0, "is no JSON object"},
    {"{", 0, "is no JSON at byte"},
    {"{}x", 0, "is no JSON at byte"},
    {"{\"a\":1e999}", 0, "is no JSON at byte"},
    {"{\"a\":99999999999999999999}", 0, "is no JSON at byte"},
    {"{\"\xff\":1}", 0, "is no JSON at byte"},
    {"{\"a\\u0000b\":1}", 0, "is no JSON at byte"},
    {"{\"a\":1}", 0, "\"a\" has no dtype"},
    {"{\"a\":null}", 0, "\"a\" has no dtype"},
    {"{\"a\":{}}", 0, "\"a\" has no dtype"},
    {"{\"a\":{\"dtype\":7,\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "\"a\" has no dtype"},
    {"{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4, "\"a\" has no shape"},
    {"{" TENSOR("a", "F32", "1", 0, 4) "}", 4, "\"a\" has no shape"},
    {"{" TENSOR("a", "F32", "[1.0]", 0, 4) "}", 4, "\"a\" has no shape"},
    {"{" TENSOR("a", "F32", "[-1]", 0, 4) "}", 4, "\"a\" has no shape"},
    {"{" TENSOR("a", "F32", "[\"1\"]", 0, 4) "}", 4, "\"a\" has no shape"},
    {"{" TENSOR("a", "F32", "[true]", 0, 4) "}", 4, "\"a\" has no shape"},
    {"{" TENSOR("a", "F32", "[[1]]", 0, 4) "}", 4, "\"a\" has no shape"},
    {"{" TENSOR("a", "F32", "[4611686018427387904]", 0, 0) "}", 0, "\"a\" has no shape"},
    {"{" TENSOR("a", "F32", "[4294967296,4294967296]", 0, 0) "}", 0, "\"a\" has no shape"},
    {"{" TENSOR("a", "??", "[4294967296,4294967296]", 0, 0) "}", 0, "\"a\" has no shape"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "\"a\" has no data_offsets"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":4}}", 4, "\"a\" has no data_offsets"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}", 4, "\"a\" has no data_offsets"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,8]}}", 4, "\"a\" has no data_offsets"},
    {"{" TENSOR("a", "F32", "[1]", -4, 0) "}", 4, "\"a\" has no data_offsets"},
    {"{" TENSOR("a", "F32", "[1]", 0.0, 4.0) "}", 4, "\"a\" has no data_offsets"},
    {"{" TENSOR("a", "F32", "[1]", 4, 0) "}", 4, "\"a\" has no data_offsets"},
    {"{" TENSOR("a", "F32", "[2]", 0, 4) "}", 4, "\"a\" lies in 4 bytes; its shape and dtype make 8"},
    {"{" TENSOR("a", "F64", "[1]", 0, 4) "}", 4, "\"a\" lies in 4 bytes; its shape and dtype make 8"},
    {"{" TENSOR("a", "F32", "[]", 0, 8) "}", 8, "\"a\" lies in 8 bytes; its shape and dtype make 4"},
    {"{" TENSOR("a", "F32", "[1]", 4, 8) "}", 8, "\"a\" begins at byte 4; the tensors before end at 0"},
    {"{" TENSOR("a", "F32", "[1]", 0, 4) "," TENSOR("b", "F32", "[1]", 0, 4) "}", 4, "\" begins at byte 0"},
    {"{" TENSOR("a", "F32", "[2]", 0, 8) "," TENSOR("b", "F32", "[1]", 4, 8) "}", 8,
     "\"b\" begins at byte 4"},
    {"{" TENSOR("a", "F32", "[1]", 0, 4) "," TENSOR("b", "F32", "[1]", 8, 12) "}", 12,
     "\"b\" begins at byte 8"},
    {"{" TENSOR("a", "F32", "[1]", 0, 4) "}", 3, "its tensors make 4 bytes; 3 are there"},
    {"{" TENSOR("a", "F32", "[1]", 0, 4) "}", 5, "its tensors make 4 bytes; 5 are there"},
    {"{" TENSOR("a", "F32", "[1099511627776]", 0, 4398046511104) "}", 4, "4 are there"},
    {"{" TENSOR("a", "F32", "[2305843009213693951]", 0, 9223372036854775804) "}", 4, "4 are there"},
    {"{" TENSOR("a", "F32", "[1]", 0, 4) "," TENSOR("a", "F32", "[1]", 0, 4) "}", 4,
     "\"a\" stands twice in its header, again at byte 57"},
    {"{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4,
     "\"dtype\" stands twice"},
    {"{" TENSOR("layer4.2.bn3.num_batches_tracked", "F32", "[1]", 0,
                4) " ,\n " TENSOR("layer4.2.bn3.num_batches_tracked", "F32", "[1]", 4, 8) "}",
     8, "\"layer4.2.bn3.num_batches_tracked\" stands twice"},
    {"{" TENSOR("n\xc3\xa4me", "F32", "[1]", 0, 4) "," TENSOR("n\xc3\xa4me", "F32", "[1]", 4, 8) "}", 8,
     "\"n\xc3\xa4me\" stands twice"},
    {"{\"\\\"a\\\\\":1,\"\\\"a\\\\\":2}", 0, "\"\\\"a\\\\\" stands twice"},
    {"{\"\":1,\"\":2}", 0, "\"\" stands twice"},
    {"{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}", 0, "\"k\" stands twice"},
    {"{\"__metadata__\":7}", 0, "__metadata__ is no object of strings"},
    {"{\"__metadata__\":{\"a\":7}}", 0, "__metadata__ is no object of strings"},
};
enum { HOSTILE = sizeof hostile / sizeof *hostile };

START_TEST(hostile_header)
{
    tensor_text_write(path, hostile[_i].header, NULL, hostile[_i].size);
    refuses(CLNORM_INVALID_FILE, hostile[_i].piece);
}
END_TEST

/* ---- Files of another kind ---- */

#define BYTES(text) text, sizeof text - 1
static const struct {
    const char *bytes;
    size_t size;
    const char *piece;
} other_kinds[] = {
    {BYTES("PK\x03\x04\x14\x00\x00\x00\x08\x08model/data.pkl"), "a zip archive (PyTorch's .pt, NumPy's .npz"},
    {BYTES("\x89HDF\r\n\x1a\n\x00\x00"), "an HDF5 file (Keras's .h5)"},
    {BYTES("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 98\n"), "a Git LFS pointer"},
    {BYTES("\n <!DOCTYPE html>\n<html><body>404"), "an HTML page"},
    {BYTES("<HTML lang='en'>"), "an HTML page"},
    {BYTES("<?xml version='1.0'?><Error>"), "an XML text"},
    {BYTES("{\n  \"metadata\": {\"total_size\": 7}}"), "JSON text, such as the index"},
    {BYTES("{\"a\": 1}"), "JSON text, such as the index"},
    {BYTES("\xef\xbb\xbf{\"a\": 1}"), "JSON text, such as the index"},
    {BYTES("[1, 2, 3, 4]"), "JSON text"},
    {BYTES("\x80\x02}q\x00(X\x05\x00\x00\x00state"), "a Python pickle"},
    {BYTES("\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00}"), "a Python pickle"},
    {BYTES("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"), "a gzip file"},
    {BYTES("\x93NUMPY\x01\x00v\x00{'descr'"), "a NumPy array (.npy)"},
    {BYTES("GGUF\x03\x00\x00\x00\x10\x00"), "a GGUF file"},
    {BYTES("\x1c\x00\x00\x00TFL3\x14\x00"), "a TensorFlow Lite model"},
    {BYTES("Entry not found"), "plain text"},
    {BYTES("none"), "plain text"},
    {BYTES(""), "has 0 bytes; a safetensors file has at least 8"},
    {BYTES("\x01\x02\x03\x04\x05\x06\x07\x08\x09"), "its header claims 578437695752307201 bytes"},
};
enum { OTHER_KINDS = sizeof other_kinds / sizeof *other_kinds };

START_TEST(other_kind)
{
    char expected[256];
    const bool named =
        other_kinds[_i].piece[0] == 'a' || other_kinds[_i].piece[0] == 'J' || other_kinds[_i].piece[0] == 'p';
    snprintf(expected, sizeof expected, "%s%s", named ? "is no safetensors file; it looks like " : "",
             other_kinds[_i].piece);
    files_write(path, other_kinds[_i].bytes, other_kinds[_i].size);
    refuses(CLNORM_INVALID_FILE, expected);
}
END_TEST

START_TEST(cut_anywhere)
{
    unsigned char bytes[1024] = {0};
    const size_t size = tensor_text_write(path, good, good_data, sizeof good_data);
    ck_assert_uint_eq(files_read(path, bytes, sizeof bytes), size);
    for (size_t length = 0; length < size; length++) {
        files_write(path, bytes, length);
        refuses(CLNORM_INVALID_FILE, "");
        ck_assert_msg(strstr(clnorm_last_error(), "looks like") == NULL, "at %zu: %s", length,
                      clnorm_last_error());
    }
    files_write(path, bytes, size + 1);
    refuses(CLNORM_INVALID_FILE, "19 are there");
    files_write(path, bytes, size);
    ck_assert_int_eq(try_open(), CLNORM_OK);
}
END_TEST

/* Whatever one byte becomes, the file is read or refused. */
START_TEST(changed_anywhere)
{
    static const unsigned char others[] = {0, '"', '-', '9', '[', '}', 0xff};
    unsigned char bytes[1024];
    const size_t size = tensor_text_write(path, good, good_data, sizeof good_data);
    ck_assert_uint_eq(files_read(path, bytes, sizeof bytes), size);
    for (size_t at = 0; at < size - sizeof good_data; at++) {
        const unsigned char before = bytes[at];
        for (size_t i = 0; i < sizeof others; i++) {
            bytes[at] = others[i];
            files_write(path, bytes, size);
            const clnorm_status status = try_open();
            ck_assert(status == CLNORM_OK || status == CLNORM_INVALID_FILE);
        }
        bytes[at] = before;
    }
}
END_TEST

static void claim(unsigned long long length, size_t file_size)
{
    unsigned char bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(length >> 8 * i);
    files_write(path, bytes, sizeof bytes);
    ck_assert_int_eq(truncate(path, (off_t)file_size), 0);
}

/* Before anything of that size is allocated or read. */
START_TEST(huge_header)
{
    claim(0xffffffffffffffffu, 8);
    refuses(CLNORM_INVALID_FILE, "claims 18446744073709551615 bytes; 0 are there");
    claim(0x7fffffffffffffffu, 100);
    refuses(CLNORM_INVALID_FILE, "claims 9223372036854775807 bytes; 92 are there");
    claim(93, 100);
    refuses(CLNORM_INVALID_FILE, "claims 93 bytes; 92 are there");
    claim(100000001, 200000000);
    refuses(CLNORM_INVALID_FILE, "100000000 allowed");
}
END_TEST

START_TEST(deep_header)
{
    enum { DEPTH = 1000000 };
    char *header = calloc(1, DEPTH + 8);
    ck_assert_ptr_nonnull(header);
    memcpy(header, "{\"a\":", 5);
    memset(header + 5, '[', DEPTH);
    tensor_text_write(path, header, NULL, 0);
    refuses(CLNORM_INVALID_FILE, "is no JSON at byte");
    free(header);
}
END_TEST

/* A name is shown short and without what a terminal would obey. */
START_TEST(names_in_messages)
{
    char header[4096] = "{\"";
    tensor_text_write(path, "{\"a\\u001b[31mb\":1}", NULL, 0);
    refuses(CLNORM_INVALID_FILE, "\"a?[31mb\" has no dtype");
    memset(header + 2, 'x', 3000);
    memcpy(header + 3002, "\":1}", 5);
    tensor_text_write(path, header, NULL, 0);
    refuses(CLNORM_INVALID_FILE, "xxx...\" has no dtype");
    ck_assert_uint_lt(strlen(clnorm_last_error()), 1000);
}
END_TEST

/* ---- Not such files ---- */

START_TEST(not_a_file)
{
    refuses(CLNORM_IO_ERROR, "cannot be opened");
    ck_assert_int_eq(mkdir(path, 0700), 0);
    refuses(CLNORM_INVALID_FILE, "is no regular file");
    ck_assert_int_eq(rmdir(path), 0);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    refuses(CLNORM_INVALID_FILE, "is no regular file"); /* and does not wait for a writer */
}
END_TEST

START_TEST(shorter_while_read)
{
    tensor_file file;
    float values[2];
    const size_t size = tensor_text_write(path, good, good_data, sizeof good_data);
    ck_assert_int_eq(tensor_file_open(&file, path), CLNORM_OK);
    ck_assert_int_eq(truncate(path, (off_t)size - 6), 0);
    ck_assert_int_eq(tensor_file_read(&file, tensor_file_find(&file, "b"), values, 2), CLNORM_INVALID_FILE);
    ck_assert_ptr_nonnull(strstr(clnorm_last_error(), "became shorter"));
    tensor_file_close(&file);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("safetensors");
    TCase *cases = tcase_create("reading");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_set_timeout(cases, 280);
    tcase_add_test(cases, good_file);
    tcase_add_test(cases, empty_file_of_tensors);
    tcase_add_loop_test(cases, hostile_header, 0, HOSTILE);
    tcase_add_loop_test(cases, other_kind, 0, OTHER_KINDS);
    tcase_add_test(cases, cut_anywhere);
    tcase_add_test(cases, changed_anywhere);
    tcase_add_test(cases, huge_header);
    tcase_add_test(cases, deep_header);
    tcase_add_test(cases, names_in_messages);
    tcase_add_test(cases, not_a_file);
    tcase_add_test(cases, shorter_while_read);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
