/* What a load found, as it grows. */
#ifndef CLNORM_LAYERS_REPORT_H
#define CLNORM_LAYERS_REPORT_H

#include "base/status.h"
#include <clnorm/layers.h>

clnorm_status report_create(clnorm_load_report **report);
clnorm_status report_add(clnorm_names *list, const char *name);
void report_clear(clnorm_names *list);

#endif
