/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/steps.h"

#include <math.h>
#include <stdbool.h>

/* Samples of the fitted curve: so many an octave, over so many octaves. */
enum { SAMPLES_OCTAVE = 16, SAMPLES = 48 * SAMPLES_OCTAVE };
/* A part is flat where it climbs less than this share of the climbs beside it, and a
 * plateau where that lasts for so many octaves and sizes. */
#define FLAT 0.55
#define PLATEAU_OCTAVES 0.3
enum { PLATEAU_SIZES = 2 };
/* A climb is flat again where it is slower than the first share of its steepest; up to
 * the second it counts for the height, since what replaces lines at random never ends. */
#define FLAT_AGAIN 0.12
#define END 0.03
/* The least height, as a logarithm. */
#define LEAST_HEIGHT 0.18

/* The curve: logarithms of times, and their derivative by octave. */
struct curve {
	double start;
	size_t count;
	double value[SAMPLES], slope[SAMPLES];
	const double *x, *given; /* by size measured */
	size_t sizes;
};

/* A part of the curve with one climb. */
struct climb {
	size_t first, peak, last;
};

/* What is given at a place, linear between sizes. */
static double given_at(const struct curve *curve, double x)
{
	size_t i = 1;
	double share;

	while (i + 1 < curve->sizes && curve->x[i] < x)
		i++;
	share = fmin((x - curve->x[i - 1]) / (curve->x[i] - curve->x[i - 1]), 1);
	return curve->given[i - 1] +
	       fmax(share, 0) * (curve->given[i] - curve->given[i - 1]);
}

static void sample(struct curve *curve, const struct step_fit *fit)
{
	double octaves = curve->x[curve->sizes - 1] - curve->x[0];

	curve->start = curve->x[0];
	curve->count = (size_t)(octaves * SAMPLES_OCTAVE) + 1;
	if (curve->count > SAMPLES)
		curve->count = SAMPLES;
	for (size_t i = 0; i < curve->count; i++) {
		double x = curve->start + (double)i / SAMPLES_OCTAVE;
		double slope;
		double value = step_fit_value(fit, x, &slope) + given_at(curve, x);

		curve->value[i] = log(value);
		curve->slope[i] = slope / value;
	}
}

static double position(const struct curve *curve, size_t i)
{
	return curve->start + (double)i / SAMPLES_OCTAVE;
}

static size_t find_climbs(const struct curve *curve, struct climb climbs[SAMPLES])
{
	size_t count = 0;

	for (size_t i = 0; i < curve->count; i++) {
		bool up = i == 0 || curve->slope[i] > curve->slope[i - 1];
		bool down =
			i + 1 == curve->count || curve->slope[i] >= curve->slope[i + 1];

		if (up && down && curve->slope[i] > 1e-6)
			climbs[count++] = (struct climb){i, i, i};
	}
	for (size_t k = 0; k < count; k++) {
		climbs[k].first = k == 0 ? 0 : climbs[k - 1].last;
		climbs[k].last = k + 1 == count ? curve->count - 1 : climbs[k].peak;
		for (size_t i = climbs[k].peak; k + 1 < count && i < climbs[k + 1].peak;
			i++)
			if (curve->slope[i] < curve->slope[climbs[k].last])
				climbs[k].last = i;
	}
	return count;
}

/* Whether something flat that was measured lies between a climb and the next. */
static bool has_plateau(const struct curve *curve, const struct climb *climb)
{
	double least = fmin(curve->slope[climb->peak], curve->slope[climb[1].peak]);
	size_t low = climb->last;
	size_t high = climb->last;
	size_t sizes = 0;

	if (curve->slope[low] > FLAT * least)
		return false;
	while (low > 0 && curve->slope[low - 1] <= FLAT * least)
		low--;
	while (high + 1 < curve->count && curve->slope[high + 1] <= FLAT * least)
		high++;
	for (size_t i = 0; i < curve->sizes; i++)
		sizes += curve->x[i] >= position(curve, low) - 0.01 &&
			 curve->x[i] <= position(curve, high) + 0.01;
	return position(curve, high) - position(curve, low) >= PLATEAU_OCTAVES &&
	       sizes >= PLATEAU_SIZES;
}

/* Two climbs become one, with the steeper one's peak. */
static void join(
	const struct curve *curve, struct climb *climbs, size_t *count, size_t first)
{
	if (curve->slope[climbs[first + 1].peak] > curve->slope[climbs[first].peak])
		climbs[first].peak = climbs[first + 1].peak;
	climbs[first].last = climbs[first + 1].last;
	for (size_t i = first + 1; i + 1 < *count; i++)
		climbs[i] = climbs[i + 1];
	(*count)--;
}

