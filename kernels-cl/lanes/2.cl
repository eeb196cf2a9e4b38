/* The functions that follow work on vectors of 2 values, and their names end in _2. */
#include "lanes/none.cl"
#define LANES            2
#define V                float2
#define NAME(name)       PASTE(name, _2)
#define ALL(condition)   all(condition)
#define LOAD(from)       vload2(0, from)
#define STORE(value, to) vstore2(value, 0, to)
#define LOAD_PRIVATE     LOAD
#define STORE_PRIVATE    STORE
#define INTEGERS         int2
#define AS_INTEGERS      as_int2
#define AS_REALS         as_float2
#define CONVERT_INTEGERS convert_int2
#define CONVERT_REALS    convert_float2
