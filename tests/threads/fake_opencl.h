/*
 * An OpenCL of one device that computes nothing, to link in place of the loader: then every thread that runs
 * is known to ThreadSanitizer, and no driver's own races are in its reports. Commands are done when they are
 * enqueued. Calls that OpenCL allows from any thread take a lock of their object; clSetKernelArg, which it
 * does not allow, takes none.
 *
 * A queue keeps a chain of hashes over what was launched on it: the kernel's name, its arguments, of buffers
 * the tag, and the sizes. So executions that mix up each other's arguments leave another chain than one
 * alone.
 */
#ifndef CLNORM_TESTS_THREADS_FAKE_OPENCL_H
#define CLNORM_TESTS_THREADS_FAKE_OPENCL_H

#include <clnorm/clnorm.h>

#include <stdatomic.h>
#include <stdint.h>

/* What stands for a buffer in the chains. Buffers start with their size as tag. */
void fake_tag(cl_mem mem, uint64_t tag);

/* The chain of a queue, which begins with 0, and begins again. */
uint64_t fake_chain(cl_command_queue queue);

/* References to objects of all kinds that are held. */
long fake_alive(void);

/* Programs that were compiled from source. */
unsigned fake_builds(void);

#endif
