/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/profile.h"
#include "base/number.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const call_names[TRACE_CALLS] = {[TRACE_MALLOC] = "malloc",
	[TRACE_CALLOC] = "calloc",
	[TRACE_REALLOC] = "realloc",
	[TRACE_ALIGNED] = "aligned",
	[TRACE_FREE] = "free"};

enum { FRAMES = 8, DIGEST_FRAMES = 3, DIGEST_SITES = 3 };

static double share(uint64_t part, uint64_t whole)
{
	return whole ? 100 * (double)part / (double)whole : 0;
}

static void print_head(const struct profile *profile, struct text *text)
{
	const struct trace_file *file = profile->file;
	char duration[NUMBER_TEXT], peak[NUMBER_TEXT], asked[NUMBER_TEXT],
		granted[NUMBER_TEXT];
	int64_t live = file->live_bytes > 0 ? file->live_bytes : 0;

	text_append(text, "program     ");
	text_append_visible(text, file->program);
	text_format(text, " (process %u%s)\nallocator   ", file->pid,
		file->parent ? ", a fork" : "");
	text_append_visible(text, file->allocator);
	text_append(text, "\n");
	if (file->ended_ns)
		text_format(text, "time        %s\n",
			number_format_duration(
				duration, file->ended_ns - file->started_ns));
	else
		text_append(text,
			"time        it did not end in the ordinary way: a crash, a "
			"signal, _exit, or it still runs\n");
	text_format(text, "threads     %" PRIu64 "\n", profile->threads);
	text_format(text, "allocated   %s asked for, %s granted (%.1f %% more)\n",
		number_format_bytes(asked, profile->asked_bytes),
		number_format_bytes(granted, profile->granted_bytes),
		share(profile->granted_bytes - profile->asked_bytes,
			profile->asked_bytes));
	text_format(text, "live        %s at the most",
		number_format_bytes(
			peak, (uint64_t)(file->peak_bytes > 0 ? file->peak_bytes : 0)));
	text_format(
		text, ", %s at the end\n", number_format_bytes(asked, (uint64_t)live));
	if (profile->failed)
		text_format(text, "failed      %" PRIu64 " calls got no memory\n",
			profile->failed);
}

/* Lower bound of the class of times in which the quantile lies. */
static uint64_t time_quantile(const struct trace_times *times, double p)
{
	uint64_t below = 0;
	unsigned i = 0;

	for (; i < TRACE_TIMES - 1; i++) {
		below += times->classes[i];
		if ((double)below >= p * (double)times->calls)
			break;
	}
	return trace_class_bytes(i);
}

static void print_calls(const struct profile *profile, struct text *text)
{
	text_append(text,
		"\ncall              number    median       99 %    slowest  ns a "
		"call in the mean\n");
	for (size_t i = 0; i < TRACE_CALLS; i++) {
		const struct trace_times *times = &profile->times[i];
		char slowest[NUMBER_TEXT];

		if (!profile->calls[i])
			continue;
		text_format(text, "%-8s  %14" PRIu64, call_names[i], profile->calls[i]);
		if (times->calls)
			text_format(text, "  %5" PRIu64 " ns  %6" PRIu64 " ns  %9s  %.1f",
				time_quantile(times, 0.5), time_quantile(times, 0.99),
				number_format_duration(slowest, times->slowest_ns),
				(double)times->ns / (double)times->calls);
		text_append(text, "\n");
	}
}

static void print_sizes(const struct profile *profile, struct text *text)
{
	uint64_t all = profile_blocks(profile->calls);

	text_append(text, "\nsize            calls       share     bytes share\n");
	for (unsigned i = 0; i < TRACE_CLASSES; i++) {
		const struct trace_class *class = &profile->total[i];
		uint64_t calls = profile_blocks(class->calls);
		char from[NUMBER_TEXT], bytes[NUMBER_TEXT];

		if (!calls)
			continue;
		text_format(
			text, "%-7s", number_format_bytes(from, trace_class_bytes(i)));
		text_format(text, "%14" PRIu64 "    %6.2f %%  %8s %5.1f %%\n", calls,
			share(calls, all), number_format_bytes(bytes, class->asked_bytes),
			share(class->asked_bytes, profile->asked_bytes));
	}
}

static void print_thread_name(const struct trace_thread *thread, struct text *text)
{
	text_append_visible(text, thread->name);
	text_pad_to(text, 16);
	text_format(text, "%7u", thread->tid);
}

