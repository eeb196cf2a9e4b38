/* What one process has in common for verdict.h: its token, and who may work at once. */
#ifndef CLNORM_PROGRAMS_VERDICT_PROCESS_H
#define CLNORM_PROGRAMS_VERDICT_PROCESS_H

#include "programs/verdict_file.h"

/* Random, the same for all threads, another after fork. False without a source of randomness. */
bool verdict_process_token(unsigned char token[VERDICT_TOKEN_SIZE]);

/* Of the process's markers, one after the other. */
unsigned verdict_process_number(void);

/* Waits until this thread may work: alone, or together with others. */
void verdict_process_enter(bool alone);
void verdict_process_leave(bool alone);

#endif
