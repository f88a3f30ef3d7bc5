/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/check/variables.h"

#include <math.h>

void check_variables_set(struct check_variables *variables, const struct group *group,
	const struct check_series *series, const struct check_window *window)
{
	struct variable *list = variables->list;
	size_t n = 0;

	for (; n < group->events_count; n++) {
		const struct counter_value *value = &window->values[n];
		bool whole =
			value->running_ns > 0 && value->running_ns == value->enabled_ns;

		list[n] = (struct variable){
			group->events[n].counter, whole ? (double)value->count : NAN};
	}
	list[n++] = (struct variable){"READS", (double)window->reads};
	list[n++] = (struct variable){"WALL_NS", (double)window->wall_ns};
	list[n++] = (struct variable){"CPU_NS", (double)window->cpu_ns};
	list[n++] = (struct variable){"time", (double)window->wall_ns / 1e9};
	list[n++] = (struct variable){"INSTRUCTIONS", series->instructions};
	list[n++] = (struct variable){"BRANCHES", series->branches};
	list[n++] = (struct variable){"CYCLES",
		window->clock_ghz > 0 ? (double)window->cpu_ns * window->clock_ghz : NAN};
	variables->count = n;
}

double check_evaluate(const struct check_variables *variables, const char *formula)
{
	double value;

	if (formula_evaluate(formula, variables->list, variables->count, &value) != 0)
		return NAN;
	return value;
}

double check_difference(
	const struct check_variables *variables, const struct identity *identity)
{
	double left = check_evaluate(variables, identity->left);
	double right = check_evaluate(variables, identity->right);
	double larger = fmax(fabs(left), fabs(right));

	if (isnan(left) || isnan(right))
		return NAN;
	return larger > 0 ? (left - right) / larger : 0;
}
