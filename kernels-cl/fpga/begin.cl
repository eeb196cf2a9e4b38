/* Included before each formula of the image: defaults, and the functions on single values. */
#undef SOURCES
#undef SOURCES_BIND
#ifndef ACCUMULATES
#define ACCUMULATES 0
#endif
#ifndef OPERANDS
#define OPERANDS 0
#endif
#include "lanes/1.cl"
