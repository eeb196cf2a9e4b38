#include "choose/variants.h"

#include <string.h>

static const char *refuse_geometry(const problem *p, geometry wanted)
{
    if (wanted == GEOMETRY_ANY)
        return NULL;
    if (!p->dense)
        return "not dense";
    if (p->operand_count > 0)
        return "gamma or beta has an element for less than a group";
    if ((p->work == WORK_WINDOW) != (wanted == GEOMETRY_WINDOW))
        return wanted == GEOMETRY_WINDOW ? "not a window" : "a window";
    if (wanted == GEOMETRY_PLANE && p->inner == 1)
        return "no contiguous run is reduced";
    return wanted == GEOMETRY_COLUMN && p->inner > 1 ? "a contiguous run is reduced" : NULL;
}

static const char *refuse_stages(const problem *p, stages wanted)
{
    const bool windows = wanted == STAGES_WINDOW || wanted == STAGES_GRADIENT;
    if (windows != (p->work == WORK_WINDOW))
        return windows ? "not a window" : "a window";
    if (wanted == STAGES_ANY)
        return NULL;
    if (windows)
        return p->backward == (wanted == STAGES_GRADIENT) ? NULL : "of the other direction";
    if (wanted == STAGES_MAP)
        return p->work == WORK_MAP ? NULL : "statistics have to be found first";
    return p->work == WORK_MAP ? "nothing to reduce" : NULL;
}

bool variant_is_of(const variant *v, const char *schedule)
{
    const size_t length = strlen(schedule);
    return strncmp(v->name, schedule, length) == 0 && v->name[length] == '/';
}

const char *variant_refuses(const variant *v, const problem *p, const caps *device)
{
    if (device->no_wide_vectors && variant_is_of(v, "cpu"))
        return "the driver takes minutes to compile vectors of 16";
    const char *reason = refuse_geometry(p, v->geometry);
    if (reason == NULL)
        reason = refuse_stages(p, v->stages);
    return reason == NULL && v->refuse != NULL ? v->refuse(p, device) : reason;
}
