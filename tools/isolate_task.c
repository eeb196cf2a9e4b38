#include "isolate_child.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const clnorm_kernels all_kernels[] = {CLNORM_KERNELS_CPU, CLNORM_KERNELS_GPU, CLNORM_KERNELS_FPGA};

void isolate_task_text(const isolate_task *task, char text[ISOLATE_TASK_SIZE])
{
    snprintf(text, ISOLATE_TASK_SIZE, "%s:%s:%s:%zu:%zu", kernels_name(task->kernels), task->info->name,
             task->mode->name, task->first, task->count);
}

static bool parse_count(const char *word, size_t *count)
{
    const size_t length = word ? strlen(word) : 0;
    if (length == 0 || length > 9 || strspn(word, "0123456789") != length)
        return false;
    *count = (size_t)strtoul(word, NULL, 10);
    return true;
}

bool isolate_task_parse(isolate_task *task, const char *text)
{
    enum { WORDS = 5 };
    char copy[ISOLATE_TASK_SIZE], *rest, *words[WORDS];
    *task = (isolate_task){.kernels = CLNORM_KERNELS_AUTO};
    if (strlen(text) >= sizeof copy)
        return false;
    strcpy(copy, text);
    for (int i = 0; i < WORDS; i++)
        if (!(words[i] = strtok_r(i == 0 ? copy : NULL, ":", &rest)))
            return false;
    for (size_t i = 0; i < sizeof all_kernels / sizeof all_kernels[0]; i++)
        if (strcmp(words[0], kernels_name(all_kernels[i])) == 0)
            task->kernels = all_kernels[i];
    task->info = clnorm_op_info_find(words[1]);
    for (size_t i = 0; task->info && i < task->info->mode_count; i++)
        if (strcmp(words[2], task->info->modes[i]->name) == 0)
            task->mode = task->info->modes[i];
    return task->kernels != CLNORM_KERNELS_AUTO && task->mode && parse_count(words[3], &task->first) &&
           parse_count(words[4], &task->count);
}
