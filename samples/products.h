/* Matrix products by CLBlast. */
#ifndef SAMPLES_PRODUCTS_H
#define SAMPLES_PRODUCTS_H

#include <clnorm/clnorm.h>
#include <stdbool.h>

/* c [rows][columns] = a b + beta c; a [rows][inner] and b [inner][columns] may lie transposed. */
typedef struct product {
    size_t rows, columns, inner;
    cl_mem a, b, c;
    bool a_transposed, b_transposed;
    float beta;
} product;

void multiply(cl_command_queue queue, const product *of);

/* To be called once, before the first product on a device: on a CPU, parameters that suit one. */
void tune_products(const clnorm_context *context);

#endif
