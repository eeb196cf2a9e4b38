/*
 * The builtin functions of OpenCL C that the cpu schedule calls, as code that clang inlines, for
 * bench/cycles. Without this file they would be calls in the inner loops, which they are in no program that a
 * driver makes. Each is written as PoCL 3.1 has it on x86-64. Types and as_<type> come from clang's
 * opencl-c-base.h.
 */

#define BUILTIN   static inline __attribute__((overloadable, always_inline))
#define INTRINSIC __attribute__((overloadable, const))

/* The place of the work-item, which PoCL passes in memory. */
extern __constant ulong place_of_item[3];
#define get_global_id(dimension) (place_of_item[dimension])

/* Memory: of 16 values, the kernels have their own functions (lanes/memory.cl). */
typedef float4 __attribute__((aligned(4))) unaligned_float4;
#define STORE8(type)                                                                                         \
    typedef type##8 __attribute__((aligned(4))) unaligned_##type##8;                                         \
    BUILTIN void vstore8(type##8 value, ulong at, type *to)                                                  \
    {                                                                                                        \
        ((unaligned_##type##8 *)to)[at] = value;                                                             \
    }
STORE8(float)
STORE8(uint)
STORE8(ulong)
#define vload4(at, from)       (((const __global unaligned_float4 *)(from))[at])
#define vload8(at, from)       (((const __global unaligned_float8 *)(from))[at])
#define vstore4(value, at, to) (((unaligned_float4 *)(to))[at] = (value))

/* Whole numbers */
#define min                    of_opencl_min
#define max                    of_opencl_max
#define clamp                  of_opencl_clamp
#define LIMITS(type)                                                                                         \
    BUILTIN type min(type a, type b)                                                                         \
    {                                                                                                        \
        return a < b ? a : b;                                                                                \
    }                                                                                                        \
    BUILTIN type max(type a, type b)                                                                         \
    {                                                                                                        \
        return a < b ? b : a;                                                                                \
    }                                                                                                        \
    BUILTIN type clamp(type value, type least, type most)                                                    \
    {                                                                                                        \
        return min(max(value, least), most);                                                                 \
    }
LIMITS(int)
LIMITS(uint)
LIMITS(long)
LIMITS(ulong)
LIMITS(int16)

/* Selection: by the sign bit of each lane, or by whether a single value is 0. */
#define select of_opencl_select
BUILTIN float16 select(float16 a, float16 b, int16 condition)
{
    return condition < 0 ? b : a;
}
BUILTIN int16 select(int16 a, int16 b, int16 condition)
{
    return condition < 0 ? b : a;
}
BUILTIN float select(float a, float b, int condition)
{
    return condition ? b : a;
}
BUILTIN int select(int a, int b, int condition)
{
    return condition ? b : a;
}

/* fma and sqrt, by the names of LLVM's intrinsics. A type wider than the processor's vectors would be passed
 * in memory, which an intrinsic's arguments cannot be, so it is cut in two. */
#define fma  of_opencl_fma
#define sqrt of_opencl_sqrt
INTRINSIC float fma(float a, float b, float c) __asm("llvm.fma.f32");
INTRINSIC float sqrt(float value) __asm("llvm.sqrt.f32");
#if __AVX512F__
INTRINSIC float16 fma(float16 a, float16 b, float16 c) __asm("llvm.fma.v16f32");
INTRINSIC float16 sqrt(float16 value) __asm("llvm.sqrt.v16f32");
#else
INTRINSIC float8 fma(float8 a, float8 b, float8 c) __asm("llvm.fma.v8f32");
INTRINSIC float8 sqrt(float8 value) __asm("llvm.sqrt.v8f32");
BUILTIN float16 fma(float16 a, float16 b, float16 c)
{
    return (float16)(fma(a.lo, b.lo, c.lo), fma(a.hi, b.hi, c.hi));
}
BUILTIN float16 sqrt(float16 value)
{
    return (float16)(sqrt(value.lo), sqrt(value.hi));
}
#endif

#define fabs     of_opencl_fabs
#define rint     of_opencl_rint
#define rsqrt    of_opencl_rsqrt
#define fmin     of_opencl_fmin
#define fmax     of_opencl_fmax
#define isfinite of_opencl_isfinite
#define isnan    of_opencl_isnan
#define ldexp    of_opencl_ldexp
#define copysign of_opencl_copysign
/* A NaN loses against a number; finite is what, without its sign, is less than infinity. rint works on whole
 * numbers, and leaves alone what has no fraction. ldexp multiplies by a power of two in five parts, four of
 * them alike, so that none leaves the range. */
#define FUNCTIONS(type, whole, bits)                                                                         \
    BUILTIN type fabs(type value)                                                                            \
    {                                                                                                        \
        return __builtin_astype(__builtin_astype(value, bits) & 0x7fffffffu, type);                          \
    }                                                                                                        \
    BUILTIN type rsqrt(type value)                                                                           \
    {                                                                                                        \
        return 1.0f / sqrt(value);                                                                           \
    }                                                                                                        \
    BUILTIN type fmin(type a, type b)                                                                        \
    {                                                                                                        \
        return b != b ? a : a < b ? a : b;                                                                   \
    }                                                                                                        \
    BUILTIN type fmax(type a, type b)                                                                        \
    {                                                                                                        \
        return b != b ? a : a > b ? a : b;                                                                   \
    }                                                                                                        \
    BUILTIN type clamp(type value, type least, type most)                                                    \
    {                                                                                                        \
        return fmin(fmax(value, least), most);                                                               \
    }                                                                                                        \
    BUILTIN whole isfinite(type value)                                                                       \
    {                                                                                                        \
        return __builtin_astype(value, bits) << 1 < (bits)(0xff000000u);                                     \
    }                                                                                                        \
    BUILTIN whole isnan(type value)                                                                          \
    {                                                                                                        \
        return __builtin_astype(value, bits) << 1 > (bits)(0xff000000u);                                     \
    }                                                                                                        \
    BUILTIN type copysign(type value, type sign)                                                             \
    {                                                                                                        \
        return __builtin_astype((__builtin_astype(value, bits) & 0x7fffffffu) |                              \
                                    (__builtin_astype(sign, bits) & 0x80000000u),                            \
                                type);                                                                       \
    }                                                                                                        \
    BUILTIN type rint(type value)                                                                            \
    {                                                                                                        \
        const type raised = value + 0.5f;                                                                    \
        const whole cut = CONVERTED(raised, whole);                                                          \
        const type rest = raised - CONVERTED(cut, type);                                                     \
        const whole down = rest < 0.0f || ((cut & 1) != 0 && rest == 0.0f);                                  \
        const type kept = value == 0x1.000002p-1f ? (type)(0.0f) : raised;                                   \
        const type rounded = copysign(kept - (down ? rest + 1.0f : rest), value);                            \
        return fabs(value) >= 0x1p+23f ? value : rounded;                                                    \
    }                                                                                                        \
    BUILTIN type ldexp(type value, whole exponent)                                                           \
    {                                                                                                        \
        const whole known = max(exponent, (whole)(-2000)), sign = known >> 31;                               \
        const whole part = ((sign + known) >> 6) - sign, rest = known - (part << 6);                         \
        whole four = min(part << 4, (whole)(128)) + 127, one = rest + 127;                                   \
        four = part > -8 ? four << 23 : (whole)(0);                                                          \
        const type power = __builtin_astype(four, type);                                                     \
        const type product = value * power * power * power * power * __builtin_astype(one << 23, type);      \
        return value == 0.0f || !isfinite(value) ? value : product;                                          \
    }
#define CONVERTED(value, type) ((type)(value))
FUNCTIONS(float, int, uint)
#undef CONVERTED
#define CONVERTED __builtin_convertvector
FUNCTIONS(float16, int16, uint16)

#define convert_char16(value)  __builtin_convertvector(value, char16)
#define convert_int16(value)   __builtin_convertvector(value, int16)
#define convert_float16(value) __builtin_convertvector(value, float16)
#define convert_uint8(value)   __builtin_convertvector(value, uint8)
#define convert_int(value)     ((int)(value))
#define convert_float(value)   ((float)(value))

/* Global memory is what the segment register gs points to: so its loads and stores can be told from others.
 */
#define __global               __attribute__((address_space(256)))
#define __kernel
