/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/profile-figure.h"

#include "analysis/figure-panel.h"
#include "base/number.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define MIB 1048576.0

/* The first class, then each fourth octave: an octave is two classes. */
static void describe_tics(unsigned first, unsigned last, struct text *settings)
{
	char size[NUMBER_TEXT];

	text_format(settings, "sizes_tics = '\"%s\" %u",
		number_format_bytes(size, trace_class_bytes(first)), first);
	for (unsigned i = first + 8; i <= last; i += 8)
		text_format(settings, ", \"%s\" %u",
			number_format_bytes(size, trace_class_bytes(i)), i);
	text_append(settings, "'\n");
}

/* The classes that hold anything, from the first to the last. */
static int write_sizes(
	const struct profile *profile, const char *folder, struct text *settings)
{
	double blocks = fmax((double)profile_blocks(profile->calls), 1);
	double bytes = fmax((double)profile->asked_bytes, 1);
	unsigned first = TRACE_CLASSES;
	unsigned last = 0;
	double highest = 0;
	struct text data;
	int error;

	text_init(&data);
	for (unsigned i = 0; i < TRACE_CLASSES; i++) {
		const struct trace_class *class = &profile->total[i];
		double of_blocks = 100 * (double)profile_blocks(class->calls) / blocks;
		double of_bytes = 100 * (double)class->asked_bytes / bytes;

		if (of_blocks == 0)
			continue;
		if (first == TRACE_CLASSES)
			first = i;
		last = i;
		highest = fmax(highest, fmax(of_blocks, of_bytes));
		text_format(&data, "%u\t%.4g\t%.4g\n", i, of_blocks, of_bytes);
	}
	if (first > last)
		first = last;
	describe_tics(first, last, settings);
	text_format(settings, "sizes_low = %u\nsizes_high = %u\nsizes_top = %.4g\n",
		first, last, highest);
	error = figure_file(folder, "sizes.tsv", &data);
	text_release(&data);
	return error;
}

/* Of 1, 2 or 5 and a power of ten: at most five over the whole. */
static double round_step(double whole)
{
	const double power = whole > 0 ? pow(10, floor(log10(whole / 5))) : 1;
	const double rest = whole / 5 / power;

	return power * (rest <= 1 ? 1 : rest <= 2 ? 2 : rest <= 5 ? 5 : 10);
}

static int write_live(
	const struct profile *profile, const char *folder, struct text *settings)
{
	const struct trace_file *file = profile->file;
	uint64_t count = profile_moments(profile);
	double top = 0;
	double last = 0;
	struct text data;
	int error;

	text_init(&data);
	for (uint64_t i = 0; i < count; i++) {
		const struct trace_moment *moment = profile_moment(profile, i);

		last = (double)(moment->at_ns - file->started_ns) / 1e9;
		text_format(&data, "%.6f\t%.6g\t%.6g\n", last,
			(double)moment->live_bytes / MIB,
			(double)moment->resident_bytes / MIB);
		top = fmax(top,
			fmax((double)moment->live_bytes, (double)moment->resident_bytes) /
				MIB);
	}
	/* gnuplot takes no empty file. */
	if (count == 0)
		text_append(&data, "0\t0\t0\n");
	text_format(settings, "live_top = %.6g\nlive_step = %.6g\n", fmax(top, 1),
		round_step(last));
	error = figure_file(folder, "live.tsv", &data);
	text_release(&data);
	return error;
}

/* Without the file that it is in. */
static void name_function(
	const struct profile_resolver *resolver, uint64_t frame, char *name, size_t size)
{
	static const char *const places[] = {" in ", " at "};
	const char *found = resolver->resolve(resolver->context, frame - 1);
	size_t length = strlen(found);

	for (size_t at = 0; at < length; at++)
		for (size_t i = 0; i < 2; i++)
			if (strncmp(found + at, places[i], 4) == 0)
				length = at;
	(void)snprintf(name, size, "%.*s", (int)length, found);
	text_end_whole(name);
}

/* The caller too: many programs have one function that calls malloc. */
static void describe_place(const struct trace_site *site,
	const struct profile_resolver *resolver, char *place, size_t size)
{
	char function[20] = "?", caller[21];

	if (site->depth)
		name_function(resolver, site->frames[0], function, sizeof(function));
	(void)snprintf(place, size, "%s", function);
	if (site->depth < 2)
		return;
	name_function(resolver, site->frames[1], caller, sizeof(caller));
	(void)snprintf(place, size, "%s ← %s", function, caller);
}

static void describe_sites(const struct profile *profile,
	const struct profile_resolver *resolver, struct text *settings)
{
	size_t count = profile->sites_count < PROFILE_FIGURE_SITES ? profile->sites_count
								   : PROFILE_FIGURE_SITES;

	text_format(settings, "site_rows = %zu\narray site_name[%d]\n", count,
		PROFILE_FIGURE_SITES);
	for (size_t i = 0; i < count; i++) {
		const struct trace_site *site = profile->sites[i].site;
		char name[160], place[64], bytes[NUMBER_TEXT];

		describe_place(site, resolver, place, sizeof(place));
		(void)snprintf(name, sizeof(name),
			"%.0f %%  %s  (%s, %" PRIu64 " call%s)",
			100 * (double)site->weight_bytes / (double)profile->weight_bytes,
			place, number_format_bytes(bytes, site->weight_bytes),
			(uint64_t)site->weight_calls, site->weight_calls == 1 ? "" : "s");
		text_format(settings, "site_name[%zu] = ", i + 1);
		figure_quote(settings, name);
		text_append(settings, "\n");
	}
}

int profile_figure_write(const struct profile *profile,
	const struct profile_resolver *resolver, const char *folder,
	struct text *settings)
{
	const char *slash = strrchr(profile->file->program, '/');
	char program[61], title[200], asked[NUMBER_TEXT];
	int error = write_sizes(profile, folder, settings);

	if (!error)
		error = write_live(profile, folder, settings);
	describe_sites(profile, resolver, settings);
	(void)snprintf(program, sizeof(program), "%.60s",
		slash ? slash + 1 : profile->file->program);
	text_end_whole(program);
	(void)snprintf(title, sizeof(title),
		"what %s asks of its allocator: %" PRIu64 " blocks, %s", program,
		profile_blocks(profile->calls),
		number_format_bytes(asked, profile->asked_bytes));
	text_append(settings, "profile_title = ");
	figure_quote(settings, title);
	text_append(settings, "\n");
	return error;
}