/* First the pair that is least apart, so that the order of joining does not matter. */
static void join_climbs(const struct curve *curve, struct climb *climbs, size_t *count)
{
	for (;;) {
		double highest = -1;
		size_t pair = 0;

		for (size_t k = 0; k + 1 < *count; k++) {
			double valley = curve->slope[climbs[k].last];

			if (has_plateau(curve, &climbs[k]) || valley <= highest)
				continue;
			highest = valley;
			pair = k;
		}
		if (highest < 0)
			return;
		join(curve, climbs, count, pair);
	}
}

/* Where a rise is steepest beside all others, which the logarithm moves ahead of where
 * it would be alone. */
static size_t steepest(const struct curve *curve, const struct step_rise *rise)
{
	struct step_fit alone = {.rises = {*rise}, .count = 1};
	double most = -1;
	size_t best = 0;

	for (size_t i = 0; i < curve->count; i++) {
		double slope;

		(void)step_fit_value(&alone, position(curve, i), &slope);
		slope *= exp(-curve->value[i]);
		if (slope <= most)
			continue;
		most = slope;
		best = i;
	}
	return best;
}

/* The rises of a climb, as a fit of their own without a base; *before: those ahead. */
static struct step_fit rises_of(const struct curve *curve, const struct step_fit *fit,
	const struct climb *climb, double *before)
{
	struct step_fit own = {.count = 0};

	*before = fit->base;
	for (size_t k = 0; k < fit->count; k++) {
		size_t at = steepest(curve, &fit->rises[k]);

		if (at < climb->first || (at == climb->first && climb->first > 0))
			*before += fit->rises[k].height;
		else if (at <= climb->last)
			own.rises[own.count++] = fit->rises[k];
	}
	return own;
}

/* Where the rises have done so much, by bisection. */
static double crossing(const struct step_fit *own, double low, double high, double done)
{
	double slope;

	for (int i = 0; i < 40; i++) {
		double middle = (low + high) / 2;

		if (step_fit_value(own, middle, &slope) < done)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* Where a climb has become slow by a share of its steepest, at the latest before the next
 * one. */
static double end_of(const struct curve *curve, const struct climb *climb, double share)
{
	size_t end = climb->peak;

	while (end < climb->last &&
		curve->slope[end + 1] > share * curve->slope[climb->peak])
		end++;
	return position(curve, end);
}

/* A rise that never ends counts as far as it comes by then. */
static struct step measure(
	const struct curve *curve, const struct step_fit *fit, const struct climb *climb)
{
	const double low = curve->start - 1;
	const double high = end_of(curve, climb, END);
	struct step step = {.resident = 0};
	struct step_fit own = rises_of(curve, fit, climb, &step.before);
	double slope;
	double height = step_fit_value(&own, high, &slope);

	step.onset = crossing(&own, low, high, 0.05 * height);
	step.before += given_at(curve, step.onset);
	step.after = step.before + height;
	step.own = own;
	step.half = crossing(&own, low, high, 0.5 * height);
	step.full = fmin(crossing(&own, low, high, 0.95 * height),
		end_of(curve, climb, FLAT_AGAIN));
	step.full = fmax(step.full, step.half);
	/* Far behind the step, what stays is what other things take. */
	for (size_t i = 0; step.onset + (double)i / SAMPLES_OCTAVE <= step.half + 0.5;
		i++) {
		double x = step.onset + (double)i / SAMPLES_OCTAVE;
		double stays = 1 - step_fit_value(&own, x, &slope) / height;

		step.resident = fmax(step.resident, exp2(x) * stays);
	}
	return step;
}

void steps_find(const struct step_fit *fit, const double *x, const double *given,
	size_t sizes, struct step_list *steps)
{
	struct curve curve = {.x = x, .given = given, .sizes = sizes};
	struct climb climbs[SAMPLES] = {{0}};
	size_t count;

	sample(&curve, fit);
	count = find_climbs(&curve, climbs);
	join_climbs(&curve, climbs, &count);
	steps->count = 0;
	for (size_t k = 0; k < count && steps->count < STEPS; k++) {
		struct step *step = &steps->list[steps->count];

		*step = measure(&curve, fit, &climbs[k]);
		steps->count += log(step->after / step->before) >= LEAST_HEIGHT;
	}
}
