/*
 * fashion_train: what batch normalization does for a network that learns, as in the figure of Ioffe and
 * Szegedy, 2015 (https://arxiv.org/abs/1502.03167): the same network of sigmoids on Fashion-MNIST, with and
 * without batch normalization, at a learning rate and at ten times that rate.
 *
 *   fashion_train [PICTURE [CHECKPOINT [STEPS]]]
 *
 * Draws the four curves; saves the last network, loads it into a new one and expects the same accuracy.
 */
#include "check.h"
#include "curves.h"
#include "dataset.h"
#include "network.h"
#include "products.h"

#include <string.h>
#include <unistd.h>

#define DATASET "/usr/share/datasets/fashion-mnist/"
enum { STEPS = 2400, MOST_STEPS = 1000000, POINTS = 20, RUNS = 4, BAR = 24, SEED = 1 };
_Static_assert((int)POINTS <= (int)MOST_POINTS, "a curve has no place for so many points");

static const struct {
    bool batch_norm;
    float rate;
} runs[RUNS] = {{false, 0.15f}, {false, 1.5f}, {true, 0.15f}, {true, 1.5f}};

static void show_progress(const curve *of, size_t step, size_t steps, double loss)
{
    char bar[BAR + 1] = {0};
    memset(bar, '.', BAR);
    memset(bar, '#', BAR * step / steps);
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%-30s [%s] step %5zu   loss %.3f   accuracy %.4f", of->name, bar, step, loss,
                of->accuracy[of->count - 1]);
}

/* The rate falls in a straight line to zero. */
static void train(const clnorm_context *context, network *net, float rate, size_t steps, dataset *training,
                  const dataset *test, curve *found)
{
    dataset_rewind(training);
    const size_t batches = training->count / BATCH;
    for (size_t step = 0; step < steps; step++) {
        if (step % batches == 0)
            dataset_shuffle(context, training);
        const size_t first = step % batches * BATCH;
        network_train(net, training, first, rate * (float)(steps - step) / (float)steps);
        if ((step + 1) * POINTS / steps == step * POINTS / steps)
            continue;
        found->step[found->count] = step + 1;
        found->accuracy[found->count++] = network_accuracy(net, test);
        show_progress(found, step + 1, steps, network_loss(net, training, first));
    }
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K");
    printf("%-30s best test accuracy %.4f\n", found->name, curve_best(found));
    fflush(stdout);
}

/* What the two networks reached, each over both of its rates. */
static void compare(const curve *curves)
{
    double plain = 0;
    size_t plain_step = 0, step = 0;
    for (size_t i = 0; i < RUNS; i++) {
        if (!runs[i].batch_norm && curve_best(&curves[i]) > plain) {
            plain = curve_best(&curves[i]);
            plain_step = curve_reaches(&curves[i], plain);
        }
    }
    for (size_t i = 0; i < RUNS; i++) {
        const size_t at = runs[i].batch_norm ? curve_reaches(&curves[i], plain) : 0;
        step = at > 0 && (step == 0 || at < step) ? at : step;
    }
    printf("\nThe plain network's best, %.4f, took it %zu steps", plain, plain_step);
    if (step > 0)
        printf("; with batch normalization it took %zu, %.2f of them.\n", step,
               (double)step / (double)plain_step);
    else
        printf("; with batch normalization it was not reached.\n");
}

/* A network that has never learned anything becomes the one in the file. */
static bool check_checkpoint(clnorm_context *context, const char *path, const dataset *test, double expected)
{
    network *fresh = network_create(context, runs[RUNS - 1].batch_norm, SEED + 1);
    const double before = network_accuracy(fresh, test);
    CHECK(clnorm_model_load(network_model(fresh), path, NULL));
    const double after = network_accuracy(fresh, test);
    network_destroy(fresh);
    printf("%s: a new network has accuracy %.4f, and with these variables %.4f%s\n", path, before, after,
           after == expected ? ", as it was" : ", WHICH IT WAS NOT");
    return after == expected;
}

int main(int argc, char **argv)
{
    const char *picture = argc > 1 ? argv[1] : "fashion_train.png";
    const char *checkpoint = argc > 2 ? argv[2] : "fashion_train.safetensors";
    const long wanted = argc > 3 ? strtol(argv[3], NULL, 10) : STEPS;
    if (argc > 4 || wanted < POINTS || wanted > MOST_STEPS) {
        fprintf(stderr, "usage: %s [PICTURE [CHECKPOINT [STEPS]]]   (%d to %d STEPS)\n", argv[0], POINTS,
                MOST_STEPS);
        return 2;
    }
    const size_t steps = (size_t)wanted;
    clnorm_context *context;
    CHECK(clnorm_context_create(&context, NULL));
    tune_products(context);
    dataset training =
        dataset_open(context, DATASET "train-images-idx3-ubyte.gz", DATASET "train-labels-idx1-ubyte.gz");
    const dataset test =
        dataset_open(context, DATASET "t10k-images-idx3-ubyte.gz", DATASET "t10k-labels-idx1-ubyte.gz");
    printf("%zu images to learn, %zu to be tested with; %zu steps of %d images\n\n", training.count,
           test.count, steps, BATCH);

    static curve curves[RUNS];
    network *net = NULL;
    for (size_t i = 0; i < RUNS; i++) {
        network_destroy(net);
        net = network_create(context, runs[i].batch_norm, SEED);
        snprintf(curves[i].name, sizeof curves[i].name, "%s, rate %g",
                 runs[i].batch_norm ? "batch normalization" : "plain", (double)runs[i].rate);
        train(context, net, runs[i].rate, steps, &training, &test, &curves[i]);
    }
    compare(curves);
    CHECK(clnorm_model_save(network_model(net), checkpoint));
    const bool same =
        check_checkpoint(context, checkpoint, &test, curves[RUNS - 1].accuracy[curves[RUNS - 1].count - 1]);
    const bool drawn = curves_draw(curves, RUNS, picture);
    if (drawn)
        printf("%s: the four curves\n", picture);

    network_destroy(net);
    dataset_close(&test);
    dataset_close(&training);
    clnorm_context_destroy(context);
    return same && drawn ? 0 : 1;
}
