/* Makes an allocation, or a call on files, of the library fail, and counts what it holds. The functions are
 * those that the linker's --wrap puts between the objects of this program and the C library; drivers keep
 * theirs. */
#ifndef CLNORM_TESTS_FAULTS_HOST_H
#define CLNORM_TESTS_FAULTS_HOST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

typedef enum host_kind { HOST_ALLOCATION, HOST_FILE, HOST_KINDS } host_kind;

typedef struct host_faults {
    /* Set by the test. Calls of the kind are counted, from 1, while `armed`. */
    bool armed;
    host_kind kind;
    size_t fail_at; /* the call that fails; 0: none */
    size_t code;    /* which of its errors it gives */

    size_t calls;
    const char *failed; /* the call that failed, or NULL */
    size_t code_count;  /* of that call's errors */
    int error;          /* which it gave */
    bool harmless; /* nothing may come of it: every caller has to repeat it, or was through with the file */
    bool vanished; /* a file of the call is gone: somebody else removed it */
    bool renamed;  /* a file has got its name since the counting began */

    bool counting;      /* blocks of memory: those of the test's own framework are nobody's business */
    atomic_long blocks; /* allocated and not freed while counting */
} host_faults;

extern host_faults host;

#endif
