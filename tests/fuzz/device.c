/*
 * The device string, on its own and through CLNORM_DEVICE, against a model of what docs/environment.md says.
 *
 * The first line of an input is the string. Each line behind it is a device: a letter (g, c, a; capitals
 * claim another type besides), a digit each for the platform and the device on it, its name, '|' and its
 * platform's name. Without such lines there is a usual set.
 */
#define _XOPEN_SOURCE 700 /* putenv */
#include "fuzz.h"

#include "devices/device_string.h"
#include "base/env.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEVICES = 8, FIELDS = 3, TEXT_SIZE = 4096, VARIABLE_SIZE = TEXT_SIZE + 32 };

static const char usual[] = "a00Intel(R) FPGA Emulation Device|Intel(R) FPGA Emulation Platform\n"
                            "c10Intel(R) Core(TM) i7-1165G7|Intel(R) OpenCL\n"
                            "g30NVIDIA GeForce RTX 3090|NVIDIA CUDA\n"
                            "g31Tesla T4|NVIDIA CUDA\n"
                            "C40AMD EPYC 7763|Portable Computing Language\n";

/* ---- The devices of an input ---- */

static clnorm_device describe(char *line)
{
    static const struct {
        char letter;
        const char *type;
        cl_device_type types;
    } kinds[] = {{'g', "gpu", CL_DEVICE_TYPE_GPU},
                 {'c', "cpu", CL_DEVICE_TYPE_CPU},
                 {'a', "accelerator", CL_DEVICE_TYPE_ACCELERATOR},
                 {'G', "gpu", CL_DEVICE_TYPE_GPU | CL_DEVICE_TYPE_CPU},
                 {'C', "cpu", CL_DEVICE_TYPE_CPU | CL_DEVICE_TYPE_ACCELERATOR},
                 {'A', "accelerator", CL_DEVICE_TYPE_CUSTOM}};
    const size_t length = strlen(line);
    char *name = length > 3 ? line + 3 : line + length, *platform = strchr(name, '|');
    if (platform != NULL)
        *platform++ = '\0';
    clnorm_device device = {.type = "accelerator", .name = name, .platform_name = platform ? platform : ""};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (line[0] != kinds[i].letter)
            continue;
        device.type = kinds[i].type;
        device.types = kinds[i].types;
    }
    device.platform = length > 1 ? (unsigned)(unsigned char)line[1] - '0' : 0;
    device.device = length > 2 ? (unsigned)(unsigned char)line[2] - '0' : 0;
    return device;
}

/* ---- The model ---- */

typedef struct part {
    char text[TEXT_SIZE];
    bool empty, number, type, name;
} part;

static void lower_case(char *text)
{
    for (; *text != '\0'; text++)
        if (*text >= 'A' && *text <= 'Z')
            *text = (char)(*text + 32);
}

/* False if it can be nothing. */
static bool read_part(part *p)
{
    static const char *const types[] = {"cpu", "gpu", "fpga", "accelerator"};
    lower_case(p->text);
    const size_t length = strlen(p->text);
    p->empty = length == 0;
    p->number = !p->empty && strspn(p->text, "0123456789") == length;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        p->type = p->type || strcmp(p->text, types[i]) == 0;
    if (p->empty || p->number || p->type)
        return true;
    bool letter = false;
    for (const char *c = p->text; *c != '\0'; c++)
        letter = letter || (*c >= 'a' && *c <= 'z') || (*c & 0x80) != 0;
    p->name = letter && strchr(" \t\n\v\f\r", p->text[0]) == NULL &&
              strchr(" \t\n\v\f\r", p->text[length - 1]) == NULL;
    return p->name;
}

/* How many parts; 0 if they cannot be read. */
static size_t split(const char *choice, part parts[FIELDS])
{
    size_t count = 1, length = 0;
    for (const char *c = choice; *c != '\0'; c++) {
        if (*c == ':') {
            if (count++ == FIELDS)
                return 0;
            length = 0;
        } else {
            parts[count - 1].text[length++] = *c;
        }
    }
    for (size_t i = 0; i < count; i++)
        if (!read_part(&parts[i]))
            return 0;
    return count;
}

