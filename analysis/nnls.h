/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_NNLS_H
#define ANALYSIS_NNLS_H

#include <stddef.h>

/*
 * Non-negative least squares: the x >= 0 that minimises |Ax - y|^2, from A'A and A'y
 * alone (Lawson and Hanson, "Solving Least Squares Problems", 1974, chapter 23; on normal
 * equations as Bro and de Jong, 1997). Weights belong into both.
 *
 * A column that is a linear combination of those already taken stays 0: which of several
 * such columns gets the weight is for the caller to find out beforehand.
 */
enum { NNLS_MAX = 16 };

/* `gram` is n x n, symmetric, row by row. 0, -EINVAL for n above NNLS_MAX or a number
 * that is not finite; -ELOOP where rounding kept it from an end. */
int nnls_solve(const double *gram, const double *rhs, size_t n, double *x);

#endif
