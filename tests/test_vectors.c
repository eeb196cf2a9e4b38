/* The results of tflearn, ONNX's node tests and PyTorch: on the device with both schedules, and on the
 * host. */
#include "harness.h"
#include "vector_case.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_STEPS = 8 };

/* One execution within a case: the suffixes of its names in the inputs and in the outputs. */
typedef struct step {
    const vector_file *file;
    const json_t *vector;
    clnorm_op op;
    const char *input_suffix, *output_suffix;
} step;

static bool same(double got, double expected, double tolerance)
{
    if (isnan(expected) || isinf(expected))
        return isnan(expected) ? isnan(got) : got == expected;
    return fabs(got - expected) <= tolerance;
}

/* The key under which a buffer of this step goes; parameters do not change from step to step. */
static const char *key_of(const step *s, const char *group, const char *buffer, const char *suffix)
{
    const char *key = vector_case_key(s->vector, group, buffer, suffix);
    return key || strcmp(group, "inputs") != 0 ? key : vector_case_key(s->vector, group, buffer, "");
}

static double *values_of(const step *s, const char *group, const char *key, size_t count)
{
    safetensors_entry entry;
    bool found = vector_case_entry(s->file, s->vector, group, key, &entry);
    ck_assert_msg(found && entry.count == count, "%s/%s is missing or of another size", group, key);
    double *values = safetensors_values(&entry);
    ck_assert_ptr_nonnull(values);
    return values;
}

/* Whether a buffer of this step is a result of the one before: moving averages, or what training saved. */
static bool is_carried(const trial *state, const char *name)
{
    bool moving = strncmp(name, "moving_", 7) == 0,
         saved = strstr(name, "batch_") || strstr(name, "inverse_");
    return state && (moving || saved);
}

/* `state` is the step before, or NULL. */
static void fill_inputs(const step *s, trial *t, const trial *state)
{
    for (size_t i = 0; i < t->count; i++) {
        const clnorm_buffer_info *info = t->operands[i].info;
        const char *key =
            key_of(s, info->role == CLNORM_ROLE_GRADIENT ? "outputs" : "inputs", info->name, s->input_suffix);
        if (info->role != CLNORM_ROLE_OUTPUT)
            t->operands[i].given = key || is_carried(state, info->name);
    }
    trial_lay_out(t);
    snprintf(t->note, sizeof t->note, "%s", json_string_value(json_object_get(s->vector, "id")));
    for (size_t i = 0; i < t->count; i++) {
        const operand *o = &t->operands[i];
        if (!o->given || !clnorm_op_reads(&s->op, o->info))
            continue;
        if (is_carried(state, o->info->name)) {
            memcpy(t->before + o->start, trial_result(state, o->info->name), o->span * sizeof(float));
            continue;
        }
        double *values = values_of(s, "inputs", key_of(s, "inputs", o->info->name, s->input_suffix), o->span);
        for (size_t k = 0; k < o->span; k++)
            t->before[o->start + k] = (float)values[k];
        free(values);
    }
}

static void compare_output(const step *s, const trial *t, const operand *o, const char *key)
{
    char text[512];
    const char *exact = vector_case_key(s->vector, "ref64", o->info->name, s->output_suffix);
    double *values = values_of(s, exact ? "ref64" : "outputs", exact ? exact : key, o->span);
    double rtol = json_number_value(json_object_get(s->vector, "rtol"));
    const json_t *atol = json_object_get(json_object_get(s->vector, "atol_per_output"), key);
    ck_assert_msg(json_is_number(atol), "no tolerance for %s", key);
    for (size_t k = 0; k < o->span; k++) {
        double tolerance = json_number_value(atol) + rtol * fabs(values[k]);
        double device = (double)t->after[o->start + k];
        ck_assert_msg(same(device, values[k], exact ? o->bound[k] : tolerance),
                      "%s: %s at %zu is %.9g, not %.9g", trial_describe(t, text, sizeof text), key, k, device,
                      values[k]);
        double host = o->expected[k], rounding = 1e-12 * (1.0 + fabs(values[k]));
        if (t->op.mode == CLNORM_BACKWARD) /* what training saved is rounded to fp32 */
            rounding = o->bound[k];
        ck_assert_msg(same(host, values[k], exact ? rounding : tolerance),
                      "reference, %s: %s at %zu is %.17g, not %.17g", trial_describe(t, text, sizeof text),
                      key, k, host, values[k]);
    }
    free(values);
}

static void run_step(const step *s, clnorm_context *context, trial *t, const trial *state)
{
    size_t compared = 0;
    size_t known = json_object_size(json_object_get(s->vector, "outputs"));
    trial_begin(t, &s->op);
    fill_inputs(s, t, state);
    trial_check(t, context);
    for (size_t i = 0; i < t->count; i++) {
        const operand *o = &t->operands[i];
        const char *key =
            o->info->role == CLNORM_ROLE_INPUT ? NULL : key_of(s, "outputs", o->info->name, s->output_suffix);
        if (!key)
            continue;
        compare_output(s, t, o, key);
        compared++;
    }
    ck_assert_uint_gt(compared, 0);
    ck_assert_msg(s->output_suffix[0] || compared == known, "%zu of %zu outputs compared", compared, known);
}

