/* Operations that are wrong: rank, axis, sizes, strides, types, attributes, modes. */
#include "bad_input.h"
#include <math.h>
#include <stdint.h>

/* The check alone, the reference and the plan say the same; the out-parameter is left alone. */
static void expect_op(const char *label, const clnorm_op *op, clnorm_status expected,
                      const char *const *pieces)
{
    clnorm_context *context = harness_context(CLNORM_KERNELS_AUTO);
    clnorm_plan *untouched = (clnorm_plan *)(void *)&context;
    clnorm_plan *plan = untouched;
    clnorm_reference_arrays arrays = {.size = sizeof arrays};
    expect(label, clnorm_op_check(op), expected, pieces);
    expect(label, clnorm_reference(op, &arrays), expected, pieces);
    expect(label, clnorm_plan_create(&plan, context, op), expected, pieces);
    ck_assert_ptr_eq(plan, untouched);
    trial t;
    clnorm_op valid = base_op(CLNORM_L2_NORMALIZE);
    trial_begin(&t, &valid);
    trial_fill(&t, DATA_NORMAL, 1);
    trial_check(&t, context);
    trial_end(&t);
    clnorm_context_destroy(context);
}

static const struct {
    clnorm_op_kind kind;
    const char *attribute;
    double value;
    clnorm_status status;
    const char *pieces[PIECES];
} attributes[] = {
    {CLNORM_BATCH_NORMALIZATION, "axis", 3, CLNORM_INVALID_AXIS, {"axis is 3", "-3", "2"}},
    {CLNORM_BATCH_NORMALIZATION, "axis", -4, CLNORM_INVALID_AXIS, {"axis is -4", "-3", "2"}},
    {CLNORM_BATCH_NORMALIZATION, "axis", 2147483647, CLNORM_INVALID_AXIS, {"axis is 2147483647"}},
    {CLNORM_BATCH_NORMALIZATION, "epsilon", -1e-9, CLNORM_INVALID_ATTRIBUTE, {"epsilon is -1e-09", "0"}},
    {CLNORM_BATCH_NORMALIZATION, "epsilon", NAN, CLNORM_INVALID_ATTRIBUTE, {"epsilon is", "nan", "finite"}},
    {CLNORM_BATCH_NORMALIZATION, "epsilon", INFINITY, CLNORM_INVALID_ATTRIBUTE, {"epsilon is inf", "finite"}},
    {CLNORM_BATCH_NORMALIZATION,
     "epsilon",
     1e60,
     CLNORM_INVALID_ATTRIBUTE,
     {"epsilon is 1e+60", "0 to 3.40282e+38"}},
    {CLNORM_BATCH_NORMALIZATION,
     "epsilon",
     1e-60,
     CLNORM_INVALID_ATTRIBUTE,
     {"epsilon is 1e-60", "1.4013e-45"}},
    {CLNORM_BATCH_NORMALIZATION, "decay", 1e-60, CLNORM_INVALID_ATTRIBUTE, {"decay is 1e-60", "1.4013e-45"}},
    {CLNORM_BATCH_NORMALIZATION, "decay", -0.125, CLNORM_INVALID_ATTRIBUTE, {"decay is -0.125", "0 to 1"}},
    {CLNORM_BATCH_NORMALIZATION, "decay", 1.0625, CLNORM_INVALID_ATTRIBUTE, {"decay is 1.0625", "0 to 1"}},
    {CLNORM_BATCH_NORMALIZATION, "decay", NAN, CLNORM_INVALID_ATTRIBUTE, {"decay is", "nan"}},
    {CLNORM_LOCAL_RESPONSE_NORMALIZATION, "axis", 3, CLNORM_INVALID_AXIS, {"axis is 3", "-3", "2"}},
    {CLNORM_LOCAL_RESPONSE_NORMALIZATION, "axis", -4, CLNORM_INVALID_AXIS, {"axis is -4", "-3", "2"}},
    {CLNORM_LOCAL_RESPONSE_NORMALIZATION,
     "depth_radius",
     -1,
     CLNORM_INVALID_ATTRIBUTE,
     {"depth_radius is -1", "0 to 2147483647"}},
    {CLNORM_LOCAL_RESPONSE_NORMALIZATION,
     "window_before",
     -2,
     CLNORM_INVALID_ATTRIBUTE,
     {"window_before is -2", "-1 to 2147483647"}},
    {CLNORM_LOCAL_RESPONSE_NORMALIZATION,
     "window_after",
     -2,
     CLNORM_INVALID_ATTRIBUTE,
     {"window_after is -2"}},
    {CLNORM_LOCAL_RESPONSE_NORMALIZATION,
     "bias",
     NAN,
     CLNORM_INVALID_ATTRIBUTE,
     {"bias is", "nan", "finite"}},
    {CLNORM_LOCAL_RESPONSE_NORMALIZATION,
     "alpha",
     -INFINITY,
     CLNORM_INVALID_ATTRIBUTE,
     {"alpha is -inf", "finite"}},
    {CLNORM_LOCAL_RESPONSE_NORMALIZATION,
     "beta",
     INFINITY,
     CLNORM_INVALID_ATTRIBUTE,
     {"beta is inf", "finite"}},
    {CLNORM_LOCAL_RESPONSE_NORMALIZATION,
     "bias",
     -1e39,
     CLNORM_INVALID_ATTRIBUTE,
     {"bias is -1e+39", "-3.40282e+38 to 3.40282e+38"}},
    {CLNORM_LOCAL_RESPONSE_NORMALIZATION,
     "beta",
     -1e-50,
     CLNORM_INVALID_ATTRIBUTE,
     {"beta is -1e-50", "1.4013e-45 in size"}},
    {CLNORM_L2_NORMALIZE, "dim", 3, CLNORM_INVALID_AXIS, {"dim is 3", "-3", "2"}},
    {CLNORM_L2_NORMALIZE, "dim", -4, CLNORM_INVALID_AXIS, {"dim is -4", "-3", "2"}},
    {CLNORM_L2_NORMALIZE, "epsilon", -1, CLNORM_INVALID_ATTRIBUTE, {"epsilon is -1", "0"}},
    {CLNORM_L2_NORMALIZE, "epsilon", NAN, CLNORM_INVALID_ATTRIBUTE, {"epsilon is", "nan", "finite"}},
    {CLNORM_L2_NORMALIZE, "epsilon", INFINITY, CLNORM_INVALID_ATTRIBUTE, {"epsilon is inf", "finite"}},
};
enum { ATTRIBUTES = sizeof attributes / sizeof attributes[0] };

