/*
 * What every program starts with: types, exact arithmetic, memory access.
 *
 * A program is the text of this file, then for each vector width that its loop nest wants lanes/<n>.cl
 * followed by the operation's formula, then one loop nest. The host defines:
 *   INDEX_BITS        32 or 64: what an element's index needs
 *   STREAM            1: results will not be read back soon, so stores may bypass the cache
 *   BACKWARD          1: there is a dy beside x, and y is dx
 *   ACCUMULATES       1: results are added to what is there
 *   OPERANDS          1: the formula has operands besides x and dy (tensors.cl)
 *   OPERANDS_VARY     0: each operand is the same for all values that follow each other in x (cpu/gap_*.cl)
 *   ROW               the length of rows, 2 to 16, where the nest is compiled for it (cpu/rows.cl); else 0
 *   CLANG_BUILTINS    1: the driver is known to handle clang's extensions (runtime/devices/quirks.c); without
 *                     this the text is OpenCL C 1.2. __has_builtin would not do: a compiler may know a
 *                     function for which its driver cannot generate code
 *   NO_ALWAYS_INLINE  1: the driver does not handle the attribute always_inline (the same file)
 */

/* The code computes rounding errors on purpose. So the compiler must not fuse a*b+c by itself: only calls of
 * fma are fused. */
#pragma OPENCL FP_CONTRACT OFF

#ifndef ACCUMULATES
#define ACCUMULATES 0
#endif
#ifndef OPERANDS
#define OPERANDS 0
#endif
#ifndef OPERANDS_VARY
#define OPERANDS_VARY 1
#endif
#ifndef ROW
#define ROW 0
#endif

typedef float real;
#if INDEX_BITS == 64
typedef ulong index_t;
#define CONVERT_INDEX8 convert_ulong8
#else
typedef uint index_t;
#define CONVERT_INDEX8 convert_uint8
#endif

/* A buffer argument and its offset in elements; absent buffers are null whatever their offset. */
#define INPUT(name)          __global const real *name, ulong name##_offset
#define OUTPUT(name)         __global real *name, ulong name##_offset
#define AT_OFFSET(name)      ((name) ? (name) + name##_offset : 0)

/*
 * A formula names its arguments once, in the order in which kernels take them:
 *
 *   #define FORMULA_ARGUMENTS(INPUT, OUTPUT, REAL, PAIR, INT, AND) INPUT(gamma) AND PAIR(epsilon) AND ...
 *
 * A PAIR is a double in two floats: `name`, the nearest one, and `name_rest`, what that leaves.
 * FORMULA_PARAMETERS is the list as parameters of a kernel, FORMULA_STRUCT declares the struct `formula` of
 * them, and FORMULA_BIND fills one. The host reads the list, too: runtime/operations/arguments.h.
 */
#define COMMA                ,
#define INPUT_FIELD(name)    __global const real *name
#define OUTPUT_FIELD(name)   __global real *name
#define REAL_FIELD(name)     real name
#define PAIR_FIELD(name)     real name, name##_rest
#define INT_FIELD(name)      int name
#define PAIR_PARAMETER(name) real name, real name##_rest
#define ITSELF(name)         name
#define BOTH(name)           name, name##_rest
#define FORMULA_PARAMETERS   FORMULA_ARGUMENTS(INPUT, OUTPUT, REAL_FIELD, PAIR_PARAMETER, INT_FIELD, COMMA)
#define FORMULA_STRUCT                                                                                       \
    typedef struct formula {                                                                                 \
        FORMULA_ARGUMENTS(INPUT_FIELD, OUTPUT_FIELD, REAL_FIELD, PAIR_FIELD, INT_FIELD, ;);                  \
    } formula
#define FORMULA_BIND                                                                                         \
    {                                                                                                        \
        FORMULA_ARGUMENTS(AT_OFFSET, AT_OFFSET, ITSELF, BOTH, ITSELF, COMMA)                                 \
    }

#define PASTE_(a, b) a##b
#define PASTE(a, b)  PASTE_(a, b)

/* For functions that are called for every vector. They are always inlined: PoCL 3.1 otherwise passes vectors
 * through memory. All other functions are static, so that no copy stays in the program where they were
 * inlined: drivers read the whole program at each start. oclgrind 21.10, whose target is SPIR, cannot load a
 * program in which functions were forced inline, so there the attribute is left out. */
#if CLANG_BUILTINS && defined(__SPIR__)
#define INLINED static
#elif defined(__has_attribute) && !defined(__SPIR__) && !NO_ALWAYS_INLINE
#if __has_attribute(always_inline)
#define INLINED static inline __attribute__((always_inline))
#endif
#endif
#ifndef INLINED
#define INLINED static inline
#endif

/* For functions that only values at the ends of fp32's range need. They are not inlined: the compiler would
 * make a copy at every place that may call them. */
#if CLANG_BUILTINS && !defined(__SPIR__)
#define RARE static __attribute__((noinline))
#else
#define RARE static
#endif

#include "parameters.cl"
