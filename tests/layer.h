/* What an OpenCL layer, for OPENCL_LAYERS, has to be: a file that includes this defines LAYER_NAME before,
 * and replace_calls after. */
#ifndef CLNORM_TESTS_LAYER_H
#define CLNORM_TESTS_LAYER_H

#include <CL/cl_layer.h>
#include <string.h>

/* The driver's calls, and those that the program gets. */
static const struct _cl_icd_dispatch *below;
static struct _cl_icd_dispatch layer;

/* Puts calls of the layer's own into `layer`, which has the driver's. */
static void replace_calls(void);

CL_API_ENTRY cl_int CL_API_CALL clGetLayerInfo(cl_layer_info name, size_t size, void *value,
                                               size_t *size_back)
{
    static const char text[] = LAYER_NAME;
    const cl_layer_api_version version = CL_LAYER_API_VERSION_100;
    const void *from = name == CL_LAYER_NAME ? (const void *)text : &version;
    const size_t needed = name == CL_LAYER_NAME ? sizeof text : sizeof version;
    if ((name != CL_LAYER_NAME && name != CL_LAYER_API_VERSION) || (value != NULL && size < needed))
        return CL_INVALID_VALUE;
    if (value != NULL)
        memcpy(value, from, needed);
    if (size_back != NULL)
        *size_back = needed;
    return CL_SUCCESS;
}

CL_API_ENTRY cl_int CL_API_CALL clInitLayer(cl_uint count, const cl_icd_dispatch *target, cl_uint *count_back,
                                            const cl_icd_dispatch **dispatch)
{
    (void)count; /* every loader that knows layers has the calls that are replaced */
    if (target == NULL || count_back == NULL || dispatch == NULL)
        return CL_INVALID_VALUE;
    below = target;
    layer = *target;
    replace_calls();
    *dispatch = &layer;
    *count_back = sizeof layer / sizeof layer.clGetPlatformIDs;
    return CL_SUCCESS;
}

#endif
