/* Checkpoints of a process that is killed at any moment: the file is the old one or the new one. */
#define _POSIX_C_SOURCE 200809L /* kill, nanosleep */
#include "checkpoint_rig.h"
#include "safetensors.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

enum { KILLS = 30, LARGE = 1 << 16 };

static void set_large(const rig *r, float value)
{
    float *values = malloc(LARGE * sizeof *values);
    for (size_t i = 0; i < LARGE; i++)
        values[i] = value;
    for (size_t i = 0; i < 4; i++)
        must(clnorm_variable_write(r->model, clnorm_model_variable(r->model, i), values, LARGE));
    free(values);
}

/* Saves 1s, 2s, 1s, ... until it is killed; says on the pipe when the first is saved. */
static void save_for_ever(int ready)
{
    rig r = rig_open(1);
    rig_layer(&r, "large", LARGE);
    for (float value = 1;; value = 3 - value) {
        set_large(&r, value);
        for (int i = 0; i < 4; i++) {
            must(clnorm_model_save(r.model, checkpoint_path));
            if (write(ready, "", 1) != 1)
                _exit(1);
        }
    }
}

/* Whole, and all 1 or all 2. */
static void check_large(void)
{
    static const char *const names[] = {"large/beta", "large/gamma", "large/moving_mean",
                                        "large/moving_variance"};
    safetensors *file = safetensors_open(checkpoint_path);
    ck_assert_msg(file != NULL, "the file is no safetensors file");
    double first = 0;
    for (size_t v = 0; v < 4; v++) {
        safetensors_entry entry;
        ck_assert_msg(safetensors_find(file, names[v], &entry) && entry.count == LARGE, "no %s", names[v]);
        double *values = safetensors_values(&entry);
        first = v == 0 ? values[0] : first;
        ck_assert(first == 1 || first == 2);
        for (size_t i = 0; i < LARGE; i++)
            ck_assert_msg(values[i] == first, "%s has %g at %zu, not %g", names[v], values[i], i, first);
        free(values);
    }
    safetensors_close(file);
}

START_TEST(killed)
{
    size_t saves = 0;
    for (long kill_number = 0; kill_number < KILLS; kill_number++) {
        int ends[2];
        char byte;
        ck_assert_int_eq(pipe(ends), 0);
        const pid_t child = fork();
        if (child == 0) {
            close(ends[0]);
            save_for_ever(ends[1]);
        }
        close(ends[1]);
        ck_assert_msg(read(ends[0], &byte, 1) == 1, "the child saved nothing");
        const struct timespec moment = {0, 7300000 * kill_number % 100000000 + 131000 * kill_number};
        nanosleep(&moment, NULL);
        ck_assert_int_eq(kill(child, SIGKILL), 0);
        ck_assert_int_eq(waitpid(child, NULL, 0), child);
        while (read(ends[0], &byte, 1) == 1)
            saves++;
        close(ends[0]);
        check_large();
    }
    ck_assert_uint_gt(saves, KILLS); /* they were busy */
    rig r = rig_open(2);
    rig_layer(&r, "large", LARGE);
    must(clnorm_model_load(r.model, checkpoint_path, NULL));
    must(clnorm_model_save(r.model, checkpoint_path)); /* whatever the killed ones left beside it */
    rig_close(&r);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("checkpoint_killed");
    TCase *tcase = tcase_create("killed");
    tcase_add_checked_fixture(tcase, checkpoint_set_up, checkpoint_tear_down);
    tcase_set_timeout(tcase, 300);
    suite_add_tcase(suite, tcase);
    tcase_add_test(tcase, killed);
    return run_suite(suite);
}