START_TEST(bad_attribute)
{
    clnorm_op op = base_op(attributes[_i].kind);
    const clnorm_op_info *info = info_of(op.kind);
    size_t i = 0;
    while (strcmp(info->attributes[i]->name, attributes[_i].attribute) != 0)
        ck_assert_uint_lt(++i, info->attribute_count);
    ck_assert_int_eq(clnorm_op_set(&op, info->attributes[i], attributes[_i].value), CLNORM_OK);
    expect_op(attributes[_i].attribute, &op, attributes[_i].status, attributes[_i].pieces);
}
END_TEST

/* What a refusal of a value of another kind says; integers in all their digits. */
static const char *allowed_values(const clnorm_attribute_info *attribute)
{
    if (attribute->type == CLNORM_ATTRIBUTE_SWITCH)
        return "false or true";
    if (attribute->type == CLNORM_ATTRIBUTE_AXIS)
        return "from -8 to 7";
    return attribute->minimum < 0 ? "from -1 to 2147483647" : "from 0 to 2147483647";
}

/* An integer field takes no fraction and a switch no number, and the op stays as it was. */
START_TEST(bad_attribute_value)
{
    clnorm_op op = base_op(CLNORM_LOCAL_RESPONSE_NORMALIZATION);
    clnorm_op before = op;
    const clnorm_op_info *info = info_of(op.kind);
    for (size_t i = 0; i < info->attribute_count; i++) {
        const clnorm_attribute_info *attribute = info->attributes[i];
        if (attribute->type == CLNORM_ATTRIBUTE_REAL)
            continue;
        const double values[] = {2.5, NAN, INFINITY, 1e10};
        for (size_t k = 0; k < 4; k++)
            expect(attribute->name, clnorm_op_set(&op, attribute, values[k]), CLNORM_INVALID_ATTRIBUTE,
                   (const char *const[PIECES]){attribute->name, allowed_values(attribute)});
    }
    ck_assert_int_eq(op.depth_radius, before.depth_radius);
    ck_assert_int_eq(op.axis, before.axis);
    ck_assert(op.alpha_scaled_by_size == before.alpha_scaled_by_size);
}
END_TEST