static void print_threads(const struct profile *profile, struct text *text)
{
	enum { SHOWN = 16 };
	size_t shown = 0;

	if (profile->threads < 2)
		return;
	text_append(text,
		"\nthread                     allocations           frees     asked\n");
	for (size_t i = 0; i < TRACE_THREADS && shown < SHOWN; i++) {
		const struct trace_thread *thread = &profile->file->threads[i];
		uint64_t calls = 0, frees = 0, asked = 0;
		char bytes[NUMBER_TEXT];

		if (!thread->used)
			continue;
		for (size_t k = 0; k < TRACE_CLASSES; k++) {
			calls += profile_blocks(thread->classes[k].calls);
			frees += thread->classes[k].calls[TRACE_FREE];
			asked += thread->classes[k].asked_bytes;
		}
		if (thread->used == 2)
			text_format(
				text, "%6" PRIu64 " that ended      ", thread->threads);
		else
			print_thread_name(thread, text);
		text_format(text, "  %14" PRIu64 "  %14" PRIu64 "  %8s\n", calls, frees,
			number_format_bytes(bytes, asked));
		shown++;
	}
}

static void print_lifetimes(const struct profile *profile, struct text *text)
{
	uint64_t all = 0;

	for (size_t i = 0; i < TRACE_LIFETIMES; i++)
		all += profile->lifetimes[i];
	if (!all)
		return;
	text_append(text, "\nlifetime from   blocks freed\n");
	for (size_t i = 0; i < TRACE_LIFETIMES; i++) {
		char from[NUMBER_TEXT];

		if (share(profile->lifetimes[i], all) < 0.1)
			continue;
		text_format(text, "%-12s    %6.1f %%\n",
			number_format_duration(from, i ? 1ull << i : 0),
			share(profile->lifetimes[i], all));
	}
}

static void print_site(const struct profile *profile, const struct profile_site *one,
	const struct profile_resolver *resolver, uint32_t frames, struct text *text)
{
	const struct trace_site *site = one->site;
	char bytes[NUMBER_TEXT], live[NUMBER_TEXT], life[NUMBER_TEXT];

	text_format(text, "%5.1f %%  %s",
		share(site->weight_bytes, profile->weight_bytes),
		number_format_bytes(bytes, site->weight_bytes));
	text_format(text, " in %" PRIu64 " call%s", (uint64_t)site->weight_calls,
		site->weight_calls == 1 ? "" : "s");
	if (site->live_weight_bytes)
		text_format(text, ", %s live at the end",
			number_format_bytes(live, site->live_weight_bytes));
	if (one->median_life_ns)
		text_format(text, ", lives %s",
			number_format_duration(life, one->median_life_ns));
	text_append(text, "\n");
	/* A return address may lie behind the end of the calling function. */
	for (uint32_t i = 0; i < site->depth && i < frames; i++) {
		text_append(text, "         ");
		text_append_visible(
			text, resolver->resolve(resolver->context, site->frames[i] - 1));
		text_append(text, "\n");
	}
}

static int compare_calls(const void *a, const void *b)
{
	uint64_t one = (*(const struct profile_site *const *)a)->site->weight_calls;
	uint64_t other = (*(const struct profile_site *const *)b)->site->weight_calls;

	return (one < other) - (one > other);
}

static int print_sites(const struct profile *profile,
	const struct profile_resolver *resolver, size_t top, struct text *text)
{
	const struct profile_site **by_calls;

	if (!profile->sites_count)
		return 0;
	text_format(text, "\ncall sites by bytes, estimated from %" PRIu64 " samples%s\n",
		profile->samples,
		profile->file->samples_lost ? " (some were lost: tables full)" : "");
	for (size_t i = 0; i < profile->sites_count && i < top; i++)
		print_site(profile, &profile->sites[i], resolver, FRAMES, text);
	by_calls = calloc(profile->sites_count, sizeof(*by_calls));
	if (!by_calls)
		return -ENOMEM;
	for (size_t i = 0; i < profile->sites_count; i++)
		by_calls[i] = &profile->sites[i];
	qsort((void *)by_calls, profile->sites_count, sizeof(*by_calls), compare_calls);
	text_append(text, "\ncall sites by calls\n");
	for (size_t i = 0; i < profile->sites_count && i < top; i++)
		print_site(profile, by_calls[i], resolver, FRAMES, text);
	free((void *)by_calls);
	return 0;
}

int profile_print(const struct profile *profile, const struct profile_resolver *resolver,
	size_t top, struct text *text)
{
	print_head(profile, text);
	print_calls(profile, text);
	print_sizes(profile, text);
	print_threads(profile, text);
	print_lifetimes(profile, text);
	if (print_sites(profile, resolver, top, text))
		return -ENOMEM;
	return text->error;
}

