/* The functions that follow work on vectors of 4 values, and their names end in _4. */
#include "lanes/none.cl"
#define LANES            4
#define V                float4
#define NAME(name)       PASTE(name, _4)
#define ALL(condition)   all(condition)
#define LOAD(from)       vload4(0, from)
#define STORE(value, to) vstore4(value, 0, to)
#define LOAD_PRIVATE     LOAD
#define STORE_PRIVATE    STORE
#define INTEGERS         int4
#define AS_INTEGERS      as_int4
#define AS_REALS         as_float4
#define CONVERT_INTEGERS convert_int4
#define CONVERT_REALS    convert_float4