typedef enum op_change {
    RANK_0,
    RANK_9,
    RANK_1,
    DTYPE_F16,
    DTYPE_BF16,
    DTYPE_F64,
    DTYPE_NONE,
    DIMS_OVERFLOW,
    BYTES_OVERFLOW,
    REPEATED_OVERFLOW,
    STRIDES_OVERFLOW,
    Y_RANK,
    Y_DIM,
    Y_DTYPE,
    Y_REPEATS,
    Y_OVERLAPS,
    Y_LIKE_REPEATED_X,
    DY_RANK,
    DY_DIM,
    DX_DIM,
    DX_OVERLAPS,
    DX_LIKE_REPEATED_X,
    MODE_BACKWARD_INFER,
    MODE_STATISTICS,
    MODE_APPLY,
    MODE_NONE,
    KIND_0,
    KIND_99,
    SIZE_0,
} op_change;

static void change_x(clnorm_op *op, op_change change)
{
    static const clnorm_dtype dtypes[] = {CLNORM_F16, CLNORM_BF16, CLNORM_F64, (clnorm_dtype)99};
    switch (change) {
    case RANK_0:
        op->x.rank = 0;
        break;
    case RANK_9:
        op->x.rank = 9;
        break;
    case RANK_1:
        op->x = clnorm_tensor_1d(CLNORM_F32, 12);
        op->axis = 0;
        break;
    case DIMS_OVERFLOW:
        op->x.dims[0] = SIZE_MAX / 2;
        op->x.strides[0] = 0;
        op->y = clnorm_tensor_dense(CLNORM_F32, 3, base_dims);
        break;
    case BYTES_OVERFLOW:
        op->x.dims[0] = SIZE_MAX / 4 / 21 + 1;
        break;
    case REPEATED_OVERFLOW: /* more than 2^52 elements, all in the same place */
        op->x.dims[0] = ((size_t)1 << 52) / 21 + 1;
        op->x.strides[0] = op->x.strides[1] = op->x.strides[2] = 0;
        op->y = clnorm_tensor_dense(CLNORM_F32, 3, base_dims);
        break;
    case STRIDES_OVERFLOW:
        op->x.strides[0] = SIZE_MAX / 4;
        break;
    default:
        op->x.dtype = dtypes[change - DTYPE_F16];
        break;
    }
}

static void change_y(clnorm_op *op, op_change change)
{
    op->y = clnorm_tensor_dense(CLNORM_F32, 3, base_dims);
    switch (change) {
    case Y_RANK:
        op->y.rank = 2;
        break;
    case Y_DIM:
        op->y.dims[1] = 4;
        break;
    case Y_DTYPE:
        op->y.dtype = CLNORM_F64;
        break;
    case Y_REPEATS:
        op->y.strides[2] = 0;
        break;
    case Y_OVERLAPS:
        op->y.strides[0] = 20;
        break;
    default:
        op->x.strides[0] = 0;
        op->y.rank = 0;
        break;
    }
}

static void change_gradient(clnorm_op *op, op_change change)
{
    const clnorm_tensor dense = clnorm_tensor_dense(CLNORM_F32, 3, base_dims);
    op->mode = CLNORM_BACKWARD;
    op->dy = op->dx = dense;
    switch (change) {
    case DY_RANK:
        op->dy.rank = 2;
        break;
    case DY_DIM:
        op->dy.dims[1] = 4;
        break;
    case DX_DIM:
        op->dx.dims[1] = 4;
        break;
    case DX_OVERLAPS:
        op->dx.strides[0] = 20;
        break;
    default:
        op->x.strides[0] = 0;
        op->dx.rank = 0;
        break;
    }
}

