#include "layers/safetensors.h"
#include "base/file_kind.h"
#include "base/json_text.h"
#include "base/tensor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What the safetensors library itself refuses above. */
#define LONGEST_HEADER ((uint64_t)100000000)
enum { LENGTH_BYTES = 8 };

const char *shown_name(const char *name, char shown[SHOWN_NAME])
{
    size_t i = 0;
    for (; i + 4 < SHOWN_NAME && name[i] != '\0'; i++)
        shown[i] = (unsigned char)name[i] < ' ' || name[i] == 0x7f ? '?' : name[i];
    memcpy(shown + i, name[i] != '\0' ? "..." : "", name[i] != '\0' ? 4 : 1);
    return shown;
}

/* ---- Bytes ---- */

/* Reads exactly `size` bytes from `offset` on. */
static clnorm_status read_at(const tensor_file *file, void *buffer, size_t size, size_t offset)
{
    char *bytes = buffer;
    while (size > 0) {
        const ssize_t count = pread(file->descriptor, bytes, size, (off_t)offset);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return fail(CLNORM_IO_ERROR, "%s: cannot be read: %s", file->path, strerror(errno));
        if (count == 0)
            return fail(CLNORM_INVALID_FILE, "%s: became shorter while it was read", file->path);
        bytes += count;
        offset += (size_t)count;
        size -= (size_t)count;
    }
    return CLNORM_OK;
}

static clnorm_status open_regular(tensor_file *file, size_t *size)
{
    struct stat info;
    /* Nonblocking: a pipe under this name must not make anybody wait. */
    file->descriptor = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file->descriptor < 0 || fstat(file->descriptor, &info) != 0)
        return fail(CLNORM_IO_ERROR, "%s: cannot be opened: %s", file->path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return fail(CLNORM_INVALID_FILE, "%s: is no regular file", file->path);
    if (info.st_size < 0 || (uintmax_t)info.st_size > SIZE_MAX)
        return fail(CLNORM_INVALID_FILE, "%s: is larger than memory can be", file->path);
    *size = (size_t)info.st_size;
    return CLNORM_OK;
}

/* ---- Header ---- */

/* Fails if the file begins like another kind of file. A safetensors file that is cut or damaged passes. */
static clnorm_status check_kind(const tensor_file *file, const unsigned char *begin, size_t size)
{
    static const unsigned char zeros[LENGTH_BYTES / 2];
    if (size > LENGTH_BYTES && begin[LENGTH_BYTES] == '{' &&
        memcmp(begin + sizeof zeros, zeros, sizeof zeros) == 0)
        return CLNORM_OK;
    const char *kind = file_kind(begin, size);
    return kind == NULL
               ? CLNORM_OK
               : fail(CLNORM_INVALID_FILE, "%s: is no safetensors file; it looks like %s", file->path, kind);
}

/* The length that the file begins with. */
static clnorm_status read_length(const tensor_file *file, size_t file_size, size_t *length)
{
    unsigned char begin[FILE_KIND_BYTES] = {0};
    uint64_t size = 0;
    const size_t there = file_size < sizeof begin ? file_size : sizeof begin;
    clnorm_status status = read_at(file, begin, there, 0);
    if (status == CLNORM_OK)
        status = check_kind(file, begin, there);
    if (status != CLNORM_OK)
        return status;
    if (file_size < LENGTH_BYTES)
        return fail(CLNORM_INVALID_FILE, "%s: has %zu bytes; a safetensors file has at least %d", file->path,
                    file_size, LENGTH_BYTES);
    for (int i = LENGTH_BYTES - 1; i >= 0; i--)
        size = size << 8 | begin[i];
    if (size > LONGEST_HEADER || size > file_size - LENGTH_BYTES)
        return fail(CLNORM_INVALID_FILE, "%s: its header claims %llu bytes; %zu are there, and %llu allowed",
                    file->path, (unsigned long long)size, file_size - LENGTH_BYTES,
                    (unsigned long long)LONGEST_HEADER);
    *length = (size_t)size;
    return CLNORM_OK;
}

/* The name that ends with its quote before `end`, as it is written. "" if none does. */
static const char *name_before(const char *text, size_t end, char shown[SHOWN_NAME])
{
    char name[SHOWN_NAME + 1] = "";
    size_t start = end;
    if (end == 0 || text[end - 1] != '"')
        return shown_name(name, shown);
    /* Quotes inside a name follow a backslash; the quote at its beginning follows a space, a brace or a
     * comma. */
    for (start = end - 1; start > 0; start--) {
        if (text[start - 1] == '"' && (start < 2 || text[start - 2] != '\\'))
            break;
    }
    const size_t length = end - 1 - start;
    memcpy(name, text + start, length < SHOWN_NAME ? length : SHOWN_NAME);
    return shown_name(name, shown);
}

