/*
 * Driver:   rusticl on llvmpipe, Mesa 25.0 (Debian 13)
 * Should:   finish, or refuse to build
 * Happens:  "Unexpected llvm intrinsic: llvm.prefetch.p0" ends the process during the build, though the compiler
 *           says of itself that it __has_builtin(__builtin_prefetch)
 * Run:      run prefetch_builtin.cl 64 16
 */
__kernel void ask_ahead(__global float *right)
{
#if __has_builtin(__builtin_prefetch)
    __builtin_prefetch((const void *)(ulong)(right + get_global_id(0)), 0, 3);
#endif
    right[get_global_id(0)] = 1;
}