static void change_op(clnorm_op *op, op_change change)
{
    static const clnorm_mode modes[] = {CLNORM_BACKWARD_INFER, CLNORM_STATISTICS, CLNORM_APPLY,
                                        (clnorm_mode)77};
    if (change < Y_RANK)
        change_x(op, change);
    else if (change < DY_RANK)
        change_y(op, change);
    else if (change < MODE_BACKWARD_INFER)
        change_gradient(op, change);
    else if (change < KIND_0)
        op->mode = modes[change - MODE_BACKWARD_INFER];
    else if (change == SIZE_0)
        op->size = 0;
    else
        op->kind = change == KIND_0 ? (clnorm_op_kind)0 : (clnorm_op_kind)99;
}

static const struct {
    const char *label;
    clnorm_op_kind kind;
    op_change change;
    clnorm_status status;
    const char *pieces[PIECES];
} op_rows[] = {
    {"rank 0", CLNORM_L2_NORMALIZE, RANK_0, CLNORM_INVALID_RANK, {"x", "rank 0", "1 to 8"}},
    {"rank 0", CLNORM_BATCH_NORMALIZATION, RANK_0, CLNORM_INVALID_RANK, {"x", "rank 0"}},
    {"rank 9", CLNORM_L2_NORMALIZE, RANK_9, CLNORM_INVALID_RANK, {"x", "rank 9", "1 to 8"}},
    {"rank 1", CLNORM_BATCH_NORMALIZATION, RANK_1, CLNORM_INVALID_RANK, {"rank 1", "2 to 8"}},
    {"rank 1", CLNORM_LOCAL_RESPONSE_NORMALIZATION, RANK_1, CLNORM_INVALID_RANK, {"rank 1", "2 to 8"}},
    {"f16", CLNORM_L2_NORMALIZE, DTYPE_F16, CLNORM_UNSUPPORTED_TYPE, {"x", "f16", "f32"}},
    {"bf16", CLNORM_L2_NORMALIZE, DTYPE_BF16, CLNORM_UNSUPPORTED_TYPE, {"x", "bf16", "f32"}},
    {"f64", CLNORM_BATCH_NORMALIZATION, DTYPE_F64, CLNORM_UNSUPPORTED_TYPE, {"x", "f64", "f32"}},
    {"dtype 99", CLNORM_BATCH_NORMALIZATION, DTYPE_NONE, CLNORM_INVALID_ARGUMENT, {"x", "dtype", "99"}},
    {"dims", CLNORM_L2_NORMALIZE, DIMS_OVERFLOW, CLNORM_INVALID_SHAPE, {"x", "overflow"}},
    {"bytes", CLNORM_L2_NORMALIZE, BYTES_OVERFLOW, CLNORM_INVALID_SHAPE, {"x", "overflow"}},
    {"elements", CLNORM_L2_NORMALIZE, REPEATED_OVERFLOW, CLNORM_INVALID_SHAPE, {"x", "2^52 elements"}},
    {"strides", CLNORM_L2_NORMALIZE, STRIDES_OVERFLOW, CLNORM_INVALID_SHAPE, {"x", "overflow"}},
    {"rank of y", CLNORM_BATCH_NORMALIZATION, Y_RANK, CLNORM_INVALID_RANK, {"y", "rank 2", "3"}},
    {"dims of y", CLNORM_BATCH_NORMALIZATION, Y_DIM, CLNORM_INVALID_SHAPE, {"y has 4", "axis 1", "3"}},
    {"type of y", CLNORM_BATCH_NORMALIZATION, Y_DTYPE, CLNORM_UNSUPPORTED_TYPE, {"y", "f64"}},
    {"y of stride 0", CLNORM_L2_NORMALIZE, Y_REPEATS, CLNORM_INVALID_STRIDES, {"y"}},
    {"y overlaps", CLNORM_LOCAL_RESPONSE_NORMALIZATION, Y_OVERLAPS, CLNORM_INVALID_STRIDES, {"y"}},
    {"y as x of stride 0", CLNORM_L2_NORMALIZE, Y_LIKE_REPEATED_X, CLNORM_INVALID_STRIDES, {"y", "x"}},
    {"rank of dy", CLNORM_BATCH_NORMALIZATION, DY_RANK, CLNORM_INVALID_RANK, {"dy", "rank 2", "3"}},
    {"dims of dy", CLNORM_L2_NORMALIZE, DY_DIM, CLNORM_INVALID_SHAPE, {"dy has 4", "axis 1", "3"}},
    {"dims of dx", CLNORM_L2_NORMALIZE, DX_DIM, CLNORM_INVALID_SHAPE, {"dx has 4", "axis 1", "3"}},
    {"dx overlaps", CLNORM_LOCAL_RESPONSE_NORMALIZATION, DX_OVERLAPS, CLNORM_INVALID_STRIDES, {"dx"}},
    {"dx as x of stride 0", CLNORM_L2_NORMALIZE, DX_LIKE_REPEATED_X, CLNORM_INVALID_STRIDES, {"dx", "x"}},
    {"backward_infer",
     CLNORM_L2_NORMALIZE,
     MODE_BACKWARD_INFER,
     CLNORM_INVALID_MODE,
     {"mode is backward_infer", "infer, backward"}},
    {"statistics", CLNORM_LOCAL_RESPONSE_NORMALIZATION, MODE_STATISTICS, CLNORM_INVALID_MODE, {"statistics"}},
    {"apply", CLNORM_L2_NORMALIZE, MODE_APPLY, CLNORM_INVALID_MODE, {"mode is apply", "infer"}},
    {"mode 77", CLNORM_BATCH_NORMALIZATION, MODE_NONE, CLNORM_INVALID_MODE, {"mode is 77", "train"}},
    {"kind 0", CLNORM_L2_NORMALIZE, KIND_0, CLNORM_INVALID_ARGUMENT, {"kind is 0"}},
    {"kind 99", CLNORM_L2_NORMALIZE, KIND_99, CLNORM_INVALID_ARGUMENT, {"kind is 99"}},
    {"size 0", CLNORM_L2_NORMALIZE, SIZE_0, CLNORM_INVALID_ARGUMENT, {"size is 0"}},
};
enum { OP_ROWS = sizeof op_rows / sizeof op_rows[0] };

