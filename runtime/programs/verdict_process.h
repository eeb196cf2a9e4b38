/* State of this process for verdict.h: its token, and which threads may work on programs at the same time. */
#ifndef CLNORM_PROGRAMS_VERDICT_PROCESS_H
#define CLNORM_PROGRAMS_VERDICT_PROCESS_H

#include "programs/verdict_file.h"

/* The process's random token: the same for all threads, a new one after a fork. False if there are no random
 * numbers. */
bool verdict_process_token(unsigned char token[VERDICT_TOKEN_SIZE]);

/* A number for each marker of this process, ascending. */
unsigned verdict_process_number(void);

/* Waits until this thread may work: alone, or together with others. */
void verdict_process_enter(bool alone);
void verdict_process_leave(bool alone);

#endif