static bool is_readable(size_t count, const part *parts)
{
    if (count == 1)
        return !parts[0].number;
    if (count == 2)
        return parts[0].number && parts[1].number;
    return count == 3 && !parts[0].type && !parts[2].type && (parts[1].type || parts[1].empty) &&
           !(parts[0].empty && parts[1].empty && parts[2].empty);
}

static bool holds(const char *name, const part *wanted)
{
    char lower[TEXT_SIZE];
    snprintf(lower, sizeof lower, "%s", name);
    lower_case(lower);
    return strstr(lower, wanted->text) != NULL;
}

static bool has_type(const clnorm_device *device, const char *word)
{
    const char *type = strcmp(word, "fpga") == 0 ? "accelerator" : word;
    const cl_device_type claimed = *type == 'g'   ? CL_DEVICE_TYPE_GPU
                                   : *type == 'c' ? CL_DEVICE_TYPE_CPU
                                                  : CL_DEVICE_TYPE_ACCELERATOR;
    return strcmp(device->type, type) == 0 || (device->types & claimed) != 0;
}

static bool is_at(const part *wanted, unsigned index, const char *name)
{
    if (wanted->empty)
        return true;
    if (!wanted->number)
        return holds(name, wanted);
    const char *digits = wanted->text + strspn(wanted->text, "0");
    char decimal[16];
    snprintf(decimal, sizeof decimal, "%u", index);
    return strcmp(*digits != '\0' ? digits : "0", decimal) == 0;
}

static bool fits(const clnorm_device *device, size_t count, const part *parts)
{
    if (count == 1)
        return parts[0].type ? has_type(device, parts[0].text)
                             : holds(device->name, &parts[0]) || holds(device->platform_name, &parts[0]);
    return is_at(&parts[0], device->platform, device->platform_name) &&
           is_at(&parts[count - 1], device->device, device->name) &&
           (count == 2 || parts[1].empty || has_type(device, parts[1].text));
}

/* The one that is meant: -1: none, -2: the string cannot be read. */
static int model(const clnorm_device *devices, size_t device_count, const char *choice)
{
    static part parts[FIELDS];
    int accelerator = -1;
    memset(parts, 0, sizeof parts);
    if (*choice == '\0') {
        for (int kind = 0; kind < 2; kind++)
            for (size_t i = 0; i < device_count; i++)
                if (has_type(&devices[i], kind == 0 ? "gpu" : "cpu"))
                    return (int)i;
        return -1;
    }
    const size_t count = split(choice, parts);
    if (!is_readable(count, parts))
        return -2;
    const bool by_type = parts[0].type || parts[1].type;
    for (size_t i = 0; i < device_count; i++) {
        if (!fits(&devices[i], count, parts))
            continue;
        if (by_type || strcmp(devices[i].type, "accelerator") != 0)
            return (int)i;
        accelerator = accelerator < 0 ? (int)i : accelerator;
    }
    return accelerator;
}

/* ---- The library ---- */

static void check_choice(const clnorm_device *devices, size_t count, const char *choice)
{
    const clnorm_device *pointers[DEVICES] = {NULL}, *chosen = NULL;
    for (size_t i = 0; i < count; i++)
        pointers[i] = &devices[i];
    const int expected = model(devices, count, choice);
    const clnorm_status status = device_choose(pointers, count, choice, &chosen);
    const clnorm_status wanted = expected >= 0    ? CLNORM_OK
                                 : expected == -1 ? CLNORM_DEVICE_NOT_FOUND
                                                  : CLNORM_INVALID_DEVICE;
    fuzz_require(status == wanted, "\"%s\" gives %s, not %s: %s", choice, clnorm_status_name(status),
                 clnorm_status_name(wanted), clnorm_last_error());
    fuzz_require(chosen == (expected >= 0 ? &devices[expected] : NULL), "\"%s\" gives %s, not device %d",
                 choice, chosen != NULL ? chosen->name : "none", expected);
    fuzz_require(device_find(pointers, count, choice) == chosen, "\"%s\" finds another device", choice);
    if (status != CLNORM_OK)
        fuzz_require(*clnorm_last_error() != '\0', "no word about \"%s\"", choice);
}

