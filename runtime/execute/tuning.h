/* A context's tuning (clnorm/tuning.h). */
#ifndef CLNORM_EXECUTE_TUNING_H
#define CLNORM_EXECUTE_TUNING_H

#include "execute/context.h"

/* Takes what stands in the file for the context's device. Its programs must be there. */
void context_load_tuning(clnorm_context *context);

/* What a plan that is made now takes. */
tuning context_tuning(const clnorm_context *context);

#endif
