#include "bench_ways.h"

#include <stdio.h>
#include <string.h>

enum {
    LEAST_PIECE = 16 << 10, /* bytes: less is not worth a work-group */
    LEAST_TO_SPLIT = 64 << 10,
    STEP = 64,       /* floats: a piece is whole steps of the kernel's loop */
    GROUP = 256,     /* global sizes are multiples, so that any usual group divides them */
    VECTOR = 4,      /* floats: what an item of another device copies at once */
    MOST_VECTORS = 4 /* of an item */
};

/* How a CPU's work is divided: into so many pieces a compute unit, or into pieces of so many bytes. */
typedef struct division {
    size_t per_unit, bytes;
} division;

static const division divisions[] = {{.per_unit = 1}, {.per_unit = 4}, {.bytes = 256 << 10}};

static size_t divide_up(size_t value, size_t by)
{
    return value / by + (value % by != 0);
}

static bool is_known(const bench_way *ways, size_t count, const bench_way *way)
{
    for (size_t i = 0; i < count; i++)
        if (ways[i].kernel == way->kernel && ways[i].global == way->global)
            return true;
    return false;
}

static size_t pieces_of(const division *d, size_t units, size_t bytes)
{
    size_t most = bytes < LEAST_TO_SPLIT ? 1 : bytes / LEAST_PIECE;
    size_t wanted = d->bytes > 0 ? divide_up(bytes, d->bytes) : d->per_unit * units;
    return wanted < most ? wanted : most;
}

/* Says what became of the division: of a small tensor there are fewer pieces than it asked for. */
static void name_division(bench_way *way, const char *stores, const division *d, size_t units)
{
    const size_t pieces = way->global;
    if (d->bytes > 0 && way->piece * sizeof(float) == d->bytes)
        snprintf(way->name, sizeof way->name, "%s, pieces of %zu KiB", stores, d->bytes >> 10);
    else if (d->per_unit > 0 && pieces == d->per_unit * units)
        snprintf(way->name, sizeof way->name, "%s, %zu piece%s a unit", stores, d->per_unit,
                 d->per_unit == 1 ? "" : "s");
    else
        snprintf(way->name, sizeof way->name, "%s, %zu piece%s", stores, pieces, pieces == 1 ? "" : "s");
}

static size_t list_divisions(bench_way *ways, const char *kernel, const char *stores, size_t units,
                             size_t bytes)
{
    const size_t floats = bytes / sizeof(float);
    size_t count = 0;
    for (size_t i = 0; i < sizeof divisions / sizeof divisions[0]; i++) {
        bench_way way = {.kernel = kernel, .local = 1};
        way.piece = divide_up(divide_up(floats, pieces_of(&divisions[i], units, bytes)), STEP) * STEP;
        way.global = divide_up(floats, way.piece);
        name_division(&way, stores, &divisions[i], units);
        if (!is_known(ways, count, &way))
            ways[count++] = way;
    }
    return count;
}

/* Neighbouring items copy neighbouring vectors. */
static size_t list_coalesced(bench_way *ways, size_t bytes)
{
    const size_t vectors = bytes / sizeof(float) / VECTOR + 1; /* one for the floats that fill no vector */
    ways[0] = (bench_way){
        .name = "1 vector an item", .kernel = "copy_coalesced", .global = divide_up(vectors, GROUP) * GROUP};
    ways[1] = (bench_way){.name = "4 vectors an item",
                          .kernel = "copy_coalesced_4",
                          .global = divide_up(vectors, MOST_VECTORS * GROUP) * GROUP};
    return 2;
}

size_t bench_ways_list(bench_way ways[BENCH_MOST_WAYS], const bench_ways_device *device, size_t bytes)
{
    size_t count = 0;
    if (device->compiles && device->is_cpu)
        count = list_divisions(ways, "copy_plain", "plain", device->units, bytes);
    if (device->compiles && device->is_cpu && device->streams)
        count += list_divisions(ways + count, "copy_streamed", "streamed", device->units, bytes);
    if (device->compiles && !device->is_cpu)
        count = list_coalesced(ways, bytes);
    ways[count++] = (bench_way){.name = "the driver's copy"};
    return count;
}
