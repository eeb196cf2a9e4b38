/*
 * tuning.json: whatever it holds, every value is in range and a problem is solved; what is stored is found
 * again, and leaves what other devices have as it was.
 *
 * An input is the file, in which @VERSION stands for the version of this library.
 */
#include "fuzz.h"

#include "base/version_text.h"
#include "choose/choose.h"
#include "operations/op.h"
#include "programs/tuning_file.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const tuning_key keys[] = {
    {"cpu", "pocl", "3.1", 2}, {"cpu", "pocl", "3.1", 8}, {"gpu", "", "1", 64}, {"b\xff", "\"", "\n", 0}};
enum { KEYS = sizeof keys / sizeof *keys, VERSION_SIZE = sizeof VERSION_TEXT - 1 };

/* The text with the version in its places, which the caller frees. */
static char *expand(const uint8_t *data, size_t size, size_t *length)
{
    static const char place[] = "@VERSION";
    char *text = malloc(size * VERSION_SIZE + 1), *at = text;
    fuzz_require(text != NULL, "no memory");
    for (size_t i = 0; i < size;) {
        if (size - i >= sizeof place - 1 && memcmp(data + i, place, sizeof place - 1) == 0) {
            memcpy(at, VERSION_TEXT, VERSION_SIZE);
            at += VERSION_SIZE;
            i += sizeof place - 1;
        } else {
            *at++ = (char)data[i++];
        }
    }
    *length = (size_t)(at - text);
    return text;
}

static tuning load(size_t index)
{
    tuning values;
    memset(&values, 0xa5, sizeof values);
    tuning_file_load(fuzz_path(""), &keys[index], &values);
    for (size_t i = 0; i < TUNING_COUNT; i++) {
        const clnorm_tuning_info *info = clnorm_tuning_info_get(i);
        const size_t value = values.values[i];
        fuzz_require(value == 0 || (value >= info->least && value <= info->most), "%s is %zu", info->name,
                     value);
    }
    return values;
}

static void check_choice(const clnorm_op *given, const tuning *values, clnorm_kernels schedule)
{
    clnorm_op op;
    const op_definition *definition;
    problem p = {.one_path = false};
    choice chosen;
    const caps device = {.type = CL_DEVICE_TYPE_CPU,
                         .compute_units = 2,
                         .max_work_group_size = 256,
                         .max_work_item_size = 256,
                         .local_memory = 32768,
                         .address_bits = 64,
                         .compiler = true,
                         .tuning = *values};
    fuzz_require(op_import(given, &op, &definition) == CLNORM_OK && definition->lower(&op, 0, &p),
                 "no problem: %s", clnorm_last_error());
    fuzz_require(choose(&p, &device, schedule, &chosen) == CLNORM_OK, "no choice: %s", clnorm_last_error());
    for (size_t i = 0; i < chosen.step_count; i++)
        fuzz_require(chosen.steps[i].global[0] > 0 && chosen.steps[i].local[0] > 0, "a launch of nothing");
}

static void check_choices(const tuning *values)
{
    clnorm_op op = clnorm_batch_normalization(clnorm_tensor_4d(CLNORM_F32, 4, 12, 12, 64));
    for (clnorm_kernels schedule = CLNORM_KERNELS_CPU; schedule <= CLNORM_KERNELS_GPU; schedule++) {
        op.mode = CLNORM_INFER;
        check_choice(&op, values, schedule);
        op.mode = CLNORM_TRAIN;
        check_choice(&op, values, schedule);
        clnorm_op window = clnorm_local_response_normalization(clnorm_tensor_3d(CLNORM_F32, 2, 64, 100));
        window.axis = 1;
        check_choice(&window, values, schedule);
    }
}

static bool is_same(const tuning *a, const tuning *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* The values of one device become others, and then the usual ones. */
static void check_store(size_t index)
{
    static const tuning some = {{1 << 20, 8, 0, 20000, 2, 1}}, none = {{0}};
    tuning before[KEYS], now;
    size_t size;
    for (size_t i = 0; i < KEYS; i++)
        before[i] = load(i);
    for (int round = 0; round < 2; round++) {
        const clnorm_status status = round == 0 ? tuning_file_store(fuzz_path(""), &keys[index], &some)
                                                : tuning_file_remove(fuzz_path(""), &keys[index]);
        fuzz_require(status == CLNORM_OK, "%s", clnorm_last_error());
        now = load(index);
        fuzz_require(is_same(&now, round == 0 ? &some : &none), "other values than those that were stored");
        for (size_t i = 0; i < KEYS; i++) {
            now = load(i);
            fuzz_require(i == index || is_same(&now, &before[i]), "device %zu has other values", i);
        }
        uint8_t *bytes = fuzz_read(fuzz_path(TUNING_FILE_NAME), &size);
        fuzz_require(bytes != NULL && size <= TUNING_FILE_SIZE, "a file of %zu bytes", size);
        free(bytes);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t length;
    char *text = expand(data, size, &length);
    fuzz_clear();
    fuzz_write(fuzz_path(TUNING_FILE_NAME), text, length);
    free(text);
    chmod(fuzz_path(TUNING_FILE_NAME), 0600);
    for (size_t i = 0; i < KEYS; i++) {
        const tuning values = load(i);
        check_choices(&values);
    }
    check_store(length % KEYS);
    return 0;
}
