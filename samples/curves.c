#include "curves.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

double curve_best(const curve *of)
{
    double best = 0;
    for (size_t i = 0; i < of->count; i++)
        best = of->accuracy[i] > best ? of->accuracy[i] : best;
    return best;
}

size_t curve_reaches(const curve *of, double accuracy)
{
    for (size_t i = 0; i < of->count; i++) {
        if (of->accuracy[i] >= accuracy)
            return of->step[i];
    }
    return 0;
}

bool curves_draw(const curve *curves, size_t count, const char *path)
{
    if (strchr(path, '\'') != NULL) {
        fprintf(stderr, "cannot draw %s: a quote in the name would end it for gnuplot\n", path);
        return false;
    }
    signal(SIGPIPE, SIG_IGN); /* a gnuplot that is not there is told by pclose */
    FILE *gnuplot = popen("gnuplot", "w");
    if (gnuplot == NULL) {
        perror("gnuplot");
        return false;
    }
    fprintf(gnuplot,
            "set terminal pngcairo size 900,600\nset output '%s'\n"
            "set xlabel 'steps'\nset ylabel 'test accuracy'\nset yrange [0:1]\n"
            "set key bottom right\nset grid\nplot ",
            path);
    for (size_t i = 0; i < count; i++)
        fprintf(gnuplot, "%s'-' with linespoints linewidth 2 title '%s'", i == 0 ? "" : ", ", curves[i].name);
    fprintf(gnuplot, "\n");
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < curves[i].count; k++)
            fprintf(gnuplot, "%zu %g\n", curves[i].step[k], curves[i].accuracy[k]);
        fprintf(gnuplot, "e\n");
    }
    if (pclose(gnuplot) == 0)
        return true;
    fprintf(stderr, "cannot draw %s: is gnuplot installed?\n", path);
    return false;
}
