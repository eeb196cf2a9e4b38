/* The fault layer in this process, which OPENCL_LAYERS names. */
#ifndef CLNORM_TESTS_FAULTS_FIND_LAYER_H
#define CLNORM_TESTS_FAULTS_FIND_LAYER_H

#include "../suite.h"
#include "control.h"
#include <dlfcn.h>

static inline fault_control *find_layer(void)
{
    const char *path = getenv("OPENCL_LAYERS");
    ck_assert_msg(path != NULL, "OPENCL_LAYERS must name the layer");
    void *library = dlopen(path, RTLD_NOW);
    ck_assert_msg(library != NULL, "%s", dlerror());
    fault_control *found = dlsym(library, "fault_layer");
    ck_assert_ptr_nonnull(found);
    return found;
}

static inline void assert_no_objects(fault_control *of, const char *what)
{
    for (size_t i = 0; i < FAULT_OBJECTS; i++)
        ck_assert_msg(atomic_load(&of->alive[i]) == 0, "%s: objects are left at the end", what);
}

#endif