void allocation_totals_add(
	struct allocation_totals *totals, const struct profile *profile)
{
	int64_t peak = profile->file->peak_bytes;

	totals->processes++;
	totals->threads += profile->threads;
	totals->allocations += profile_blocks(profile->calls);
	totals->asked_bytes += profile->asked_bytes;
	for (unsigned i = trace_class_of(ALLOCATION_LARGE); i < TRACE_CLASSES; i++)
		totals->large_bytes += profile->total[i].asked_bytes;
	totals->split_bytes += profile->file->split_bytes;
	if (peak > 0 && (uint64_t)peak > totals->peak_bytes) {
		totals->peak_bytes = (uint64_t)peak;
		(void)snprintf(totals->allocator, sizeof(totals->allocator), "%s",
			profile->file->allocator);
	}
}

const char *allocation_totals_foreign(const struct allocation_totals *totals)
{
	/* glibc, also before 2.34, and musl, which is the loader too */
	static const char *const libraries[] = {"libc.", "libc-", "ld-"};
	const char *slash = strrchr(totals->allocator, '/');
	const char *name = slash ? slash + 1 : totals->allocator;

	for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++)
		if (strncmp(name, libraries[i], strlen(libraries[i])) == 0)
			return NULL;
	return name[0] ? name : NULL;
}

static void print_largest_classes(const struct profile *profile, struct text *text)
{
	char from[NUMBER_TEXT], to[NUMBER_TEXT];
	unsigned calls = 0;
	unsigned bytes = 0;

	for (unsigned i = 1; i < TRACE_CLASSES; i++) {
		if (profile_blocks(profile->total[i].calls) >
			profile_blocks(profile->total[calls].calls))
			calls = i;
		if (profile->total[i].asked_bytes > profile->total[bytes].asked_bytes)
			bytes = i;
	}
	text_format(text, "  most blocks  %s to %s: %.0f %% of them\n",
		number_format_bytes(from, trace_class_bytes(calls)),
		number_format_bytes(to, trace_class_bytes(calls + 1)),
		share(profile_blocks(profile->total[calls].calls),
			profile_blocks(profile->calls)));
	text_format(text, "  most bytes   %s to %s: %.0f %% of them\n",
		number_format_bytes(from, trace_class_bytes(bytes)),
		number_format_bytes(to, trace_class_bytes(bytes + 1)),
		share(profile->total[bytes].asked_bytes, profile->asked_bytes));
}

int profile_print_digest(const struct profile *profile,
	const struct allocation_totals *totals, const struct profile_resolver *resolver,
	struct text *text)
{
	char asked[NUMBER_TEXT], peak[NUMBER_TEXT];

	text_format(text, "  blocks       %" PRIu64 ", %s in all; %s live at the most",
		totals->allocations, number_format_bytes(asked, totals->asked_bytes),
		number_format_bytes(peak, totals->peak_bytes));
	if (totals->processes > 1)
		text_format(text, " in one of %zu processes", totals->processes);
	text_append(text, "\n");
	if (profile_blocks(profile->calls))
		print_largest_classes(profile, text);
	for (size_t i = 0; i < profile->sites_count && i < DIGEST_SITES; i++)
		print_site(profile, &profile->sites[i], resolver, DIGEST_FRAMES, text);
	return text->error;
}

int profile_print_timeline(const struct profile *profile, struct text *text)
{
	const struct trace_file *file = profile->file;

	text_append(
		text, "elapsed_ns,live_bytes,resident_bytes,minor_faults,major_faults\n");
	for (uint64_t i = 0; i < profile_moments(profile); i++) {
		const struct trace_moment *moment = profile_moment(profile, i);

		text_format(text,
			"%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\n",
			moment->at_ns - file->started_ns, moment->live_bytes,
			moment->resident_bytes, moment->minor_faults,
			moment->major_faults);
	}
	return text->error;
}

int profile_print_sizes(const struct profile *profile, struct text *text)
{
	text_append(text, "from_bytes,malloc,calloc,realloc,aligned,free,asked_bytes,"
			  "granted_bytes,freed_bytes\n");
	for (unsigned i = 0; i < TRACE_CLASSES; i++) {
		const struct trace_class *class = &profile->total[i];

		if (!profile_blocks(class->calls) && !class->calls[TRACE_FREE])
			continue;
		text_format(text, "%" PRIu64, trace_class_bytes(i));
		for (size_t call = 0; call < TRACE_CALLS; call++)
			text_format(text, ",%" PRIu64, class->calls[call]);
		text_format(text, ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\n",
			class->asked_bytes, class->granted_bytes, class->freed_bytes);
	}
	return text->error;
}
