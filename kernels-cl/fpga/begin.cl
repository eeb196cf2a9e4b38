/* Included before each formula of the image: the operation's tensors, and the functions on single values. */
#undef SOURCES
#undef SOURCES_BIND
#ifndef ACCUMULATES
#define ACCUMULATES 0
#endif
#include "tensors.cl"
#include "lanes/1.cl"
#include "fpga/words.cl"
