#include "bench_copy_source.h"

#define PLAIN                                                                                                \
    "#define NAME copy_plain\n"                                                                              \
    "#define STORE(value, place) (*(place) = (value))\n"

/* What follows is compiled only if these stores are there. */
#define STREAMED                                                                                             \
    "#undef NAME\n"                                                                                          \
    "#undef STORE\n"                                                                                         \
    "#define NAME copy_streamed\n"                                                                           \
    "#define STORE(value, place) __builtin_nontemporal_store(value, place)\n"                                \
    "#ifdef __has_builtin\n"                                                                                 \
    "#if __has_builtin(__builtin_nontemporal_store)\n"

#define STREAMED_END                                                                                         \
    "#endif\n"                                                                                               \
    "#endif\n"

/* For CPUs: an item copies a long run. */
static const char pieces[] =
    "kernel void NAME(global const float *from, global float *to, ulong count, ulong piece)\n"
    "{\n"
    "    const ulong begin = get_global_id(0) * piece, end = min(begin + piece, count);\n"
    "    ulong i = begin;\n"
    "    for (; i + 64 <= end; i += 64) {\n"
    "        global const float16 *f = (global const float16 *)(from + i);\n"
    "        global float16 *t = (global float16 *)(to + i);\n"
    "        const float16 a = f[0], b = f[1], c = f[2], d = f[3];\n"
    "        STORE(a, t);\n"
    "        STORE(b, t + 1);\n"
    "        STORE(c, t + 2);\n"
    "        STORE(d, t + 3);\n"
    "    }\n"
    "    for (; i < end; i++)\n"
    "        to[i] = from[i];\n"
    "}\n";

/* For other devices: neighbouring items copy neighbouring vectors. The first items of all also copy the
 * floats that fill no vector. */
static const char coalesced[] =
    "void copy_rest(global const float *from, global float *to, ulong count)\n"
    "{\n"
    "    const ulong i = get_global_id(0), rest = count % 4;\n"
    "    if (i < rest)\n"
    "        to[count - rest + i] = from[count - rest + i];\n"
    "}\n"
    "kernel void copy_coalesced(global const float *from, global float *to, ulong count, ulong piece)\n"
    "{\n"
    "    const ulong vectors = count / 4, i = get_global_id(0);\n"
    "    if (i < vectors)\n"
    "        ((global float4 *)to)[i] = ((global const float4 *)from)[i];\n"
    "    copy_rest(from, to, count);\n"
    "}\n"
    "kernel void copy_coalesced_4(global const float *from, global float *to, ulong count, ulong piece)\n"
    "{\n"
    "    const ulong vectors = count / 4, step = get_local_size(0);\n"
    "    const ulong i = 4 * step * get_group_id(0) + get_local_id(0);\n"
    "    global const float4 *f = (global const float4 *)from;\n"
    "    global float4 *t = (global float4 *)to;\n"
    "    if (i + 3 * step < vectors) {\n"
    "        const float4 a = f[i], b = f[i + step], c = f[i + 2 * step], d = f[i + 3 * step];\n"
    "        t[i] = a;\n"
    "        t[i + step] = b;\n"
    "        t[i + 2 * step] = c;\n"
    "        t[i + 3 * step] = d;\n"
    "    } else {\n"
    "        for (ulong j = i; j < vectors; j += step)\n"
    "            t[j] = f[j];\n"
    "    }\n"
    "    copy_rest(from, to, count);\n"
    "}\n";

static const char idle[] = "kernel void empty(void)\n"
                           "{\n"
                           "}\n"
                           "#define PLACE(I) global float *p##I, ulong offset##I\n"
                           "kernel void idle(ulong n, PLACE(0), PLACE(1), PLACE(2), PLACE(3), PLACE(4), "
                           "PLACE(5), ulong a, ulong b,\n"
                           "                 ulong c, ulong d, float e, float f, float g)\n"
                           "{\n"
                           "    if (n > 0)\n"
                           "        p0[offset0] = e;\n"
                           "}\n";

const char *const bench_copy_source[BENCH_COPY_SOURCE_COUNT] = {PLAIN,        pieces,    STREAMED, pieces,
                                                                STREAMED_END, coalesced, idle};
