/* The functions that follow work on vectors of 16 values, and their names end in _16. */
#include "lanes/none.cl"
#define LANES                    16
#define V                        float16
#define NAME(name)               PASTE(name, _16)
#define ALL(condition)           all_of(condition)
#define LOAD(from)               load_16(from)
#define STORE(value, to)         store_16(value, to)
#define LOAD_PRIVATE(from)       load_private_16(from)
#define STORE_PRIVATE(value, to) store_private_16(value, to)
#define INTEGERS                 int16
#define AS_INTEGERS              as_int16
#define AS_REALS                 as_float16
#define CONVERT_INTEGERS         convert_int16
#define CONVERT_REALS            convert_float16

#include "lanes/memory.cl"
