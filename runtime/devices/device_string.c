/*
 * A device string is split at its colons into fields. A colon always separates: a name that contains one
 * is found by a part of it without the colon. A field is
 *   empty    anything will do
 *   digits   an index
 *   a type   cpu, gpu, fpga or accelerator, in any case: never a name
 *   a name   a case-insensitive part of one. It must contain a letter and must not begin or end with a blank.
 *            Otherwise mistakes such as "-1", "0.0" and "cpu " could match the middle of some device's name.
 */
#include "devices/device_string.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LISTING_SIZE = 3072 };

typedef enum field_kind { FIELD_EMPTY, FIELD_INDEX, FIELD_TYPE, FIELD_NAME, FIELD_MALFORMED } field_kind;

typedef struct field {
    field_kind kind;
    const char *text; /* not terminated */
    size_t length;
    unsigned long long index;
    const char *type; /* as in clnorm_device.type */
} field;

/* What a device must match. */
typedef struct selector {
    bool best;      /* the first GPU, else the first CPU; nothing else counts */
    field any_name; /* of the device or of its platform */
    field platform, device;
    const char *type; /* NULL: any, accelerators last */
} selector;

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Whatever is not ASCII is taken for a letter. */
static bool is_letter(char c)
{
    return (lower(c) >= 'a' && lower(c) <= 'z') || (unsigned char)c >= 128;
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool same(const char *a, const char *b, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (lower(a[i]) != lower(b[i]))
            return false;
    }
    return true;
}

static bool contains(const char *name, const field *part)
{
    size_t length = strlen(name);
    for (size_t start = 0; start + part->length <= length; start++) {
        if (same(name + start, part->text, part->length))
            return true;
    }
    return false;
}

/* The type that a field names, or NULL. */
static const char *type_word(const char *text, size_t length)
{
    static const char *const words[][2] = {
        {"cpu", "cpu"}, {"gpu", "gpu"}, {"fpga", "accelerator"}, {"accelerator", "accelerator"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (length == strlen(words[i][0]) && same(text, words[i][0], length))
            return words[i][1];
    }
    return NULL;
}

/* A number too large for any index becomes one that no device has. */
static unsigned long long index_value(const char *digits, size_t length)
{
    unsigned long long value = 0;
    for (size_t i = 0; i < length && value <= UINT_MAX; i++)
        value = value * 10 + (unsigned)(digits[i] - '0');
    return value;
}

static field parse_field(const char *text, size_t length)
{
    field result = {.kind = FIELD_EMPTY, .text = text, .length = length};
    if (length == 0)
        return result;

    size_t digits = 0, letters = 0;
    for (size_t i = 0; i < length; i++) {
        digits += is_digit(text[i]);
        letters += is_letter(text[i]);
    }
    result.type = type_word(text, length);
    if (result.type) {
        result.kind = FIELD_TYPE;
    } else if (digits == length) {
        result.kind = FIELD_INDEX;
        result.index = index_value(text, length);
    } else if (letters == 0 || is_blank(text[0]) || is_blank(text[length - 1])) {
        result.kind = FIELD_MALFORMED;
    } else {
        result.kind = FIELD_NAME;
    }
    return result;
}

/* The parsers return NULL, or what is wrong. */

static const char *parse_one_field(selector *wanted, const field *only)
{
    if (only->kind == FIELD_INDEX)
        return "a number alone could be a platform or a device";
    if (only->kind == FIELD_TYPE)
        wanted->type = only->type;
    else
        wanted->any_name = *only;
    return NULL;
}

static const char *parse_two_fields(selector *wanted, const field *fields)
{
    if (fields[0].kind != FIELD_INDEX || fields[1].kind != FIELD_INDEX)
        return "with one colon both sides must be numbers";
    wanted->platform = fields[0];
    wanted->device = fields[1];
    return NULL;
}

static const char *parse_three_fields(selector *wanted, const field *fields)
{
    if (fields[0].kind == FIELD_TYPE || fields[2].kind == FIELD_TYPE)
        return "a type stands between the two colons";
    if (fields[1].kind != FIELD_EMPTY && fields[1].kind != FIELD_TYPE)
        return "between the two colons a type must stand, or nothing";
    if (fields[0].kind == FIELD_EMPTY && fields[1].kind == FIELD_EMPTY && fields[2].kind == FIELD_EMPTY)
        return "nothing stands around the colons";
    wanted->platform = fields[0];
    wanted->type = fields[1].type;
    wanted->device = fields[2];
    return NULL;
}

static const char *parse_choice(const char *choice, selector *wanted)
{
    enum { MAXIMUM_FIELDS = 3 };
    field fields[MAXIMUM_FIELDS];
    size_t count = 0;
    const char *rest = choice;

    *wanted = (selector){.best = *choice == '\0'};
    if (wanted->best)
        return NULL;
    for (;;) {
        if (count == MAXIMUM_FIELDS)
            return "it has more than two colons";
        size_t length = strcspn(rest, ":");
        fields[count] = parse_field(rest, length);
        if (fields[count++].kind == FIELD_MALFORMED)
            return "a name contains a letter, and no blank at its beginning or end";
        if (rest[length] == '\0')
            break;
        rest += length + 1;
    }
    if (count == 1)
        return parse_one_field(wanted, fields);
    return count == 2 ? parse_two_fields(wanted, fields) : parse_three_fields(wanted, fields);
}

static bool field_matches(const field *wanted, unsigned index, const char *name)
{
    if (wanted->kind == FIELD_INDEX)
        return wanted->index == index;
    return wanted->kind == FIELD_EMPTY || contains(name, wanted);
}

static bool is_of_type(const clnorm_device *device, const char *type)
{
    const cl_device_type claimed = strcmp(type, "gpu") == 0   ? CL_DEVICE_TYPE_GPU
                                   : strcmp(type, "cpu") == 0 ? CL_DEVICE_TYPE_CPU
                                                              : CL_DEVICE_TYPE_ACCELERATOR;
    return strcmp(type, device->type) == 0 || (device->types & claimed) != 0;
}

static bool matches(const selector *wanted, const clnorm_device *device)
{
    if (wanted->type && !is_of_type(device, wanted->type))
        return false;
    if (wanted->any_name.kind == FIELD_NAME && !contains(device->name, &wanted->any_name) &&
        !contains(device->platform_name, &wanted->any_name))
        return false;
    return field_matches(&wanted->platform, device->platform, device->platform_name) &&
           field_matches(&wanted->device, device->device, device->name);
}

static const clnorm_device *first_match(const clnorm_device *const *devices, size_t count,
                                        const selector *wanted)
{
    const clnorm_device *accelerator = NULL;
    for (size_t i = 0; i < count; i++) {
        if (!matches(wanted, devices[i]))
            continue;
        if (wanted->type || strcmp(devices[i]->type, "accelerator") != 0)
            return devices[i];
        if (!accelerator)
            accelerator = devices[i];
    }
    return accelerator;
}

static const clnorm_device *select_device(const clnorm_device *const *devices, size_t count,
                                          const selector *wanted)
{
    if (!wanted->best)
        return first_match(devices, count, wanted);
    const clnorm_device *gpu = first_match(devices, count, &(selector){.type = "gpu"});
    return gpu ? gpu : first_match(devices, count, &(selector){.type = "cpu"});
}

/* Appends to `text`; false, and nothing is appended, if it does not fit. */
PRINTF_LIKE(3, 4) static bool append(char *text, size_t size, const char *format, ...)
{
    size_t used = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text + used, size - used, format, arguments);
    va_end(arguments);
    if (length >= 0 && (size_t)length < size - used)
        return true;
    text[used] = '\0';
    return false;
}