static void run_steps(step *s, clnorm_context *context, size_t steps)
{
    char suffix[8];
    trial trials[MOST_STEPS + 1];
    ck_assert_uint_le(steps, MOST_STEPS);
    for (size_t i = 0; i < steps; i++) {
        snprintf(suffix, sizeof suffix, "_%u", (unsigned)i);
        s->input_suffix = s->output_suffix = suffix;
        run_step(s, context, &trials[i], i ? &trials[i - 1] : NULL);
    }
    s->op.mode = CLNORM_INFER; /* on the first batch, with the moving averages that the steps left */
    s->input_suffix = "_0";
    s->output_suffix = "_infer";
    run_step(s, context, &trials[steps], &trials[steps - 1]);
    for (size_t i = 0; i <= steps; i++)
        trial_end(&trials[i]);
}

/* The gradients of training, from what training saved. */
static void run_backward(step *s, clnorm_context *context)
{
    trial forward, t;
    step train = *s;
    train.op.mode = CLNORM_TRAIN;
    trial_begin(&forward, &train.op);
    fill_inputs(&train, &forward, NULL);
    trial_check(&forward, context);
    run_step(s, context, &t, &forward);
    trial_end(&t);
    trial_end(&forward);
}

static vector_verdict run_case(const vector_file *file, const json_t *vector, clnorm_context *context)
{
    trial t;
    step s = {.file = file, .vector = vector, .input_suffix = "", .output_suffix = ""};
    vector_verdict verdict = vector_case_op(file, vector, &s.op);
    if (verdict != VECTOR_RUNS)
        return verdict;
    const json_t *steps = json_object_get(json_object_get(vector, "attrs"), "steps");
    if (steps) {
        run_steps(&s, context, (size_t)json_integer_value(steps));
        return verdict;
    }
    if (s.op.mode == CLNORM_BACKWARD && test_operation_has(test_operation_of(s.op.kind), CLNORM_TRAIN)) {
        run_backward(&s, context);
        return verdict;
    }
    run_step(&s, context, &t, NULL);
    trial_end(&t);
    return verdict;
}

/* How many cases of each verdict a file has: so that none of them vanishes unseen. */
enum { FILES = 3 };
static const struct {
    const char *name;
    size_t verdicts[VECTOR_VERDICTS];
} expected_files[FILES] = {
    {"tflearn", {42, 0, 0, 0}},
    {"onnx", {4, 31, 2, 0}},
    {"torch", {17, 28, 4, 2}},
};

/* A file with a schedule: all files with the first one, then all with the next. */
START_TEST(vectors)
{
    const int which = _i % FILES;
    vector_file file;
    size_t verdicts[VECTOR_VERDICTS] = {0};
    clnorm_context *context = harness_context(harness_schedules[_i / FILES]);
    ck_assert_msg(vector_file_open(&file, expected_files[which].name), "cannot read the vectors");
    const json_t *cases = json_object_get(file.json, "cases");
    for (size_t i = 0; i < json_array_size(cases); i++)
        verdicts[run_case(&file, json_array_get(cases, i), context)]++;
    printf("%s: %zu cases run; not of this version: %zu other operations, %zu exponents, %zu types\n",
           expected_files[which].name, verdicts[VECTOR_RUNS], verdicts[VECTOR_OTHER_OP],
           verdicts[VECTOR_OTHER_EXPONENT], verdicts[VECTOR_OTHER_TYPE]);
    for (int v = 0; v < VECTOR_VERDICTS; v++)
        ck_assert_uint_eq(verdicts[v], expected_files[which].verdicts[v]);
    vector_file_close(&file);
    clnorm_context_destroy(context);
}
END_TEST

/* The reader itself: known values, and no to what is not there or not such a file. */
START_TEST(reader)
{
    safetensors_entry entry;
    vector_file file;
    ck_assert(vector_file_open(&file, "tflearn"));
    ck_assert(safetensors_find(file.tensors, "l2_1d_edge_1e-6.inputs.x", &entry));
    ck_assert_str_eq(entry.dtype, "F32");
    ck_assert_uint_eq(entry.rank, 1);
    ck_assert_uint_eq(entry.dims[0], 3);
    double *values = safetensors_values(&entry);
    ck_assert_double_eq(values[0], 9.999999974752427e-07);
    ck_assert_double_eq(values[1], 0.0);
    free(values);
    ck_assert(!safetensors_find(file.tensors, "no such tensor", &entry));
    vector_file_close(&file);
    char path[VECTOR_PATH_SIZE];
    ck_assert_ptr_null(safetensors_open(vector_path(path, "tflearn.json")));
    ck_assert_ptr_null(safetensors_open(vector_path(path, "missing.safetensors")));
}
END_TEST

/* A case a schedule: CK_RUN_CASE chooses one. */
int main(void)
{
    static const char *const names[] = {[CLNORM_KERNELS_CPU] = "cpu kernels",
                                        [CLNORM_KERNELS_GPU] = "gpu kernels",
                                        [CLNORM_KERNELS_FPGA] = "fpga kernels"};
    Suite *suite = suite_create("vectors");
    TCase *files = tcase_create("files");
    tcase_add_test(files, reader);
    suite_add_tcase(suite, files);
    for (int schedule = 0; schedule < HARNESS_SCHEDULES; schedule++) {
        TCase *results = tcase_create(names[harness_schedules[schedule]]);
        tcase_set_timeout(results, 600);
        tcase_add_loop_test(results, vectors, schedule * FILES, (schedule + 1) * FILES);
        suite_add_tcase(suite, results);
    }
    return run_suite(suite);
}