static clnorm_status refuse_json(const tensor_file *file, const char *text, size_t size,
                                 const json_error_t *error)
{
    char name[SHOWN_NAME];
    const size_t position = error->position < 0 ? 0 : (size_t)error->position;
    if (json_error_code(error) == json_error_out_of_memory)
        return fail(CLNORM_OUT_OF_MEMORY, "%s: no memory to read its header", file->path);
    if (json_error_code(error) == json_error_duplicate_key && position <= size)
        return fail(CLNORM_INVALID_FILE, "%s: \"%s\" stands twice in its header, again at byte %zu",
                    file->path, name_before(text, position, name), position);
    return fail(CLNORM_INVALID_FILE, "%s: its header is no JSON at byte %d", file->path, error->position);
}

static clnorm_status read_header(tensor_file *file, size_t file_size)
{
    size_t size = 0;
    json_error_t error;
    clnorm_status status = read_length(file, file_size, &size);
    if (status != CLNORM_OK)
        return status;
    char *text = malloc(size + 1);
    if (text == NULL)
        return fail(CLNORM_OUT_OF_MEMORY, "no memory for a header of %zu bytes", size);
    status = read_at(file, text, size, LENGTH_BYTES);
    if (status == CLNORM_OK) {
        file->header = json_read(text, size, JSON_REJECT_DUPLICATES, &error);
        if (file->header == NULL)
            status = refuse_json(file, text, size, &error);
        else if (!json_is_object(file->header) || text[0] != '{')
            status = fail(CLNORM_INVALID_FILE, "%s: its header is no JSON object", file->path);
    }
    file->data_start = LENGTH_BYTES + size;
    free(text);
    return status;
}

/* A number that is a size: an integer, not negative, that size_t holds. */
static bool read_size(const json_t *number, size_t *size)
{
    if (!json_is_integer(number) || json_integer_value(number) < 0 ||
        (uintmax_t)json_integer_value(number) > SIZE_MAX)
        return false;
    *size = (size_t)json_integer_value(number);
    return true;
}

/* Bytes for each element of a type of the format; 0 for an unknown type. That is no error here: it may be of
 * a later version of the format, and does not matter unless the tensor is wanted. */
static size_t type_size(const char *dtype)
{
    static const struct {
        const char *name;
        size_t size;
    } types[] = {{"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E5M2", 1}, {"F8_E4M3", 1},
                 {"I16", 2},  {"U16", 2}, {"F16", 2}, {"BF16", 2},    {"I32", 4},
                 {"U32", 4},  {"F32", 4}, {"F64", 8}, {"I64", 8},     {"U64", 8}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strcmp(dtype, types[i].name) == 0)
            return types[i].size;
    }
    return 0;
}

/* Bytes of a tensor, as its shape says. */
static bool shape_bytes(const json_t *shape, size_t element, size_t *bytes)
{
    *bytes = element;
    for (size_t axis = 0; axis < json_array_size(shape); axis++) {
        size_t dim;
        if (!read_size(json_array_get(shape, axis), &dim) || !checked_multiply(*bytes, dim, bytes))
            return false;
    }
    return true;
}

static clnorm_status read_entry(const tensor_file *file, const json_t *described, tensor_entry *entry)
{
    char name[SHOWN_NAME];
    size_t bytes;
    const json_t *offsets = json_object_get(described, "data_offsets");
    entry->shape = json_object_get(described, "shape");
    entry->dtype = json_string_value(json_object_get(described, "dtype"));
    shown_name(entry->name, name);
    if (entry->dtype == NULL)
        return fail(CLNORM_INVALID_FILE, "%s: \"%s\" has no dtype that is a string", file->path, name);
    const size_t element = type_size(entry->dtype);
    if (!json_is_array(entry->shape) || !shape_bytes(entry->shape, element > 0 ? element : 1, &bytes))
        return fail(CLNORM_INVALID_FILE, "%s: \"%s\" has no shape of sizes whose product fits size_t",
                    file->path, name);
    if (!json_is_array(offsets) || json_array_size(offsets) != 2 ||
        !read_size(json_array_get(offsets, 0), &entry->begin) ||
        !read_size(json_array_get(offsets, 1), &entry->end) || entry->end < entry->begin)
        return fail(CLNORM_INVALID_FILE, "%s: \"%s\" has no data_offsets of two sizes in order", file->path,
                    name);
    if (element > 0 && entry->end - entry->begin != bytes)
        return fail(CLNORM_INVALID_FILE, "%s: \"%s\" lies in %zu bytes; its shape and dtype make %zu",
                    file->path, name, entry->end - entry->begin, bytes);
    return CLNORM_OK;
}