START_TEST(bad_op)
{
    clnorm_op op = base_op(op_rows[_i].kind);
    change_op(&op, op_rows[_i].change);
    expect_op(op_rows[_i].label, &op, op_rows[_i].status, op_rows[_i].pieces);
}
END_TEST

START_TEST(null_arguments)
{
    clnorm_op op = base_op(CLNORM_L2_NORMALIZE);
    clnorm_plan *plan = NULL;
    clnorm_context *context = harness_context(CLNORM_KERNELS_AUTO);
    const char *const nothing[PIECES] = {NULL};
    expect("op", clnorm_op_check(NULL), CLNORM_INVALID_ARGUMENT, (const char *const[PIECES]){"op"});
    expect("plan", clnorm_plan_create(NULL, context, &op), CLNORM_INVALID_ARGUMENT,
           (const char *const[PIECES]){"plan"});
    expect("context", clnorm_plan_create(&plan, NULL, &op), CLNORM_INVALID_ARGUMENT,
           (const char *const[PIECES]){"context"});
    expect("op", clnorm_plan_create(&plan, context, NULL), CLNORM_INVALID_ARGUMENT,
           (const char *const[PIECES]){"op"});
    expect("arrays", clnorm_reference(&op, NULL), CLNORM_INVALID_ARGUMENT, nothing);
    ck_assert_ptr_null(plan);
    ck_assert_int_eq(clnorm_plan_create(&plan, context, &op), CLNORM_OK);
    expect("buffers", clnorm_plan_execute(plan, NULL, NULL, 0, NULL, NULL), CLNORM_INVALID_ARGUMENT,
           (const char *const[PIECES]){"buffers"});
    expect("plan", clnorm_plan_execute(NULL, &CLNORM_BUFFERS(.x = {NULL, 0}), NULL, 0, NULL, NULL),
           CLNORM_INVALID_ARGUMENT, (const char *const[PIECES]){"plan"});
    clnorm_plan_destroy(plan);
    clnorm_plan_destroy(NULL);
    clnorm_context_destroy(context);
    clnorm_context_destroy(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bad input");
    TCase *ops = tcase_create("operations");
    tcase_set_timeout(ops, 120);
    tcase_add_loop_test(ops, bad_attribute, 0, ATTRIBUTES);
    tcase_add_test(ops, bad_attribute_value);
    tcase_add_loop_test(ops, bad_op, 0, OP_ROWS);
    tcase_add_test(ops, null_arguments);
    suite_add_tcase(suite, ops);
    return run_suite(suite);
}
