/* Operations, modes and attributes by the names that stand on a command line. */
#ifndef CLNORM_TOOLS_OP_WORDS_H
#define CLNORM_TOOLS_OP_WORDS_H

#include <clnorm/ops.h>

enum { LIST_SIZE = 1024 };

/* Appends ", name" to a list in a sentence; what does not fit is left out. */
void append_name(char list[LIST_SIZE], const char *prefix, const char *name);

/* Both complain, with what there is, and return an exit status. */
int find_op(const char *name, const clnorm_op_info **info);
int find_mode(const clnorm_op_info *info, const char *name, clnorm_mode *mode,
              const clnorm_mode_info **mode_info);

/* A dash is as good as an underscore. NULL if there is none. */
const clnorm_attribute_info *find_attribute(const clnorm_op_info *info, const char *name, size_t *index);

/* Sets the attribute to what is written. False if that is no value of its type. */
bool set_attribute(clnorm_op *op, const clnorm_attribute_info *attribute, const char *text);

/* What a value of this type is, for a sentence: "an integer". */
const char *needed_value(clnorm_attribute_type type);

#endif
