/* Whether tensors in one piece of memory have an element in common, also where they lie between each other.
 */
#ifndef CLNORM_EXECUTE_SHARED_ELEMENTS_H
#define CLNORM_EXECUTE_SHARED_ELEMENTS_H

#include <clnorm/clnorm.h>

/* `a_first` and `b_first`: where their first elements lie, in elements. Both must be checked tensors. Exact,
 * except that layouts for which the search would take too long count as sharing. */
bool share_elements(const clnorm_tensor *a, size_t a_first, const clnorm_tensor *b, size_t b_first);

#endif
