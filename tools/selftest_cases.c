#include "selftest_cases.h"

#include "npy.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- Shapes ---- */

typedef struct shape {
    unsigned rank;
    size_t dims[CLNORM_MAX_RANK];
} shape;

/* Sizes 1, primes, tails of every vector width, more than one work-group, nothing at all. */
static const shape shapes[] = {
    {1, {1}},
    {1, {17}},
    {1, {4099}},
    {2, {1, 1}},
    {2, {7, 13}},
    {2, {1, 67}},
    {2, {67, 1}},
    {2, {3, 257}},
    {2, {20011, 3}},
    {3, {5003, 2, 7}},
    {3, {2, 5, 31}},
    {3, {2, 3, 20011}},
    {2, {0, 4}},
    {3, {0, 4, 5}},
    {4, {1, 8, 8, 16}},
    {4, {2, 9, 9, 3}},
    {4, {3, 64, 5, 7}},
    {4, {2, 1, 33, 31}},
    {5, {2, 2, 3, 2, 5}},
    {6, {1, 3, 1, 2, 5, 3}},
    {8, {2, 1, 3, 2, 1, 2, 2, 3}},
};

/* Shapes on which attributes are varied. */
static const shape attribute_shapes[] = {{1, {29}}, {2, {9, 37}}, {4, {3, 5, 4, 6}}};

/* Shapes for values and attributes at the ends of fp32's range. */
static const shape extreme_shapes[] = {{1, {1}}, {1, {67}}, {2, {9, 37}}, {2, {3, 1031}}, {4, {3, 5, 4, 6}}};

static bool takes_rank(const clnorm_op_info *info, unsigned rank)
{
    return rank >= info->minimum_rank && rank <= info->maximum_rank;
}

/* ---- Layouts ---- */

typedef enum layout {
    LAYOUT_DENSE,
    LAYOUT_IN_PLACE,
    LAYOUT_X_GAPS,
    LAYOUT_Y_GAPS,
    LAYOUT_BOTH_GAPS,
    LAYOUT_IN_PLACE_GAPS,
    LAYOUT_X_TRANSPOSED,
    LAYOUT_X_BROADCAST,
    LAYOUT_COUNT
} layout;

static const char *const layout_names[LAYOUT_COUNT] = {
    "dense",        "in place",   "x with gaps", "y with gaps", "x and y with gaps", "in place with gaps",
    "x transposed", "x repeated",
};

/* Room for one more element behind each row and one more row behind each plane. */
static clnorm_tensor gaps(const shape *s)
{
    size_t room[CLNORM_MAX_RANK];
    for (unsigned i = 0; i < s->rank; i++)
        room[i] = s->dims[i] + (i + 2 >= s->rank ? 1 : 0);
    clnorm_tensor tensor = clnorm_tensor_dense(CLNORM_F32, s->rank, room);
    return clnorm_tensor_strided(CLNORM_F32, s->rank, s->dims, tensor.strides);
}

/* The first axis contiguous, the last one slowest. */
static clnorm_tensor transposed(const shape *s)
{
    size_t strides[CLNORM_MAX_RANK], stride = 1;
    for (unsigned i = 0; i < s->rank; i++) {
        strides[i] = stride;
        stride *= s->dims[i] > 0 ? s->dims[i] : 1;
    }
    return clnorm_tensor_strided(CLNORM_F32, s->rank, s->dims, strides);
}

static void set_layout(selftest_case *test, const shape *s, layout wanted)
{
    clnorm_tensor dense = clnorm_tensor_dense(CLNORM_F32, s->rank, s->dims);
    test->in_place = wanted == LAYOUT_IN_PLACE || wanted == LAYOUT_IN_PLACE_GAPS;
    test->layout = layout_names[wanted];
    test->op.x = dense;
    test->op.y.rank = 0; /* like x */
    if (wanted == LAYOUT_X_GAPS || wanted == LAYOUT_BOTH_GAPS || wanted == LAYOUT_IN_PLACE_GAPS)
        test->op.x = gaps(s);
    if (wanted == LAYOUT_X_TRANSPOSED)
        test->op.x = transposed(s);
    if (wanted == LAYOUT_X_BROADCAST)
        test->op.x.strides[0] = 0;
    if (wanted == LAYOUT_Y_GAPS)
        test->op.y = gaps(s);
    else if (wanted == LAYOUT_X_GAPS || wanted == LAYOUT_X_TRANSPOSED || wanted == LAYOUT_X_BROADCAST)
        test->op.y = dense;
    test->op.dx = test->op.y;
}

