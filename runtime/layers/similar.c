#include "layers/similar.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static bool same(char a, char b)
{
    if (a == '/' || b == '/') /* Keras's and TensorFlow's; PyTorch's is a dot */
        return a == b || a == '.' || b == '.';
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Characters that both end in, and from there on as many as both begin with. */
static size_t common(const char *a, const char *b)
{
    const size_t a_length = strlen(a), b_length = strlen(b);
    const size_t shorter = a_length < b_length ? a_length : b_length;
    size_t end = 0, begin = 0;
    while (end < shorter && same(a[a_length - 1 - end], b[b_length - 1 - end]))
        end++;
    while (begin < shorter - end && same(a[begin], b[begin]))
        begin++;
    return end + begin;
}

void similar_offer(similar *best, const char *name)
{
    const size_t wanted = strlen(best->wanted), offered = strlen(name), score = common(best->wanted, name);
    const size_t shorter = wanted < offered ? wanted : offered;
    if (2 * score <= shorter || score < best->score ||
        (score == best->score && strlen(best->name) <= offered))
        return;
    best->name = name;
    best->score = score;
}
