/* Undoes what the file of a vector width defined, so that another can be included. */
#undef LANES
#undef V
#undef NAME
#undef ALL
#undef LOAD
#undef STORE
#undef LOAD_PRIVATE
#undef STORE_PRIVATE
#undef INTEGERS
#undef AS_INTEGERS
#undef AS_REALS
#undef CONVERT_INTEGERS
#undef CONVERT_REALS

/* Files that formulas, accumulators and nests share are included once for each width. */
#undef HAS_PAIR
#undef HAS_SCALES
#undef HAS_POWERS
#undef HAS_SCALED
#undef HAS_ROOTS
#undef HAS_OPERANDS
#undef HAS_GROUPS
#undef HAS_SAVE_GRADIENT
