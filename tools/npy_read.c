/* Reading .npy files, and streams that hold one. */
#include "npy.h"

#include "base/file_kind.h"
#include "npy_header.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Real headers have about a hundred bytes; NumPy itself stops at 10000. */
enum { MAX_HEADER = 65536, PREFIX = 10, FIRST_VALUES = 1 << 16 };

/* What is read, and where it stands. */
typedef struct source {
    FILE *file;
    const char *path; /* for sentences */
    bool sized;       /* a file: `left` is how many bytes follow; a stream ends when it does */
    size_t left;
    char *error;
} source;

static bool refuse(const source *from, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool refuse(const source *from, const char *format, ...)
{
    va_list list;
    int length = snprintf(from->error, NPY_ERROR_SIZE, "%s ", from->path);
    if (length >= NPY_ERROR_SIZE)
        return false;
    va_start(list, format);
    vsnprintf(from->error + length, NPY_ERROR_SIZE - (size_t)length, format, list);
    va_end(list);
    return false;
}

bool npy_is_standard(const char *path)
{
    return strcmp(path, NPY_STANDARD_STREAM) == 0;
}

const char *npy_input_name(const char *path)
{
    return npy_is_standard(path) ? "standard input" : path;
}

/* As many bytes as there are, up to `size`. */
static size_t take(source *from, void *bytes, size_t size)
{
    const size_t got = fread(bytes, 1, size, from->file);
    from->left -= from->sized && got <= from->left ? got : 0;
    return got;
}

static bool refuse_failure(const source *from)
{
    return refuse(from, "cannot be read: %s", errno ? strerror(errno) : "it became shorter");
}

/* ---- Header ---- */

static bool refuse_kind(source *from, unsigned char begin[FILE_KIND_BYTES], size_t got)
{
    got += take(from, begin + got, FILE_KIND_BYTES - got);
    const char *kind = file_kind(begin, got);
    if (ferror(from->file))
        return refuse_failure(from);
    if (got == 0)
        return refuse(from, "is empty; a .npy file was expected");
    return refuse(from, "is no .npy file%s%s", kind ? "; it looks like " : "", kind ? kind : "");
}

/* Reads magic, version and the header's length. */
static bool read_prefix(source *from, size_t *length)
{
    unsigned char prefix[FILE_KIND_BYTES] = {0};
    const size_t got = take(from, prefix, PREFIX);
    if (got < 6 || memcmp(prefix, "\x93NUMPY", 6) != 0)
        return refuse_kind(from, prefix, got);
    if (got == PREFIX && (prefix[6] < 1 || prefix[6] > 3 || prefix[7] != 0))
        return refuse(from, "has .npy format version %d.%d; 1.0, 2.0 and 3.0 can be read", prefix[6],
                      prefix[7]);
    const bool wide = prefix[6] > 1; /* versions 2 and 3: the length has four bytes */
    if (got < PREFIX || (wide && take(from, prefix + PREFIX, 2) < 2))
        return ferror(from->file) ? refuse_failure(from)
                                  : refuse(from, "is cut short: it ends in its header");
    *length = (size_t)prefix[8] | (size_t)prefix[9] << 8;
    if (wide)
        *length |= (size_t)prefix[10] << 16 | (size_t)prefix[11] << 24;
    if (*length > MAX_HEADER)
        return refuse(from, "has a header of %zu bytes; at most %d can be read", *length, MAX_HEADER);
    return true;
}

static bool read_header(source *from, npy_header *header)
{
    size_t length = 0;
    if (!read_prefix(from, &length))
        return false;
    char *text = malloc(length + 1);
    if (!text)
        return refuse(from, "cannot be read: out of memory");
    const bool whole = take(from, text, length) == length;
    const char *wrong = whole ? npy_header_parse(text, length, header) : NULL;
    free(text);
    if (!whole)
        return ferror(from->file) ? refuse_failure(from)
                                  : refuse(from, "is cut short: it ends in its header");
    return wrong ? refuse(from, "cannot be read: its header %s", wrong) : true;
}

static bool check_type(const source *from, const npy_header *header)
{
    static const struct {
        const char *descr, *name;
    } known[] = {{"<f8", "float64"}, {"<f2", "float16"}, {"<u2", "uint16"}, {"<i4", "int32"},
                 {"<i8", "int64"},   {"|u1", "uint8"},   {"|b1", "bool"}};
    if (strcmp(header->descr, "<f4") == 0)
        return true;
    if (header->descr[0] == '>')
        return refuse(from, "is big-endian (%s); only little-endian float32 ('<f4') can be read",
                      header->descr);
    const char *name = "of another type";
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(header->descr, known[i].descr) == 0)
            name = known[i].name;
    return refuse(from, "is %s ('%s'); only float32 ('<f4') can be read", name, header->descr);
}

/* Whether the values lie in the same order in Fortran's as in C's. */
static bool order_is_harmless(const npy_header *header)
{
    size_t long_axes = 0;
    for (size_t i = 0; i < header->rank; i++) {
        if (header->dims[i] == 0)
            return true;
        long_axes += header->dims[i] > 1;
    }
    return long_axes <= 1;
}