/* ---- Parameters of other shapes ---- */

/* The axes along which gamma and beta vary, a bit each; USUAL: one value for each channel. */
enum { USUAL = 0x100, FIRST = 1, ALL = 0xff, NONE = 0 };
static const struct {
    unsigned gamma, beta;
    bool gaps;
} parameter_shapes[] = {
    {ALL, ALL, false}, {NONE, USUAL, false}, {FIRST, ALL, true}, {USUAL, FIRST, false}, {0x55, 0xaa, true},
};
enum { PARAMETER_SHAPES = sizeof parameter_shapes / sizeof *parameter_shapes };

static clnorm_tensor parameter_tensor(const clnorm_tensor *x, unsigned axes, bool gaps)
{
    size_t dims[CLNORM_MAX_RANK];
    if (axes == USUAL)
        return (clnorm_tensor){.rank = 0};
    for (unsigned i = 0; i < x->rank; i++)
        dims[i] = axes >> i & 1 ? x->dims[i] : 1;
    clnorm_tensor tensor = clnorm_tensor_dense(CLNORM_F32, x->rank, dims);
    for (unsigned i = 0; i < x->rank; i++)
        tensor.strides[i] *= gaps ? 2 : 1;
    return tensor;
}

static void set_parameters(selftest_case *test)
{
    const size_t i = test->parameters;
    test->op.gamma_tensor = test->op.beta_tensor = (clnorm_tensor){.rank = 0};
    if (i == 0)
        return;
    test->op.gamma_tensor =
        parameter_tensor(&test->op.x, parameter_shapes[i - 1].gamma, parameter_shapes[i - 1].gaps);
    test->op.beta_tensor =
        parameter_tensor(&test->op.x, parameter_shapes[i - 1].beta, parameter_shapes[i - 1].gaps);
}

static bool has_parameters(const clnorm_mode_info *mode)
{
    for (size_t i = 0; i < mode->buffer_count; i++)
        if (mode->buffers[i]->shape == CLNORM_SHAPE_GAMMA)
            return true;
    return false;
}

/* ---- Attributes ---- */

enum { VALUE_COUNT = 3 };

/* Values besides the default worth trying. NAN ends a row early. */
static const struct {
    const char *name;
    double values[VALUE_COUNT];
} known_values[] = {
    {"epsilon", {0, 0.1, NAN}},     {"decay", {0, 0.5, 1}},        {"depth_radius", {0, 2, 100}},
    {"bias", {0, 2.5, NAN}},        {"alpha", {0, 0.01, NAN}},     {"beta", {0.5, 1, 2}},
    {"window_before", {0, 3, NAN}}, {"window_after", {0, 1, 100}},
};

/* Values at the ends of fp32's range, tried with such data. NAN ends a row early. */
static const struct {
    const char *name;
    double values[VALUE_COUNT];
} extreme_values[] = {
    {"epsilon", {0x1p-149, 0x1p-126, 0x1p+127}},
    {"bias", {0, 0x1p-149, 0x1p+127}},
    {"alpha", {1, 0x1p-140, 0x1p+127}},
    {"beta", {0.5, 1, NAN}},
};

/* A second value, within its range, for an attribute that the table does not know. */
static double other_value(const clnorm_attribute_info *attribute)
{
    if (attribute->type == CLNORM_ATTRIBUTE_SWITCH)
        return 1 - attribute->default_value;
    double value = attribute->default_value + 1;
    if (value <= attribute->maximum)
        return value;
    return isfinite(attribute->minimum) ? attribute->minimum : attribute->maximum;
}