/* setenv would keep a copy of each value for good. */
static void set_variable(char variable[VARIABLE_SIZE], const char *name, const char *value)
{
    snprintf(variable, VARIABLE_SIZE, "%s=%s", name, value);
    fuzz_require(putenv(variable) == 0, "%s cannot be set", name);
}

/* Kernels, verification and directories are words of the same kind. */
static void check_words(const char *value)
{
    clnorm_kernels kernels = CLNORM_KERNELS_AUTO;
    clnorm_verify verify = CLNORM_VERIFY_DEFAULT;
    static char kernels_variable[VARIABLE_SIZE], verify_variable[VARIABLE_SIZE],
        directory_variable[VARIABLE_SIZE];
    set_variable(kernels_variable, "CLNORM_KERNELS", value);
    const bool word = strcmp(value, "cpu") == 0 || strcmp(value, "gpu") == 0 || strcmp(value, "fpga") == 0;
    const clnorm_status status = env_kernels(&kernels);
    fuzz_require((status == CLNORM_OK) == (word || *value == '\0') &&
                     (kernels != CLNORM_KERNELS_AUTO) == word,
                 "CLNORM_KERNELS=\"%s\" gives %s", value, clnorm_status_name(status));
    set_variable(verify_variable, "CLNORM_VERIFY", value);
    const bool verifies =
        strcmp(value, "off") == 0 || strcmp(value, "new") == 0 || strcmp(value, "always") == 0;
    fuzz_require((env_verify(&verify) == CLNORM_OK) == (verifies || *value == '\0') &&
                     (verify != CLNORM_VERIFY_DEFAULT) == (verifies || *value == '\0'),
                 "CLNORM_VERIFY=\"%s\" gives %d", value, (int)verify);
    set_variable(directory_variable, "CLNORM_CACHE_DIR", value);
    char *directory = NULL;
    if (env_cache_directory(&directory) == CLNORM_OK && *value != '\0')
        fuzz_require(directory != NULL ? strcmp(directory, value) == 0 : strcmp(value, "off") == 0,
                     "CLNORM_CACHE_DIR=\"%s\" is another directory", value);
    free(directory);
}

static void check_environment(const char *choice)
{
    char copy[ENV_DEVICE_SIZE];
    static char variable[VARIABLE_SIZE];
    set_variable(variable, "CLNORM_DEVICE", choice);
    const clnorm_status status = env_device(copy, sizeof copy);
    fuzz_require(status == (strlen(choice) < sizeof copy ? CLNORM_OK : CLNORM_INVALID_ENVIRONMENT),
                 "CLNORM_DEVICE of %zu bytes gives %s", strlen(choice), clnorm_status_name(status));
    if (status == CLNORM_OK)
        fuzz_require(strcmp(copy, choice) == 0, "CLNORM_DEVICE=\"%s\" is read as \"%s\"", choice, copy);
    check_words(choice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_bytes bytes = {data, data + (size < TEXT_SIZE ? size : TEXT_SIZE - 1)};
    clnorm_device devices[DEVICES];
    char *lines[DEVICES];
    size_t count = 0;
    char *choice = fuzz_line(&bytes);
    if (bytes.at == bytes.end)
        bytes = (fuzz_bytes){(const uint8_t *)usual, (const uint8_t *)usual + sizeof usual - 1};
    while (count < DEVICES && (lines[count] = fuzz_line(&bytes)) != NULL) {
        devices[count] = describe(lines[count]);
        count++;
    }
    check_choice(devices, count, choice != NULL ? choice : "");
    check_choice(devices, 0, choice != NULL ? choice : "");
    check_environment(choice != NULL ? choice : "");
    while (count > 0)
        free(lines[--count]);
    free(choice);
    return 0;
}
