#include "tune_measure.h"

#include "bench_choice.h"
#include "bench_clock.h"
#include "bench_data.h"

#include <math.h>
#include <stdio.h>

enum { MOST = 1 + TUNE_MOST_CANDIDATES, LEAST_ROUNDS = 7, MOST_ROUNDS = 301, QUICK_ROUNDS = 2 };
static const double least_gain = 0.03; /* of the usual value's time: less may be noise */
static const double most_loss = 0.1;   /* on any of the cases */
static const double case_us = 3e6;     /* what a case may take */

/* What is compared: the usual value, which comes first, and others. */
typedef struct contest {
    clnorm_context *context;
    const char *name;
    size_t values[MOST], count;
    size_t rounds;                  /* of each case, at least; 0: as many as fit */
    double logs[MOST], worst[MOST]; /* of the times as multiples of the usual ones: sum, greatest */
    size_t cases;
} contest;

/* A case that is ready to be executed, with a plan for each of the values. */
typedef struct stage {
    bench_case measured;
    bench_data data;
    cl_command_queue queue;
    clnorm_plan *plans[MOST];
    double times[MOST][MOST_ROUNDS];
    bool cached; /* what it moves may fit into caches */
} stage;

static int create_stage(stage *s, const contest *c, const char *text)
{
    int status = bench_case_parse(&s->measured, text);
    s->queue = clnorm_context_cl_queue(c->context);
    if (status == EXIT_DONE)
        status = bench_data_create(&s->data, c->context, &s->measured);
    for (size_t i = 0; status == EXIT_DONE && i < c->count; i++) {
        if (clnorm_tuning_set(c->context, c->name, c->values[i]) != CLNORM_OK)
            return complain_library();
        const clnorm_status made = clnorm_plan_create(&s->plans[i], c->context, &s->measured.op);
        if (made != CLNORM_OK)
            status = complain_plan("", made);
    }
    if (status == EXIT_DONE)
        s->cached = bench_may_be_cached(clnorm_plan_least_bytes(s->plans[0]));
    return status;
}

static void destroy_stage(stage *s, const contest *c)
{
    clFinish(s->queue);
    for (size_t i = 0; i < c->count; i++)
        clnorm_plan_destroy(s->plans[i]);
    if (s->measured.mode)
        bench_data_destroy(&s->data, &s->measured);
}

static int time_plan(const stage *s, const clnorm_plan *plan, double *us)
{
    const double start = clock_us();
    cl_event event = NULL;
    if (clnorm_plan_execute((clnorm_plan *)plan, &s->data.buffers, s->queue, 0, NULL, &event) != CLNORM_OK)
        return complain_library();
    cl_int error = clFlush(s->queue);
    if (error == CL_SUCCESS)
        error = clWaitForEvents(1, &event);
    *us = clock_us() - start;
    clReleaseEvent(event);
    return error == CL_SUCCESS ? EXIT_DONE
                               : complain(EXIT_FAILED, "case \"%s\" failed on the device (OpenCL error %d)",
                                          s->measured.text, error);
}

/* Every plan once; they take turns in being the first. Before it is timed, each finds the caches as it leaves
 * them itself. */
static int time_round(stage *s, const contest *c, size_t round)
{
    int status = EXIT_DONE;
    for (size_t i = 0; i < c->count && status == EXIT_DONE; i++) {
        const size_t which = (round + i) % c->count;
        double us;
        if (s->cached)
            status = time_plan(s, s->plans[which], &us);
        if (status == EXIT_DONE)
            status = time_plan(s, s->plans[which], &s->times[which][round]);
    }
    return status;
}

static int time_rounds(stage *s, const contest *c, size_t *rounds)
{
    const double end = clock_us() + case_us;
    int status = time_round(s, c, 0); /* warms up: the next takes its place */
    const size_t most = c->rounds > 0 ? c->rounds : MOST_ROUNDS;
    for (*rounds = 0; status == EXIT_DONE && *rounds < most; (*rounds)++) {
        if (*rounds >= LEAST_ROUNDS && clock_us() > end)
            break;
        status = time_round(s, c, *rounds);
    }
    return status;
}

static int run_case(contest *c, const char *text)
{
    static stage s; /* large */
    size_t rounds = 0;
    s = (stage){.data.buffers = clnorm_buffers_none()};
    int status = create_stage(&s, c, text);
    if (status == EXIT_DONE)
        status = time_rounds(&s, c, &rounds);
    const double usual = median(s.times[0], rounds);
    for (size_t i = 0; i < c->count && status == EXIT_DONE && usual > 0; i++) {
        const double share = median(s.times[i], rounds) / usual;
        c->logs[i] += log(share);
        c->worst[i] = fmax(c->worst[i], share);
    }
    c->cases += usual > 0;
    destroy_stage(&s, c);
    return status;
}

/* What a value saves of the usual one's time, on average; 0 if that is too little, or it loses too much. */
static double gain_of(const contest *c, size_t index)
{
    const double gain = c->cases > 0 ? 1 - exp(c->logs[index] / (double)c->cases) : 0;
    return gain >= least_gain && c->worst[index] <= 1 + most_loss ? gain : 0;
}

static size_t winner(const contest *c)
{
    size_t best = 0;
    for (size_t i = 1; i < c->count; i++)
        if (gain_of(c, i) > gain_of(c, best))
            best = i;
    return best;
}

static size_t case_count(const tune_value *measured, bool quick)
{
    size_t count = 0;
    while (!quick && count < TUNE_MOST_CASES && measured->cases[count])
        count++;
    return quick ? 1 : count;
}

size_t tune_steps(const tune_value *measured, bool quick)
{
    return case_count(measured, quick);
}

static int run_cases(contest *c, const tune_value *measured, bool quick, void (*step)(void *user), void *user)
{
    int status = EXIT_DONE;
    for (size_t i = 0; i < case_count(measured, quick) && status == EXIT_DONE; i++) {
        if (step)
            step(user);
        status = run_case(c, quick ? measured->quick : measured->cases[i]);
    }
    return status;
}

int tune_measure(tune_result *result, clnorm_context *context, const tune_value *measured, bool quick,
                 void (*step)(void *user), void *user)
{
    contest all = {
        .context = context, .name = measured->name, .count = 1, .rounds = quick ? QUICK_ROUNDS : 0};
    contest two = all;
    *result = (tune_result){0, 0};
    for (size_t i = 0; i < TUNE_MOST_CANDIDATES && measured->candidates[i] > 0; i++)
        all.values[all.count++] = measured->candidates[i];
    int status = run_cases(&all, measured, quick, step, user);
    const size_t best = winner(&all);
    if (status == EXIT_DONE && best > 0) {
        two.values[two.count++] = all.values[best];
        status = run_cases(&two, measured, quick, NULL, NULL);
        result->gain = status == EXIT_DONE ? gain_of(&two, 1) : 0;
        result->value = result->gain > 0 ? all.values[best] : 0;
    }
    if (clnorm_tuning_set(context, measured->name, result->value) != CLNORM_OK && status == EXIT_DONE)
        status = complain_library();
    return status;
}