/* Texts by name: the format's only entry that is no tensor. */
static clnorm_status check_metadata(const tensor_file *file, json_t *metadata)
{
    bool good = json_is_object(metadata);
    for (void *at = json_object_iter(metadata); good && at != NULL; at = json_object_iter_next(metadata, at))
        good = json_is_string(json_object_iter_value(at));
    return good ? CLNORM_OK
                : fail(CLNORM_INVALID_FILE, "%s: __metadata__ is no object of strings", file->path);
}

static clnorm_status read_entries(tensor_file *file)
{
    file->entries = calloc(json_object_size(file->header) + 1, sizeof *file->entries);
    if (file->entries == NULL)
        return fail(CLNORM_OUT_OF_MEMORY, "no memory for %zu tensors", json_object_size(file->header));
    clnorm_status status = CLNORM_OK;
    void *at = json_object_iter(file->header);
    for (; status == CLNORM_OK && at != NULL; at = json_object_iter_next(file->header, at)) {
        const char *name = json_object_iter_key(at);
        if (strcmp(name, "__metadata__") == 0) {
            status = check_metadata(file, json_object_iter_value(at));
            continue;
        }
        file->entries[file->count].name = name;
        status = read_entry(file, json_object_iter_value(at), &file->entries[file->count++]);
    }
    return status;
}

/* ---- Layout ---- */

static int by_place(const void *left, const void *right)
{
    const tensor_entry *a = left, *b = right;
    if (a->begin != b->begin)
        return a->begin < b->begin ? -1 : 1;
    return a->end < b->end ? -1 : a->end > b->end;
}

/* Each tensor begins where the one before ends, and the last one ends the file. */
static clnorm_status check_layout(tensor_file *file, size_t data_size)
{
    char name[SHOWN_NAME];
    size_t end = 0;
    qsort(file->entries, file->count, sizeof *file->entries, by_place);
    for (size_t i = 0; i < file->count; i++) {
        const tensor_entry *entry = &file->entries[i];
        if (entry->begin != end)
            return fail(CLNORM_INVALID_FILE, "%s: \"%s\" begins at byte %zu; the tensors before end at %zu",
                        file->path, shown_name(entry->name, name), entry->begin, end);
        end = entry->end;
    }
    if (end != data_size)
        return fail(CLNORM_INVALID_FILE, "%s: its tensors make %zu bytes; %zu are there", file->path, end,
                    data_size);
    return CLNORM_OK;
}

clnorm_status tensor_file_open(tensor_file *file, const char *path)
{
    size_t size = 0;
    *file = (tensor_file){.path = path, .descriptor = -1};
    clnorm_status status = open_regular(file, &size);
    if (status == CLNORM_OK)
        status = read_header(file, size);
    if (status == CLNORM_OK)
        status = read_entries(file);
    if (status == CLNORM_OK)
        status = check_layout(file, size - file->data_start);
    return status;
}

void tensor_file_close(tensor_file *file)
{
    if (file->path == NULL)
        return;
    if (file->descriptor >= 0)
        close(file->descriptor);
    json_decref(file->header);
    free(file->entries);
    *file = (tensor_file){.descriptor = -1};
}

/* ---- Tensors ---- */

const tensor_entry *tensor_file_find(const tensor_file *file, const char *name)
{
    for (size_t i = 0; i < file->count; i++) {
        if (strcmp(file->entries[i].name, name) == 0)
            return &file->entries[i];
    }
    return NULL;
}

bool tensor_entry_has_shape(const tensor_entry *entry, unsigned rank, const size_t *dims)
{
    if (json_array_size(entry->shape) != rank)
        return false;
    for (unsigned axis = 0; axis < rank; axis++) {
        size_t dim;
        if (!read_size(json_array_get(entry->shape, axis), &dim) || dim != dims[axis])
            return false;
    }
    return true;
}

clnorm_status tensor_file_read(const tensor_file *file, const tensor_entry *entry, float *values,
                               size_t count)
{
    char name[SHOWN_NAME], dtype[SHOWN_NAME];
    if (strcmp(entry->dtype, "F32") != 0)
        return fail(CLNORM_UNSUPPORTED_TYPE, "%s: \"%s\" has dtype %s; this version reads F32 only",
                    file->path, shown_name(entry->name, name), shown_name(entry->dtype, dtype));
    if (entry->end - entry->begin != count * sizeof *values)
        return fail(CLNORM_INVALID_SHAPE, "%s: \"%s\" has %zu bytes, not %zu", file->path,
                    shown_name(entry->name, name), entry->end - entry->begin, count * sizeof *values);
    const clnorm_status status =
        read_at(file, values, count * sizeof *values, file->data_start + entry->begin);
    for (size_t i = 0; status == CLNORM_OK && i < count; i++) {
        unsigned char bytes[4];
        memcpy(bytes, &values[i], sizeof bytes);
        const uint32_t bits = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
                              (uint32_t)bytes[3] << 24;
        memcpy(&values[i], &bits, sizeof bits);
    }
    return status;
}