/* What the header says of the values, and how many bytes it makes. */
static bool check_header(const source *from, const npy_header *header, size_t *bytes)
{
    char shape[NPY_SHAPE_TEXT_SIZE];
    size_t count;
    if (!check_type(from, header))
        return false;
    if (header->rank > NPY_MAX_RANK)
        return refuse(from, "has rank %zu; at most %d is possible", header->rank, NPY_MAX_RANK);
    if (header->fortran_order && !order_is_harmless(header))
        return refuse(from, "is in Fortran order; only C order can be read (numpy.ascontiguousarray)");
    if (!npy_count((unsigned)header->rank, header->dims, &count)) {
        npy_shape_text(shape, (unsigned)header->rank, header->dims);
        return refuse(from, "has shape %s, which is too large for this machine", shape);
    }
    *bytes = count * sizeof(float);
    return true;
}

/* ---- Values ---- */

static bool refuse_length(const source *from, const npy_header *header, const char *what, size_t there,
                          size_t needed)
{
    char shape[NPY_SHAPE_TEXT_SIZE];
    npy_shape_text(shape, (unsigned)header->rank, header->dims);
    return refuse(from, "is %s: it holds %zu bytes of values, and shape %s needs %zu", what, there, shape,
                  needed);
}

static bool refuse_memory(const source *from, size_t bytes)
{
    return refuse(from, "cannot be read: out of memory for %zu bytes of values", bytes);
}

/* From a file, whose size was compared with the header's before memory is asked for. */
static bool read_file(source *from, const npy_header *header, size_t bytes, npy_array *array)
{
    if (from->left != bytes)
        return refuse_length(from, header, from->left < bytes ? "cut short" : "too long", from->left, bytes);
    if (!npy_allocate(array, (unsigned)header->rank, header->dims))
        return refuse_memory(from, bytes);
    if (take(from, array->values, bytes) == bytes)
        return true;
    npy_clear(array);
    return refuse_failure(from);
}

/* Reads from a stream. The memory grows with the bytes that arrive, since the header may claim more than will
 * come. */
static bool read_stream(source *from, const npy_header *header, size_t bytes, npy_array *array)
{
    char *values = NULL, more;
    size_t room = 0, got = 0;
    do {
        room = room == 0 ? FIRST_VALUES : room > SIZE_MAX / 2 ? SIZE_MAX : 2 * room;
        room = room > bytes && bytes > 0 ? bytes : room;
        char *grown = realloc(values, room);
        if (!grown) {
            free(values);
            return refuse_memory(from, room);
        }
        values = grown;
        got += take(from, values + got, (room < bytes ? room : bytes) - got);
    } while (got == room && got < bytes);

    bool done = got == bytes;
    if (ferror(from->file))
        done = refuse_failure(from);
    else if (!done)
        refuse_length(from, header, "cut short", got, bytes);
    else if (take(from, &more, 1) > 0)
        done = refuse(from, "is too long: more follows behind its %zu bytes of values", bytes);
    if (!done) {
        free(values);
        return false;
    }
    *array = (npy_array){
        .rank = (unsigned)header->rank, .count = bytes / sizeof(float), .values = (float *)(void *)values};
    memcpy(array->dims, header->dims, array->rank * sizeof array->dims[0]);
    return true;
}

static bool read_array(source *from, npy_array *array)
{
    npy_header header;
    npy_array result;
    size_t bytes = 0;
    if (!read_header(from, &header) || !check_header(from, &header, &bytes))
        return false;
    if (!(from->sized ? read_file : read_stream)(from, &header, bytes, &result))
        return false;
    npy_swap(result.values, result.count);
    *array = result;
    return true;
}

/* ---- Files ---- */

/* A file's bytes are those from where it stands: standard input may have been read from before. */
static bool look(source *from)
{
    struct stat status;
    const int descriptor = fileno(from->file);
    if (fstat(descriptor, &status) != 0)
        return refuse_failure(from);
    if (S_ISDIR(status.st_mode))
        return refuse(from, "is a directory");
    if (S_ISBLK(status.st_mode))
        return refuse(from, "is neither a regular file nor a pipe");
    if (isatty(descriptor))
        return refuse(from, "is a terminal; a .npy file was expected");
    errno = 0; /* isatty sets it */
    from->sized = S_ISREG(status.st_mode);
    if (!from->sized)
        return true;
    const off_t at = lseek(descriptor, 0, SEEK_CUR);
    if (at < 0)
        return refuse_failure(from);
    if ((uintmax_t)status.st_size > SIZE_MAX)
        return refuse(from, "is too large for this machine");
    from->left = status.st_size > at ? (size_t)(status.st_size - at) : 0;
    return true;
}

bool npy_read(const char *path, npy_array *array, char error[NPY_ERROR_SIZE])
{
    const bool standard = npy_is_standard(path);
    const int descriptor = standard ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    source from = {.path = npy_input_name(path), .error = error};
    from.file = standard ? stdin : descriptor >= 0 ? fdopen(descriptor, "rb") : NULL;
    if (!from.file) {
        refuse(&from, "cannot be read: %s", strerror(errno));
        if (descriptor >= 0)
            close(descriptor);
        return false;
    }
    errno = 0;
    const bool done = look(&from) && read_array(&from, array);
    if (!standard)
        fclose(from.file);
    return done;
}