/* The value number `index` to try. False beyond the last. */
static bool attribute_value(const clnorm_attribute_info *attribute, size_t index, double *value)
{
    for (size_t i = 0; i < sizeof known_values / sizeof known_values[0]; i++) {
        if (strcmp(known_values[i].name, attribute->name) != 0)
            continue;
        *value = index < VALUE_COUNT ? known_values[i].values[index] : NAN;
        return !isnan(*value);
    }
    *value = other_value(attribute);
    return index == 0;
}

static const clnorm_attribute_info *find_attribute(const clnorm_op_info *info, const char *name)
{
    for (size_t i = 0; i < info->attribute_count; i++)
        if (strcmp(info->attributes[i]->name, name) == 0)
            return info->attributes[i];
    return NULL;
}

/* ---- Enumeration ---- */

typedef struct enumeration {
    selftest_case test;
    selftest_visitor *visit;
    void *user;
    uint64_t count;
} enumeration;

/* Axes to try: the last, the first, the second. False if that axis is not there or was tried already. */
static bool set_axes(enumeration *all, unsigned rank, int axis)
{
    if (axis >= (int)rank - 1 || (axis >= 0 && rank == 1))
        return false;
    bool any = axis == -1;
    for (size_t i = 0; i < all->test.info->attribute_count; i++) {
        const clnorm_attribute_info *attribute = all->test.info->attributes[i];
        if (attribute->type == CLNORM_ATTRIBUTE_AXIS)
            any = clnorm_op_set(&all->test.op, attribute, axis) == CLNORM_OK;
    }
    return any;
}

/* One case; layouts take turns, the first two more often: the fast kernels are for them. */
static bool pose(enumeration *all, const shape *s, data_kind data)
{
    unsigned turn = (unsigned)(random_next(&(random_state){all->count}) % (2 * LAYOUT_COUNT));
    layout wanted = (layout)(turn < LAYOUT_COUNT ? turn : turn % 2);
    if (!all->test.info->in_place && wanted == LAYOUT_IN_PLACE)
        wanted = LAYOUT_DENSE;
    if (!all->test.info->in_place && wanted == LAYOUT_IN_PLACE_GAPS)
        wanted = LAYOUT_BOTH_GAPS;
    set_layout(&all->test, s, wanted);
    set_parameters(&all->test);
    all->test.data = data;
    all->test.seed = ++all->count;
    return all->visit(&all->test, all->user);
}

static bool pose_shape(enumeration *all, const shape *s)
{
    if (!takes_rank(all->test.info, s->rank))
        return true;
    /* Every second kind for the shapes that take long. */
    const int step =
        clnorm_tensor_dense(CLNORM_F32, s->rank, s->dims).strides[0] * s->dims[0] > 20000 ? 2 : 1;
    for (int axis = -1; axis < 2; axis++) {
        if (!set_axes(all, s->rank, axis))
            continue;
        for (int data = step - 1; data < DATA_ORDINARY_COUNT; data += step)
            if (!pose(all, s, (data_kind)data))
                return false;
    }
    return true;
}

static bool pose_attribute(enumeration *all, const clnorm_attribute_info *attribute, double value)
{
    static const data_kind data[] = {DATA_NORMAL, DATA_LARGE_MEAN, DATA_ONE_HOT, DATA_CONSTANT};
    const double usual = clnorm_op_get(&all->test.op, attribute);
    bool more = clnorm_op_set(&all->test.op, attribute, value) == CLNORM_OK;
    all->test.attribute = attribute;
    for (size_t i = 0; i < sizeof attribute_shapes / sizeof attribute_shapes[0]; i++) {
        const shape *s = &attribute_shapes[i];
        if (!takes_rank(all->test.info, s->rank))
            continue;
        for (int axis = -1; axis < 2; axis++)
            for (size_t d = 0; set_axes(all, s->rank, axis) && d < sizeof data / sizeof data[0]; d++)
                more = more && pose(all, s, data[d]);
    }
    all->test.attribute = NULL;
    clnorm_op_set(&all->test.op, attribute, usual);
    return more;
}

