/* The functions that follow work on single values. */
#include "lanes/none.cl"
#define LANES            1
#define V                real
#define NAME(name)       name
#define ALL(condition)   (condition)
#define LOAD(from)       (*(from))
#define STORE(value, to) (*(to) = (value))
#define LOAD_PRIVATE     LOAD
#define STORE_PRIVATE    STORE
#define INTEGERS         int
#define AS_INTEGERS      as_int
#define AS_REALS         as_float
#define CONVERT_INTEGERS convert_int
#define CONVERT_REALS    convert_float
