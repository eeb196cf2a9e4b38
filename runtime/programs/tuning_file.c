#include "programs/tuning_file.h"

#include "base/directory.h"
#include "base/json_text.h"
#include "base/log.h"
#include "base/temporary_file.h"
#include "base/version_text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- Reading ---- */

typedef enum outcome {
    READ,
    ABSENT,
    IGNORED,    /* damaged, or others could have written it */
    UNREADABLE, /* an error of the system, which may be over the next time */
    NO_MEMORY,
} outcome;

static outcome ignore(const char *why, const char **reason)
{
    *reason = why;
    return IGNORED;
}

/* -1 with the outcome where there is no file to read. */
static int open_file(int directory, size_t *size, outcome *found, const char **reason)
{
    struct stat info;
    /* Nonblocking, so that open does not hang if the name is a pipe. */
    const int file = openat(directory, TUNING_FILE_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0) {
        *reason = errno == ELOOP ? "a symbolic link" : strerror(errno);
        *found = errno == ENOENT ? ABSENT : errno == ELOOP ? IGNORED : UNREADABLE;
        return -1;
    }
    errno = 0; /* is set where the system fails, and not where the file is at fault */
    const char *fault = own_fault(file, &info);
    if (fault == NULL && !S_ISREG(info.st_mode))
        fault = "not a regular file";
    if (fault == NULL && (info.st_size <= 0 || info.st_size > TUNING_FILE_SIZE))
        fault = "a size that it cannot have";
    if (fault != NULL) {
        *found = errno == 0 ? IGNORED : UNREADABLE;
        *reason = fault;
        close(file);
        return -1;
    }
    *size = (size_t)info.st_size;
    return file;
}

/* The text's list of devices, which the caller owns. */
static outcome parse(const char *text, size_t size, json_t **devices, const char **reason)
{
    json_error_t error;
    json_t *all = json_read(text, size, 0, &error);
    if (all == NULL)
        return json_error_code(&error) == json_error_out_of_memory ? NO_MEMORY : ignore("not JSON", reason);
    const json_t *format = json_object_get(all, "format");
    json_t *list = json_object_get(all, "devices");
    const bool fits = json_is_integer(format) && json_integer_value(format) == TUNING_FORMAT;
    if (fits && json_is_array(list))
        *devices = json_incref(list);
    json_decref(all);
    return *devices != NULL ? READ : ignore("of another format", reason);
}

/* `devices` is NULL unless the outcome is READ. `reason` says why the file is not used. */
static outcome read_devices(int directory, json_t **devices, const char **reason)
{
    size_t size = 0;
    outcome found = NO_MEMORY;
    *devices = NULL;
    const int file = open_file(directory, &size, &found, reason);
    if (file < 0)
        return found;
    char *text = malloc(size);
    errno = 0;
    if (text != NULL && file_read(file, text, size)) {
        found = parse(text, size, devices, reason);
    } else if (text != NULL) {
        found = errno != 0 ? UNREADABLE : IGNORED;
        *reason = errno != 0 ? strerror(errno) : "cannot be read to its end";
    }
    free(text);
    close(file);
    if (found == NO_MEMORY)
        *reason = "no memory to read it";
    return found;
}

/* ---- A device's entry ---- */

static bool has_text(const json_t *entry, const char *field, const char *text)
{
    char ascii[TUNING_TEXT];
    const char *value = json_string_value(json_object_get(entry, field));
    json_copy_ascii(text, ascii, sizeof ascii);
    return value != NULL && strcmp(value, ascii) == 0;
}

static bool is_for(const json_t *entry, const tuning_key *key)
{
    const json_t *units = json_object_get(entry, "units");
    return has_text(entry, "device", key->device) && has_text(entry, "platform", key->platform) &&
           has_text(entry, "driver", key->driver) && has_text(entry, "library", VERSION_TEXT) &&
           json_is_integer(units) && json_integer_value(units) == (json_int_t)key->units;
}

/* The number, 0 if it is none. */
static size_t read_value(const json_t *number, const clnorm_tuning_info *info)
{
    const json_int_t value = json_integer_value(number);
    if (!json_is_integer(number) || value < 0) {
        log_line(CLNORM_LOG_INFO, "tuning: %s is no whole number, ignored", info->name);
        return 0;
    }
    const bool low = value != 0 && (unsigned long long)value < info->least;
    if (!low && (unsigned long long)value <= info->most)
        return (size_t)value;
    const size_t nearest = low ? info->least : info->most;
    log_line(CLNORM_LOG_INFO, "tuning: %s is %lld; %zu to %zu are allowed, %zu is taken", info->name,
             (long long)value, info->least, info->most, nearest);
    return nearest;
}

static void read_entry(const json_t *entry, tuning *values)
{
    const json_t *object = json_object_get(entry, "values");
    for (size_t i = 0; i < TUNING_COUNT; i++) {
        const clnorm_tuning_info *info = clnorm_tuning_info_get(i);
        const json_t *number = json_object_get(object, info->name);
        if (number != NULL)
            values->values[i] = read_value(number, info);
        if (values->values[i] != 0)
            log_line(CLNORM_LOG_INFO, "tuning: %s is %zu, as it was measured on this device", info->name,
                     values->values[i]);
    }
}