static bool pose_extremes(enumeration *all)
{
    for (size_t i = 0; i < sizeof extreme_shapes / sizeof extreme_shapes[0]; i++) {
        const shape *s = &extreme_shapes[i];
        if (!takes_rank(all->test.info, s->rank))
            continue;
        for (int axis = -1; axis < 2; axis++)
            for (int data = DATA_ORDINARY_COUNT; set_axes(all, s->rank, axis) && data < DATA_KIND_COUNT;
                 data++)
                if (!pose(all, s, (data_kind)data))
                    return false;
    }
    return true;
}

/* Every shape of parameters, on the shapes for attributes and with data of every kind. */
static bool pose_parameters(enumeration *all)
{
    bool more = true;
    for (size_t i = 0; has_parameters(all->test.mode) && i < PARAMETER_SHAPES; i++) {
        all->test.parameters = i + 1;
        for (size_t k = 0; k < sizeof attribute_shapes / sizeof attribute_shapes[0]; k++)
            more = more && pose_shape(all, &attribute_shapes[k]);
        more = more && pose_extremes(all);
    }
    all->test.parameters = 0;
    return more;
}

static bool pose_extreme_attributes(enumeration *all)
{
    bool more = true;
    for (size_t i = 0; i < sizeof extreme_values / sizeof extreme_values[0]; i++) {
        const clnorm_attribute_info *attribute = find_attribute(all->test.info, extreme_values[i].name);
        const double usual = attribute ? clnorm_op_get(&all->test.op, attribute) : 0;
        all->test.attribute = attribute;
        for (size_t v = 0; attribute && v < VALUE_COUNT && !isnan(extreme_values[i].values[v]); v++) {
            clnorm_op_set(&all->test.op, attribute, extreme_values[i].values[v]);
            more = more && pose_extremes(all);
        }
        if (attribute)
            clnorm_op_set(&all->test.op, attribute, usual);
    }
    all->test.attribute = NULL;
    return more;
}

void selftest_for_each(const clnorm_op_info *info, const clnorm_mode_info *mode, selftest_visitor *visit,
                       void *user)
{
    enumeration all = {.test = {.info = info, .mode = mode}, .visit = visit, .user = user};
    clnorm_op_initialize(&all.test.op, sizeof all.test.op, info->kind);
    all.test.op.mode = mode->mode;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        if (!pose_shape(&all, &shapes[i]))
            return;
    for (size_t i = 0; i < info->attribute_count; i++) {
        const clnorm_attribute_info *attribute = info->attributes[i];
        double value;
        for (size_t v = 0; attribute->type != CLNORM_ATTRIBUTE_AXIS && attribute_value(attribute, v, &value);
             v++)
            if (!pose_attribute(&all, attribute, value))
                return;
    }
    if (pose_extremes(&all) && pose_extreme_attributes(&all))
        pose_parameters(&all);
}

static void append_shape(char label[SELFTEST_LABEL_SIZE], const char *name, const clnorm_tensor *tensor)
{
    const size_t length = strlen(label);
    char dims[NPY_SHAPE_TEXT_SIZE];
    if (tensor->rank == 0)
        return;
    npy_shape_text(dims, tensor->rank, tensor->dims);
    snprintf(label + length, SELFTEST_LABEL_SIZE - length, ", %s %s", name, dims);
}

void selftest_case_label(const selftest_case *test, char label[SELFTEST_LABEL_SIZE])
{
    char dims[NPY_SHAPE_TEXT_SIZE];
    npy_shape_text(dims, test->op.x.rank, test->op.x.dims);
    int n = snprintf(label, SELFTEST_LABEL_SIZE, "%s %s, x %s, %s, %s", test->info->name, test->mode->name,
                     dims, data_kind_name(test->data), test->layout);
    for (size_t i = 0; i < test->info->attribute_count && n > 0 && n < SELFTEST_LABEL_SIZE; i++) {
        const clnorm_attribute_info *attribute = test->info->attributes[i];
        if (attribute == test->attribute || attribute->type == CLNORM_ATTRIBUTE_AXIS)
            n += snprintf(label + n, SELFTEST_LABEL_SIZE - (size_t)n, ", %s %.10g", attribute->name,
                          clnorm_op_get(&test->op, attribute));
    }
    append_shape(label, "gamma", &test->op.gamma_tensor);
    append_shape(label, "beta", &test->op.beta_tensor);
}
