/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any string is a formula, is refused, or names something unknown: never anything else.
 */
#include "counters/group.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct variable variables[] = {
		{"PMC0", 12},
		{"READS", 4},
		{"n", NAN},
		{"z", 0},
	};
	char *formula = malloc(size + 1);
	double result = 42;
	int error;

	if (!formula)
		return 0;
	memcpy(formula, data, size);
	formula[size] = '\0';
	error = formula_evaluate(formula, variables, 4, &result);
	if (error ? (error != -EINVAL && error != -ENOENT) || result != 42
		  : isinf(result))
		abort();
	free(formula);
	return 0;
}
