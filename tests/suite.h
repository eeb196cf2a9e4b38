/* What the main function of every test program does. */
#ifndef CLNORM_TESTS_SUITE_H
#define CLNORM_TESTS_SUITE_H

#include <check.h>
#include <stdlib.h>

#undef fail /* Check's old name for ck_abort_msg, which hides the library's own function */

static inline int run_suite(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
