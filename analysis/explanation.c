/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/explanation.h"

int explanation_init(struct explanation *explanation, const struct staircase *staircase,
	const struct series *baseline, const struct level *levels, size_t count)
{
	int error;

	*explanation = (struct explanation){.staircase = staircase, .baseline = baseline};
	error = costs_fit(&explanation->costs, staircase);
	if (error || explanation->costs.obstacle != COSTS_POSSIBLE || !baseline ||
		!costs_cover(&explanation->costs, baseline))
		return error;
	error = attribute_steps(&explanation->costs, baseline, levels, count,
		explanation->steps, &explanation->steps_count);
	if (!error)
		error = attribute_tlb_steps(&explanation->costs, staircase,
			explanation->tlb_steps, &explanation->tlb_steps_count);
	explanation->backends_count = attribute_backends(&explanation->costs, staircase,
		baseline, explanation->backends, &explanation->backends_bytes);
	return error;
}
