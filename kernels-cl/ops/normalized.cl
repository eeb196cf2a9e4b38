/*
 * x^ = (x - mean) * inverse from a given mean and inverse deviation, kept so that fp32 holds all factors: x
 * is multiplied by BEFORE, a power of two; MEAN and MEAN_REST already are, and INVERSE is the inverse
 * deviation of the multiplied values.
 */
#ifdef INSTANCE /* fpga/names.cl */
#define set_statistics RENAMED(set_statistics)
#define centred        RENAMED(centred)
#define normalized     RENAMED(normalized)
#define BEFORE         RENAMED(BEFORE)
#define MEAN           RENAMED(MEAN)
#define MEAN_REST      RENAMED(MEAN_REST)
#define INVERSE        RENAMED(INVERSE)
#define STATISTICS     RENAMED(STATISTICS)
#endif

#if LANES == 1
enum { BEFORE, MEAN, MEAN_REST, INVERSE, STATISTICS };
#endif

INLINED void NAME(set_statistics)(V mean, V mean_rest, V inverse, V *statistics)
{
    const V scale = NAME(scale_of_mean)(mean);
    statistics[BEFORE] = scale;
    statistics[MEAN] = mean * scale;
    statistics[MEAN_REST] = mean_rest * scale;
    /* if finite, it stays so: an infinite one would make NaN, not 0, of x that are the mean */
    statistics[INVERSE] = select(
        inverse, fmin(inverse * select((V)(1.0f), (V)(4.0f), scale < 1.0f), (V)(FLT_MAX)), isfinite(inverse));
}

/* (x - mean) * BEFORE */
INLINED V NAME(centred)(V x, const V *statistics)
{
    return fma(x, statistics[BEFORE], -statistics[MEAN]) - statistics[MEAN_REST];
}

INLINED V NAME(normalized)(V x, const V *statistics)
{
    return NAME(centred)(x, statistics) * statistics[INVERSE];
}
