#include "devices/cpu_cache.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CACHES = 16, TEXT_SIZE = 1024 };

static bool read_line(const char *directory, int index, const char *file, char text[TEXT_SIZE])
{
    char path[TEXT_SIZE];
    const int length = snprintf(path, sizeof path, "%s/index%d/%s", directory, index, file);
    if (length < 0 || (size_t)length >= sizeof path)
        return false;
    FILE *stream = fopen(path, "re");
    if (stream == NULL)
        return false;
    const bool done = fgets(text, TEXT_SIZE, stream) != NULL;
    fclose(stream);
    return done;
}

/* "512K", "32768K", "1M": bytes; 0: it cannot be read. */
static size_t parse_size(const char *text)
{
    char *end;
    const unsigned long long number = strtoull(text, &end, 10);
    const unsigned shift = *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;
    return end == text || number > SIZE_MAX >> shift ? 0 : (size_t)number << shift;
}

/* "0-1,8,10-11": how many numbers that are; 0: it cannot be read. */
static size_t parse_count(const char *text)
{
    size_t count = 0;
    while (*text != '\0' && *text != '\n') {
        char *end;
        const unsigned long first = strtoul(text, &end, 10);
        unsigned long last = first;
        if (end == text)
            return 0;
        if (*end == '-') {
            text = end + 1;
            last = strtoul(text, &end, 10);
        }
        if (end == text || last < first || last - first > 1 << 20 ||
            (*end != ',' && *end != '\n' && *end != '\0'))
            return 0;
        count += last - first + 1;
        text = *end == ',' ? end + 1 : end;
    }
    return count;
}

/* Adds one cache's part. False: there is no cache of this index. */
static bool add_cache(cpu_cache *all, const char *directory, int index)
{
    char level[TEXT_SIZE], type[TEXT_SIZE], size[TEXT_SIZE], sharing[TEXT_SIZE];
    if (!read_line(directory, index, "level", level))
        return false;
    if (atoi(level) < 2)
        return true;
    if (!read_line(directory, index, "type", type) || strncmp(type, "Instruction", 11) == 0 ||
        !read_line(directory, index, "size", size) ||
        !read_line(directory, index, "shared_cpu_list", sharing))
        return true;
    const size_t sharers = parse_count(sharing), part = sharers > 0 ? parse_size(size) / sharers : 0;
    if (atoi(level) == 2)
        all->near += part;
    else
        all->far += part;
    return true;
}

cpu_cache cpu_cache_read(const char *directory)
{
    cpu_cache all = {0, 0};
    for (int index = 0; index < MOST_CACHES && add_cache(&all, directory, index); index++)
        ;
    return all;
}
