/* Operations, modes and attributes by the names that stand on a command line. */
#ifndef CLNORM_TOOLS_OP_WORDS_H
#define CLNORM_TOOLS_OP_WORDS_H

#include <clnorm/ops.h>

enum { LIST_SIZE = 1024, NEEDED_SIZE = 80 };

/* Appends ", name" to a list in a sentence; what does not fit is left out. */
void append_name(char list[LIST_SIZE], const char *prefix, const char *name);

/* In all names a dash is as good as an underscore. */

/* NULL if there is none. */
const clnorm_op_info *op_named(const char *written);

/* Both complain, with what there is, and return an exit status. */
int find_op(const char *name, const clnorm_op_info **info);
int find_mode(const clnorm_op_info *info, const char *name, clnorm_mode *mode,
              const clnorm_mode_info **mode_info);

/* NULL if there is none. */
const clnorm_attribute_info *find_attribute(const clnorm_op_info *info, const char *name, size_t *index);

/* Sets the attribute to what is written. False if that is no value of its type. */
bool set_attribute(clnorm_op *op, const clnorm_attribute_info *attribute, const char *text);

/* What a value of this attribute is, for a sentence: "an integer from 0 to 100". */
const char *needed_value(const clnorm_attribute_info *attribute, char text[NEEDED_SIZE]);

#endif
