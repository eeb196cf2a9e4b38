#include "npy.h"

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
enum { MAX_HEADER = 65536, PREFIX = 10, ALIGNMENT = 64 };

_Static_assert(sizeof(float) == 4, "float32 is float");

static bool refuse(char error[NPY_ERROR_SIZE], const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool refuse(char error[NPY_ERROR_SIZE], const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(error, NPY_ERROR_SIZE, format, list);
    va_end(list);
    return false;
}

void npy_shape_text(char text[NPY_SHAPE_TEXT_SIZE], unsigned rank, const size_t *dims)
{
    size_t length = 1;
    strcpy(text, "(");
    for (unsigned i = 0; i < rank && i < NPY_MAX_RANK; i++) {
        int n = snprintf(text + length, NPY_SHAPE_TEXT_SIZE - length, i > 0 ? ", %zu" : "%zu", dims[i]);
        length += (size_t)n;
    }
    strcpy(text + length, rank == 1 ? ",)" : ")");
}

/* The number of elements. False if they, or their strides, do not fit into memory's addresses. */
static bool count_elements(unsigned rank, const size_t *dims, size_t *count)
{
    size_t product = 1;
    bool empty = false;
    for (unsigned i = 0; i < rank; i++) {
        empty = empty || dims[i] == 0;
        if (dims[i] > 0 && product > PTRDIFF_MAX / sizeof(float) / dims[i])
            return false;
        product *= dims[i] > 0 ? dims[i] : 1;
    }
    *count = empty ? 0 : product;
    return true;
}

bool npy_allocate(npy_array *array, unsigned rank, const size_t *dims)
{
    size_t count;
    *array = (npy_array){.rank = rank};
    if (rank > NPY_MAX_RANK || !count_elements(rank, dims, &count))
        return false;
    for (unsigned i = 0; i < rank; i++)
        array->dims[i] = dims[i];
    array->count = count;
    array->values = calloc(count > 0 ? count : 1, sizeof(float));
    return array->values != NULL;
}

void npy_clear(npy_array *array)
{
    free(array->values);
    *array = (npy_array){.rank = 0};
}

/* Turns little-endian bytes into the machine's floats and back. */
static void swap_if_big_endian(float *values, size_t count)
{
    const uint16_t probe = 1;
    if (*(const unsigned char *)&probe == 1)
        return;
    for (size_t i = 0; i < count; i++) {
        unsigned char *b = (unsigned char *)&values[i];
        unsigned char first = b[0], second = b[1];
        b[0] = b[3];
        b[1] = b[2];
        b[2] = second;
        b[3] = first;
    }
}

/* Reads magic, version and header text, which the caller frees. `size` is the file's; `data` receives where
 * the values start. */
static char *read_header_text(FILE *file, const char *path, size_t size, size_t *length, size_t *data,
                              char *error)
{
    unsigned char prefix[PREFIX + 2] = {0};
    size_t got = fread(prefix, 1, PREFIX, file);
    if (ferror(file)) {
        refuse(error, "%s cannot be read: %s", path, strerror(errno));
        return NULL;
    }
    if (got < 6 || memcmp(prefix, "\x93NUMPY", 6) != 0) {
        refuse(error, "%s is no .npy file", path);
        return NULL;
    }
    if (got == PREFIX && (prefix[6] < 1 || prefix[6] > 3 || prefix[7] != 0)) {
        refuse(error, "%s has .npy format version %d.%d; 1.0, 2.0 and 3.0 can be read", path, prefix[6],
               prefix[7]);
        return NULL;
    }
    bool wide = prefix[6] > 1; /* versions 2 and 3: the length has four bytes */
    if (got < PREFIX || (wide && fread(prefix + PREFIX, 1, 2, file) < 2)) {
        refuse(error, "%s is cut short: it ends in its header", path);
        return NULL;
    }
    size_t start = wide ? PREFIX + 2 : PREFIX;
    *length = (size_t)prefix[8] | (size_t)prefix[9] << 8;
    if (wide)
        *length |= (size_t)prefix[10] << 16 | (size_t)prefix[11] << 24;
    if (*length > MAX_HEADER) {
        refuse(error, "%s has a header of %zu bytes; at most %d can be read", path, *length, MAX_HEADER);
        return NULL;
    }
    if (*length > size - start) {
        refuse(error, "%s is cut short: it ends in its header", path);
        return NULL;
    }
    char *text = malloc(*length + 1);
    if (!text || fread(text, 1, *length, file) != *length) {
        refuse(error, text ? "%s cannot be read" : "%s: out of memory", path);
        free(text);
        return NULL;
    }
    *data = start + *length;
    return text;
}

static bool check_type(const npy_header *header, const char *path, char *error)
{
    static const struct {
        const char *descr, *name;
    } known[] = {{"<f8", "float64"}, {"<f2", "float16"}, {"<u2", "uint16"}, {"<i4", "int32"},
                 {"<i8", "int64"},   {"|u1", "uint8"},   {"|b1", "bool"}};
    if (strcmp(header->descr, "<f4") == 0)
        return true;
    if (header->descr[0] == '>')
        return refuse(error, "%s is big-endian (%s); only little-endian float32 ('<f4') can be read", path,
                      header->descr);
    const char *name = "of another type";
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(header->descr, known[i].descr) == 0)
            name = known[i].name;
    return refuse(error, "%s is %s ('%s'); only float32 ('<f4') can be read", path, name, header->descr);
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

/* Checks everything that can be checked before memory is asked for. */
static bool check_header(const npy_header *header, const char *path, size_t data_bytes, char *error)
{
    if (!check_type(header, path, error))
        return false;
    if (header->rank > NPY_MAX_RANK)
        return refuse(error, "%s has rank %zu; at most %d is possible", path, header->rank, NPY_MAX_RANK);
    if (header->fortran_order && !order_is_harmless(header))
        return refuse(error, "%s is in Fortran order; only C order can be read (numpy.ascontiguousarray)",
                      path);

    char shape[NPY_SHAPE_TEXT_SIZE];
    size_t count;
    npy_shape_text(shape, (unsigned)header->rank, header->dims);
    if (!count_elements((unsigned)header->rank, header->dims, &count))
        return refuse(error, "%s has shape %s, which is too large for this machine", path, shape);
    if (data_bytes < count * sizeof(float))
        return refuse(error, "%s is cut short: it holds %zu bytes of values, and shape %s needs %zu", path,
                      data_bytes, shape, count * sizeof(float));
    if (data_bytes > count * sizeof(float))
        return refuse(error, "%s is too long: it holds %zu bytes of values, and shape %s needs %zu", path,
                      data_bytes, shape, count * sizeof(float));
    return true;
}

static bool read_open_file(FILE *file, const char *path, npy_array *array, char *error)
{
    struct stat status;
    if (fstat(fileno(file), &status) != 0)
        return refuse(error, "%s cannot be read: %s", path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return refuse(error, "%s is no regular file", path);
    if ((uintmax_t)status.st_size > SIZE_MAX)
        return refuse(error, "%s is too large for this machine", path);

    size_t size = (size_t)status.st_size, length, data;
    char *text = read_header_text(file, path, size, &length, &data, error);
    if (!text)
        return false;
    npy_header header;
    const char *wrong = npy_header_parse(text, length, &header);
    free(text);
    if (wrong)
        return refuse(error, "%s cannot be read: its header %s", path, wrong);
    if (!check_header(&header, path, size - data, error))
        return false;

    npy_array result;
    if (!npy_allocate(&result, (unsigned)header.rank, header.dims))
        return refuse(error, "%s: out of memory for %zu bytes of values", path, size - data);
    if (fread(result.values, sizeof(float), result.count, file) != result.count) {
        npy_clear(&result);
        return refuse(error, "%s cannot be read: %s", path, errno ? strerror(errno) : "it became shorter");
    }
    swap_if_big_endian(result.values, result.count);
    *array = result;
    return true;
}

bool npy_read(const char *path, npy_array *array, char error[NPY_ERROR_SIZE])
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe is refused, not waited for */
    FILE *file = descriptor >= 0 ? fdopen(descriptor, "rb") : NULL;
    if (!file) {
        refuse(error, "%s cannot be read: %s", path, strerror(errno));
        if (descriptor >= 0)
            close(descriptor);
        return false;
    }
    errno = 0;
    bool done = read_open_file(file, path, array, error);
    fclose(file);
    return done;
}

bool npy_write(FILE *file, const npy_array *array)
{
    char shape[NPY_SHAPE_TEXT_SIZE], header[PREFIX + NPY_SHAPE_TEXT_SIZE + 2 * ALIGNMENT];
    npy_shape_text(shape, array->rank, array->dims);
    int n = snprintf(header + PREFIX, sizeof header - PREFIX,
                     "{'descr': '<f4', 'fortran_order': False, 'shape': %s, }", shape);
    size_t end = PREFIX + (size_t)n;
    size_t total = (end + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    memset(header + end, ' ', total - end);
    header[total - 1] = '\n';
    memcpy(header, "\x93NUMPY\x01\x00", 8);
    header[8] = (char)((total - PREFIX) & 0xff);
    header[9] = (char)((total - PREFIX) >> 8);

    swap_if_big_endian(array->values, array->count);
    bool done = fwrite(header, 1, total, file) == total &&
                fwrite(array->values, sizeof(float), array->count, file) == array->count;
    swap_if_big_endian(array->values, array->count);
    return done && fflush(file) == 0;
}