void tuning_file_load(const char *directory, const tuning_key *key, tuning *values)
{
    const char *reason = NULL;
    json_t *devices = NULL, *entry;
    size_t i;
    memset(values, 0, sizeof *values);
    const int opened = directory != NULL ? directory_open_own(directory, &reason) : -1;
    if (opened < 0) /* that of the cache is the same, and says why */
        return;
    const outcome found = read_devices(opened, &devices, &reason);
    close(opened);
    if (found != READ && found != ABSENT)
        log_line(CLNORM_LOG_INFO, "tuning: %s/%s: %s, not used", directory, TUNING_FILE_NAME, reason);
    json_array_foreach(devices, i, entry)
    {
        if (!is_for(entry, key))
            continue;
        read_entry(entry, values);
        break;
    }
    json_decref(devices);
}

/* ---- Writing ---- */

static clnorm_status fail_memory(void)
{
    return fail(CLNORM_OUT_OF_MEMORY, "no memory for %s", TUNING_FILE_NAME);
}

static json_t *ascii_json(const char *text)
{
    char ascii[TUNING_TEXT];
    json_copy_ascii(text, ascii, sizeof ascii);
    return json_string(ascii);
}

/* NULL without memory. */
static json_t *values_json(const tuning *values)
{
    json_t *object = json_object();
    for (size_t i = 0; object != NULL && i < TUNING_COUNT; i++) {
        const char *name = clnorm_tuning_info_get(i)->name;
        if (values->values[i] == 0 ||
            json_object_set_new(object, name, json_integer((json_int_t)values->values[i])) == 0)
            continue;
        json_decref(object);
        object = NULL;
    }
    return object;
}

static json_t *entry_json(const tuning_key *key, const tuning *values)
{
    return json_pack("{s:o, s:o, s:o, s:I, s:s, s:o}", "device", ascii_json(key->device), "platform",
                     ascii_json(key->platform), "driver", ascii_json(key->driver), "units",
                     (json_int_t)key->units, "library", VERSION_TEXT, "values", values_json(values));
}

/* The entries of other devices, and one for this, the last, unless `values` is NULL. NULL without memory. */
static json_t *devices_with(const json_t *devices, const tuning_key *key, const tuning *values)
{
    json_t *list = json_array(), *entry;
    size_t i;
    int failed = list == NULL;
    json_array_foreach(devices, i, entry)
    {
        if (!is_for(entry, key))
            failed |= json_array_append(list, entry);
    }
    if (values != NULL)
        failed |= json_array_append_new(list, entry_json(key, values));
    if (failed == 0)
        return list;
    json_decref(list);
    return NULL;
}

/* The text for a list, which becomes shorter until the text is short enough. NULL without memory. */
static char *text_of(json_t *devices)
{
    json_t *all = json_pack("{s:i, s:O}", "format", TUNING_FORMAT, "devices", devices);
    char *text = json_write(all, JSON_INDENT(2));
    while (text != NULL && strlen(text) >= TUNING_FILE_SIZE && json_array_remove(devices, 0) == 0) {
        free(text);
        text = json_write(all, JSON_INDENT(2));
    }
    json_decref(all);
    return text;
}

static clnorm_status write_devices(int directory, const char *path, json_t *devices)
{
    char *temporary = NULL, *text = text_of(devices);
    if (text == NULL)
        return fail_memory();
    const int file = temporary_file_open(directory, TUNING_FILE_NAME, 0600, &temporary);
    const bool written = file >= 0 && file_write(file, text, strlen(text)) && file_write(file, "\n", 1);
    free(text);
    if (temporary == NULL)
        return fail_memory();
    if (temporary_file_end(directory, file, temporary, TUNING_FILE_NAME, written))
        return CLNORM_OK;
    return fail(CLNORM_IO_ERROR, "%s/%s cannot be written: %s", path, TUNING_FILE_NAME, strerror(errno));
}

/* In the open directory, which is locked: nobody else writes. */
static clnorm_status replace_entry(int directory, const char *path, const tuning_key *key,
                                   const tuning *values)
{
    const char *reason = NULL;
    json_t *devices = NULL, *changed = NULL;
    clnorm_status status = CLNORM_OK;
    const outcome found = read_devices(directory, &devices, &reason);
    if (found == NO_MEMORY)
        return fail_memory();
    if (found == UNREADABLE)
        return fail(CLNORM_IO_ERROR, "%s/%s cannot be read: %s", path, TUNING_FILE_NAME, reason);
    changed = devices_with(devices, key, values);
    if (changed == NULL)
        status = fail_memory();
    else if (values != NULL || json_array_size(changed) < json_array_size(devices))
        status = write_devices(directory, path, changed);
    json_decref(changed);
    json_decref(devices);
    return status;
}

static clnorm_status replace_in(const char *directory, const tuning_key *key, const tuning *values)
{
    const char *fault = NULL;
    const int opened = directory_open_own(directory, &fault);
    if (opened < 0 && errno == ENOENT && values == NULL)
        return CLNORM_OK;
    if (opened < 0)
        return fail(CLNORM_IO_ERROR, "the cache directory %s cannot be used: %s", directory, fault);
    directory_lock_opened(opened);
    const clnorm_status status = replace_entry(opened, directory, key, values);
    close(opened);
    return status;
}

clnorm_status tuning_file_store(const char *directory, const tuning_key *key, const tuning *values)
{
    if (!directory_ensure(directory, 0700))
        return fail(CLNORM_IO_ERROR, "the cache directory %s cannot be made: %s", directory, strerror(errno));
    return replace_in(directory, key, values);
}

clnorm_status tuning_file_remove(const char *directory, const tuning_key *key)
{
    return replace_in(directory, key, NULL);
}
