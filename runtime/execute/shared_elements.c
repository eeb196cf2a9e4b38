/*
 * Tensors a and b share an element if there are indices i of a and j of b with
 *
 *   a_first + sum(a_stride * i) = b_first + sum(b_stride * j)
 *
 * With b's indices counted from the end, this becomes a sum of steps that are all positive: each axis of a or
 * b gives a step, its stride, that may be taken 0 to size - 1 times. The question is whether the steps can
 * add up to the distance from a's first element to b's last. A recursive search takes the longest steps
 * first. It stops where the shorter steps together do not reach the rest, or where the rest is no multiple of
 * their greatest common divisor.
 */
#include "execute/shared_elements.h"

#include <clnorm/ops.h>

enum { MOST_STEPS = 2 * CLNORM_MAX_RANK, MOST_TRIES = 20000 };

/* A step of `length` elements that may be taken 0 to `most` times. */
typedef struct step {
    size_t length, most;
    size_t reach;   /* the longest distance with this step and all shorter ones */
    size_t divisor; /* the greatest common divisor of their lengths */
} step;

/* All steps, from the longest to the shortest; steps of equal length are merged. */
typedef struct walk {
    step steps[MOST_STEPS];
    unsigned count, tries;
} walk;

static void add_step(walk *w, size_t length, size_t most)
{
    unsigned at = 0;
    while (at < w->count && w->steps[at].length > length)
        at++;
    if (at < w->count && w->steps[at].length == length) {
        w->steps[at].most += most;
        return;
    }
    for (unsigned i = w->count++; i > at; i--)
        w->steps[i] = w->steps[i - 1];
    w->steps[at] = (step){.length = length, .most = most};
}

/* False if there are no elements. */
static bool add_tensor(walk *w, const clnorm_tensor *tensor)
{
    for (unsigned axis = 0; axis < tensor->rank; axis++) {
        if (tensor->dims[axis] == 0)
            return false;
        if (tensor->dims[axis] > 1 && tensor->strides[axis] > 0)
            add_step(w, tensor->strides[axis], tensor->dims[axis] - 1);
    }
    return true;
}

static size_t common_divisor(size_t a, size_t b)
{
    while (b != 0) {
        const size_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static void sum_up(walk *w)
{
    size_t reach = 0, divisor = 0;
    for (unsigned i = w->count; i-- > 0;) {
        reach += w->steps[i].length * w->steps[i].most;
        divisor = common_divisor(w->steps[i].length, divisor);
        w->steps[i].reach = reach;
        w->steps[i].divisor = divisor;
    }
}

/* Whether the steps from `first` on can add up to `distance`. True after MOST_TRIES, if not known by then. */
static bool comes_to(walk *w, unsigned first, size_t distance)
{
    if (distance == 0)
        return true;
    if (first == w->count || distance > w->steps[first].reach || distance % w->steps[first].divisor != 0)
        return false;
    if (++w->tries > MOST_TRIES)
        return true;
    const step *s = &w->steps[first];
    const size_t shorter = first + 1 < w->count ? w->steps[first + 1].reach : 0;
    const size_t least = distance > shorter ? (distance - shorter + s->length - 1) / s->length : 0;
    size_t times = distance / s->length < s->most ? distance / s->length : s->most;
    while (times >= least) {
        if (comes_to(w, first + 1, distance - times * s->length))
            return true;
        if (times-- == 0)
            break;
    }
    return false;
}

bool share_elements(const clnorm_tensor *a, size_t a_first, const clnorm_tensor *b, size_t b_first)
{
    walk w = {.count = 0};
    if (!add_tensor(&w, a) || !add_tensor(&w, b))
        return false;
    const size_t b_last = b_first + clnorm_tensor_span(b) - 1;
    sum_up(&w);
    return b_last >= a_first && comes_to(&w, 0, b_last - a_first);
}
