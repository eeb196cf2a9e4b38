/* Curves of a training: how accurate a network was after so many steps. */
#ifndef SAMPLES_CURVES_H
#define SAMPLES_CURVES_H

#include <stdbool.h>
#include <stddef.h>

enum { MOST_POINTS = 64 };

typedef struct curve {
    char name[48];
    size_t count;
    size_t step[MOST_POINTS];
    double accuracy[MOST_POINTS];
} curve;

/* The highest accuracy of a curve. */
double curve_best(const curve *of);

/* The first step after which it was at least so high; 0 if it never was. */
size_t curve_reaches(const curve *of, double accuracy);

/* Draws them into a PNG file by gnuplot. False after a message on stderr. */
bool curves_draw(const curve *curves, size_t count, const char *path);

#endif
