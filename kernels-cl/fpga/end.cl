/* Undoes what an operation defined, so that the next one can be included. The macros that rename functions
 * (fpga/names.cl) stay defined. */
#undef INSTANCE
#undef WORK_MAP
#undef WORK_REDUCE_MAP
#undef WORK_WINDOW
#undef BACKWARD
#undef ACCUMULATES
#undef CONSTANT_STATISTICS
#undef OPERANDS
#undef FORMULA_OPERANDS
#undef SOURCES
#undef SOURCES_BIND
#undef RESULT
#undef LOAD_KNOWN
#undef ACCUMULATOR_FIELDS
#undef FEW_ROWS
#undef FORMULA_ARGUMENTS
#undef FORMULA_HAS_EXTREMES
#undef FORMULA_RESCALED
