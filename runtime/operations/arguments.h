/*
 * The arguments of a formula on the host: the operation sets them by name, and they are passed in the order
 * of the formula's own list (FORMULA_ARGUMENTS in kernels-cl/prelude.cl). The file of an operation defines
 * CLNORM_HOST and includes its formula's .cl file, which then contains only that list, and writes
 *
 *   DECLARE_ARGUMENTS(map_arguments, MAP_ARGUMENTS)
 *
 * for `struct map_arguments`, with a field for each argument, and
 * `add_map_arguments(argument_list *, const map_arguments *)`. A buffer is a FIELD or NO_BUFFER.
 */
#ifndef CLNORM_OPERATIONS_ARGUMENTS_H
#define CLNORM_OPERATIONS_ARGUMENTS_H

#include "operations/problem.h"
#include <stddef.h>

#define FIELD(name)                 offsetof(clnorm_buffers, name)

#define ARGUMENT_BUFFER_FIELD(name) size_t name
#define ARGUMENT_REAL_FIELD(name)   double name
#define ARGUMENT_INT_FIELD(name)    int32_t name
#define ADD_BUFFER(name)            add_buffer(list, values->name)
#define ADD_REAL(name)              add_real(list, values->name)
#define ADD_PAIR(name)              add_real_and_rest(list, values->name)
#define ADD_INT(name)               add_int(list, values->name)

#define DECLARE_ARGUMENTS(name, LIST)                                                                        \
    typedef struct name {                                                                                    \
        LIST(ARGUMENT_BUFFER_FIELD, ARGUMENT_BUFFER_FIELD, ARGUMENT_REAL_FIELD, ARGUMENT_REAL_FIELD,         \
             ARGUMENT_INT_FIELD,                                                                             \
             ;);                                                                                             \
    } name;                                                                                                  \
    static void add_##name(argument_list *list, const name *values)                                          \
    {                                                                                                        \
        LIST(ADD_BUFFER, ADD_BUFFER, ADD_REAL, ADD_PAIR, ADD_INT, ;);                                        \
    }

#endif
