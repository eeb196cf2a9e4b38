/* The functions that follow work on words of WINDOW_VECTOR values, and their names end in _word. */
#include "lanes/none.cl"
#define LANES                    WINDOW_VECTOR
#define V                        PASTE(float, WINDOW_VECTOR)
#define NAME(name)               PASTE(name, _word)
#define ALL(condition)           all(condition)
#define LOAD(from)               PASTE(vload, WINDOW_VECTOR)(0, from)
#define STORE(value, to)         PASTE(vstore, WINDOW_VECTOR)(value, 0, to)
#define LOAD_PRIVATE(from)       LOAD(from)
#define STORE_PRIVATE(value, to) STORE(value, to)
#define INTEGERS                 PASTE(int, WINDOW_VECTOR)
#define AS_INTEGERS              PASTE(as_int, WINDOW_VECTOR)
#define AS_REALS                 PASTE(as_float, WINDOW_VECTOR)
#define CONVERT_INTEGERS         PASTE(convert_int, WINDOW_VECTOR)
#define CONVERT_REALS            PASTE(convert_float, WINDOW_VECTOR)
