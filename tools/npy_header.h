/* The header of a .npy file: a Python dictionary such as
 * {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), } */
#ifndef CLNORM_TOOLS_NPY_HEADER_H
#define CLNORM_TOOLS_NPY_HEADER_H

#include "npy.h"

typedef struct npy_header {
    char descr[32]; /* the type, as written; "" for a structured one */
    bool fortran_order;
    size_t rank; /* may exceed NPY_MAX_RANK: then only the first dims are kept */
    size_t dims[NPY_MAX_RANK];
} npy_header;

/* Parses `size` bytes of text. NULL if that worked, else what is wrong, to follow "its header". */
const char *npy_header_parse(const char *text, size_t size, npy_header *header);

#endif
