/* Constants that are fixed when an image of the fpga kernels is built, and that its manifest records. The
 * library's C files include this, too. */
#define VECTOR         16  /* values a step */
#define SLOTS          256 /* accumulators that are filled in turn */
#define MERGE_DISTANCE 64  /* steps, at least, before a slot's turn comes again */
#define WINDOW_VECTOR  4   /* values a step of windows */
#define WINDOW_RADIUS  8   /* the most channels on either side of a window; a multiple of WINDOW_VECTOR */
#define WINDOW_WORDS   64  /* steps along a channel before the next one */
