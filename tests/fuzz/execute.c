/*
 * Small ops on the device, against the reference, by the harness of the other tests: any layout, in place or
 * not, with or without optional buffers, on the cpu and the gpu schedule.
 */
#include "op_bytes.h"
#include "op_model.h"

#include "harness.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ELEMENTS = 20000 };

/* In the place of Check's: there is no suite here that a failure could end. */
void _mark_point(const char *file, int line)
{
    (void)file;
    (void)line;
}

void _ck_assert_failed(const char *file, int line, const char *expr, const char *msg, ...)
{
    va_list list;
    va_start(list, msg);
    fprintf(stderr, "%s:%d: %s: ", file, line, expr);
    if (msg != NULL)
        vfprintf(stderr, msg, list);
    fputc('\n', stderr);
    va_end(list);
    fuzz_crash();
}

/* An assertion in the library or the driver. */
static void crash_on_abort(int number)
{
    (void)number;
    fuzz_crash();
}

/* One for each schedule, for the life of the process: programs are compiled once. */
static clnorm_context *context_of(unsigned schedule)
{
    static clnorm_context *contexts[HARNESS_SCHEDULES];
    if (contexts[schedule] == NULL)
        contexts[schedule] = harness_context(harness_schedules[schedule]);
    return contexts[schedule];
}

static bool is_small(const clnorm_tensor *tensor)
{
    return model_span(tensor, MOST_ELEMENTS) <= MOST_ELEMENTS &&
           model_elements(tensor, MOST_ELEMENTS) <= MOST_ELEMENTS;
}

static bool same_layout(const clnorm_tensor *a, const clnorm_tensor *b)
{
    return memcmp(a->strides, b->strides, sizeof a->strides) == 0;
}

static void place(trial *t, unsigned how)
{
    const operand *y = trial_operand(t, "y"), *dx = trial_operand(t, "dx"), *dy = trial_operand(t, "dy");
    const clnorm_tensor *x = &trial_operand(t, "x")->tensor;
    t->shift = how % 8;
    t->one_buffer = how >> 3 & 1;
    if (!t->info->in_place)
        return;
    if (y != NULL)
        t->in_place = (how >> 4 & 1) && same_layout(&y->tensor, x);
    else if (dx != NULL && (how >> 5 & 1))
        t->in_place_of_x = same_layout(&dx->tensor, x);
    else if (dx != NULL)
        t->in_place = (how >> 4 & 1) && same_layout(&dx->tensor, &dy->tensor);
}

/* Leaves out what may be left out: moving averages both or neither, and some result is there. */
static void omit(trial *t, unsigned how)
{
    size_t results = 0;
    for (size_t i = 0; i < t->count; i++)
        results += t->operands[i].info->role != CLNORM_ROLE_INPUT;
    for (size_t i = 0; i < t->count; i++) {
        const clnorm_buffer_info *info = t->operands[i].info;
        const bool result = info->role != CLNORM_ROLE_INPUT, running = strncmp(info->name, "moving_", 7) == 0;
        if (info->required || !(how >> (running ? 0 : i % 8) & 1) || (result && results == 1))
            continue;
        results -= result;
        t->operands[i].given = false;
    }
}

static void run(const clnorm_op *op, fuzz_bytes *bytes)
{
    trial t;
    const unsigned placing = fuzz_byte(bytes), omitting = fuzz_byte(bytes), kind = fuzz_byte(bytes);
    const unsigned schedule = fuzz_byte(bytes) % HARNESS_SCHEDULES, seed = fuzz_byte(bytes);
    trial_begin(&t, op);
    for (size_t i = 0; i < t.count; i++) {
        if (!is_small(&t.operands[i].tensor)) {
            trial_end(&t);
            return;
        }
    }
    omit(&t, omitting);
    place(&t, placing);
    trial_fill(&t, (data_kind)(kind % DATA_KINDS), seed);
    trial_check(&t, context_of(schedule));
    trial_end(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_bytes bytes = {data, data + size};
    signal(SIGABRT, crash_on_abort);
    const clnorm_op op = small_op_from_bytes(&bytes);
    const op_verdict model = op_model(&op);
    const clnorm_status status = clnorm_op_check(&op);
    fuzz_require(op_verdict_allows(model, status), "%s, and the model has faults %#llx",
                 clnorm_status_name(status), (unsigned long long)model.faults);
    if (status == CLNORM_OK)
        run(&op, &bytes);
    return 0;
}