/* The devices there are, for the end of a message. */
static const char *listing(const clnorm_device *const *devices, size_t count, char *text, size_t size)
{
    static const char more[] = ", ...";
    if (count == 0)
        return "there is no OpenCL device on this machine: Debian's package pocl-opencl-icd brings one that "
               "runs on the CPU (it shows none where it cannot write to POCL_CACHE_DIR, or under HOME)";
    snprintf(text, size, "the devices are ");
    for (size_t i = 0; i < count; i++) {
        const clnorm_device *device = devices[i];
        if (append(text, size - sizeof more, "%s%u:%u %s %.160s", i > 0 ? ", " : "", device->platform,
                   device->device, device->type, device->name))
            continue;
        append(text, size, "%s", more);
        break;
    }
    return text;
}

clnorm_status device_choose(const clnorm_device *const *devices, size_t count, const char *choice,
                            const clnorm_device **chosen)
{
    char text[LISTING_SIZE];
    selector wanted;
    const char *wrong = parse_choice(choice, &wanted);
    if (wrong)
        return fail(CLNORM_INVALID_DEVICE,
                    "the device \"%.200s\" cannot be read: %s; allowed are cpu, gpu, fpga, platform:device "
                    "as in 0:0, a part of a name, and platform:type:device; %s",
                    choice, wrong, listing(devices, count, text, sizeof text));

    const clnorm_device *found = select_device(devices, count, &wanted);
    if (found) {
        *chosen = found;
        return CLNORM_OK;
    }
    const char *existing = listing(devices, count, text, sizeof text);
    if (!wanted.best)
        return fail(CLNORM_DEVICE_NOT_FOUND, "no device matches \"%.200s\"; %s", choice, existing);
    if (count == 0)
        return fail(CLNORM_DEVICE_NOT_FOUND, "%s", existing);
    return fail(
        CLNORM_DEVICE_NOT_FOUND,
        "there is neither a GPU nor a CPU, and an accelerator is taken only when asked for (fpga); %s",
        existing);
}

const clnorm_device *device_find(const clnorm_device *const *devices, size_t count, const char *choice)
{
    selector wanted;
    return parse_choice(choice, &wanted) ? NULL : select_device(devices, count, &wanted);
}
