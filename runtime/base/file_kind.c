#include "base/file_kind.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* Kinds with known bytes at a fixed offset. */
#define MARK(offset, bytes, name)                                                                            \
    {                                                                                                        \
        offset, sizeof bytes - 1, bytes, name                                                                \
    }
static const struct {
    size_t offset, size;
    const char *bytes, *name;
} marks[] = {
    MARK(0, "PK\x03\x04", "a zip archive (PyTorch's .pt, NumPy's .npz, Keras's .keras)"),
    MARK(0, "PK\x05\x06", "an empty zip archive"),
    MARK(0, "\x89HDF\r\n\x1a\n", "an HDF5 file (Keras's .h5)"),
    MARK(0, "\x93NUMPY", "a NumPy array (.npy)"),
    MARK(0, "GGUF", "a GGUF file (llama.cpp)"),
    MARK(4, "TFL3", "a TensorFlow Lite model"),
    MARK(0, "\x1f\x8b", "a gzip file, which has to be unpacked"),
    MARK(0, "BZh", "a bzip2 file, which has to be unpacked"),
    MARK(0, "\xfd\x37zXZ", "an xz file, which has to be unpacked"),
    MARK(0, "\x28\xb5\x2f\xfd", "a zstd file, which has to be unpacked"),
    MARK(0, "\x89PNG\r\n\x1a\n", "a PNG image"),
    MARK(0, "\xff\xd8\xff", "a JPEG image"),
    MARK(0,
         "\x7f"
         "ELF",
         "a program or a library (ELF)"),
};

/* Kinds of text by their first characters, compared without regard to case. */
static const struct {
    const char *begin, *name;
} texts[] = {
    {"version https://git-lfs.github.com/spec/", "a Git LFS pointer (`git lfs pull` gets the file itself)"},
    {"<!doctype", "an HTML page, as a server sends instead of a file"},
    {"<html", "an HTML page, as a server sends instead of a file"},
    {"<?xml", "an XML text, as a server sends instead of a file"},
    {"{", "JSON text, such as the index of a model in several files"},
    {"[", "JSON text"},
};

static bool is_mark(const unsigned char *at, size_t size, size_t mark)
{
    return size >= marks[mark].offset + marks[mark].size &&
           memcmp(at + marks[mark].offset, marks[mark].bytes, marks[mark].size) == 0;
}

/* The file begins with an eight-byte header length below 2^32, and the header with a brace. */
static bool is_safetensors(const unsigned char *at, size_t size)
{
    static const unsigned char zeros[4];
    return size > 8 && memcmp(at + 4, zeros, sizeof zeros) == 0 && at[8] == '{';
}

/* Python's pickle: a protocol from 2 to 5, and the opcode of what may follow it, such as a frame, a tuple, a
 * name or a dictionary. */
static bool is_pickle(const unsigned char *at, size_t size)
{
    return size > 2 && at[0] == 0x80 && at[1] >= 2 && at[1] <= 5 &&
           memchr("\x95(c}]\x8a\x8c", at[2], 7) != NULL;
}

static bool is_plain_text(const unsigned char *at, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (at[i] > '~' || (at[i] < ' ' && !isspace(at[i])))
            return false;
    }
    return size > 0;
}

const char *file_kind_of_text(const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    static const unsigned char byte_order_mark[3] = {0xef, 0xbb, 0xbf};
    if (size > FILE_KIND_BYTES)
        size = FILE_KIND_BYTES;
    size_t start = size >= 3 && memcmp(at, byte_order_mark, 3) == 0 ? 3 : 0;
    while (start < size && isspace(at[start]))
        start++;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const size_t length = strlen(texts[i].begin);
        if (size - start >= length && strncasecmp((const char *)at + start, texts[i].begin, length) == 0)
            return texts[i].name;
    }
    return is_plain_text(at, size) ? "plain text" : NULL;
}

const char *file_kind(const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    if (size > FILE_KIND_BYTES)
        size = FILE_KIND_BYTES;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        if (is_mark(at, size, i))
            return marks[i].name;
    }
    if (is_safetensors(at, size))
        return "a safetensors file";
    if (is_pickle(at, size))
        return "a Python pickle (an old .pt or .pth, .pkl, joblib)";
    return file_kind_of_text(at, size);
}

const char *file_kind_of_text_at(const char *path)
{
    unsigned char begin[FILE_KIND_BYTES];
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return NULL;
    const ssize_t size = read(file, begin, sizeof begin);
    close(file);
    return size > 0 ? file_kind_of_text(begin, (size_t)size) : NULL;
}
