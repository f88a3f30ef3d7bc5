/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/profile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int refuse(struct complaint *complaint, const char *path, const char *why)
{
	complaint_what(complaint, "%.180s is no trace of this version of Escalier", path);
	complaint_why(complaint, "%s", why);
	return -EINVAL;
}

static int read_file(
	struct trace_file *file, const char *path, struct complaint *complaint)
{
	FILE *stream = fopen(path, "re");
	size_t length;

	if (!stream) {
		int error = -errno;

		complaint_what(complaint, "cannot read %.200s", path);
		complaint_why(complaint, "%s", strerror(-error));
		return error;
	}
	length = fread(file, 1, sizeof(*file), stream);
	(void)fclose(stream);
	if (length < offsetof(struct trace_file, mode))
		return refuse(complaint, path, "it is too short");
	if ((file->magic ^ TRACE_MAGIC) & ~TRACE_MAGIC_VERSION)
		return refuse(complaint, path, "it does not begin as one");
	if (file->magic != TRACE_MAGIC || file->bytes != sizeof(*file)) {
		complaint_advise(complaint, "trace the program again");
		return refuse(complaint, path, "another version wrote it");
	}
	return length < sizeof(*file) ? refuse(complaint, path, "it is too short") : 0;
}

/* A file may be damaged: nothing in it is trusted to be in range or terminated. */
static void make_safe(struct trace_file *file)
{
	file->program[TRACE_PATH - 1] = file->allocator[TRACE_PATH - 1] = '\0';
	if (file->modules_count > TRACE_MODULES)
		file->modules_count = TRACE_MODULES;
	for (size_t i = 0; i < TRACE_MODULES; i++)
		file->modules[i].path[TRACE_PATH - 1] = '\0';
	for (size_t i = 0; i < TRACE_THREADS; i++)
		file->threads[i].name[TRACE_NAME - 1] = '\0';
	for (size_t i = 0; i < TRACE_SITES; i++)
		if (file->sites[i].depth > TRACE_FRAMES)
			file->sites[i].depth = TRACE_FRAMES;
}

static void add_times(struct trace_times *to, const struct trace_times *from)
{
	to->calls += from->calls;
	to->ns += from->ns;
	if (from->slowest_ns > to->slowest_ns)
		to->slowest_ns = from->slowest_ns;
	for (size_t i = 0; i < TRACE_TIMES; i++)
		to->classes[i] += from->classes[i];
}

static void add_class(
	struct profile *profile, size_t index, const struct trace_class *from)
{
	struct trace_class *to = &profile->total[index];

	for (size_t call = 0; call < TRACE_CALLS; call++) {
		to->calls[call] += from->calls[call];
		profile->calls[call] += from->calls[call];
	}
	to->asked_bytes += from->asked_bytes;
	to->granted_bytes += from->granted_bytes;
	to->freed_bytes += from->freed_bytes;
	profile->asked_bytes += from->asked_bytes;
	profile->granted_bytes += from->granted_bytes;
	profile->freed_bytes += from->freed_bytes;
}

/* With what threads that still ran at the end had not told the process. */
static void add_live(struct trace_file *file, uint64_t bytes)
{
	file->live_bytes = (int64_t)((uint64_t)file->live_bytes + bytes);
	if (file->live_bytes > file->peak_bytes)
		file->peak_bytes = file->live_bytes;
}

static void add_threads(struct profile *profile)
{
	uint64_t untold = 0;

	for (size_t i = 0; i < TRACE_THREADS; i++) {
		struct trace_thread *thread = &profile->file->threads[i];

		if (!thread->used)
			continue;
		trace_settle(thread);
		untold += (uint64_t)trace_pending_live(thread);
		profile->threads += thread->threads;
		profile->failed += thread->failed;
		for (size_t k = 0; k < TRACE_CLASSES; k++)
			add_class(profile, k, &thread->classes[k]);
		for (size_t k = 0; k < TRACE_CALLS; k++)
			add_times(&profile->times[k], &thread->times[k]);
	}
	add_live(profile->file, untold);
}

static uint64_t median_life(const struct trace_site *site)
{
	uint64_t all = 0;
	uint64_t below = 0;

	for (size_t i = 0; i < TRACE_LIFETIMES; i++)
		all += site->lifetimes[i];
	for (size_t i = 0; i < TRACE_LIFETIMES && all; i++) {
		below += site->lifetimes[i];
		/* The middle of the bucket on its logarithmic scale. */
		if (2 * below >= all)
			return (uint64_t)(1.41421356 * (double)(1ull << i));
	}
	return 0;
}

static int compare_bytes(const void *a, const void *b)
{
	uint64_t one = ((const struct profile_site *)a)->site->weight_bytes;
	uint64_t other = ((const struct profile_site *)b)->site->weight_bytes;

	return (one < other) - (one > other);
}

static int collect_sites(struct profile *profile)
{
	profile->sites = calloc(TRACE_SITES, sizeof(*profile->sites));
	if (!profile->sites)
		return -ENOMEM;
	for (size_t i = 0; i < TRACE_SITES; i++) {
		const struct trace_site *site = &profile->file->sites[i];

		if (!site->ready || !site->samples)
			continue;
		profile->samples += site->samples;
		profile->weight_bytes += site->weight_bytes;
		profile->weight_calls += site->weight_calls;
		for (size_t k = 0; k < TRACE_LIFETIMES; k++)
			profile->lifetimes[k] += site->lifetimes[k];
		profile->sites[profile->sites_count++] = (struct profile_site){
			.site = site, .median_life_ns = median_life(site)};
	}
	qsort(profile->sites, profile->sites_count, sizeof(*profile->sites),
		compare_bytes);
	return 0;
}

int profile_load(struct profile *profile, const char *path, struct complaint *complaint)
{
	int error;

	*profile = (struct profile){.file = malloc(sizeof(*profile->file))};
	error = profile->file ? read_file(profile->file, path, complaint) : -ENOMEM;
	if (!error) {
		make_safe(profile->file);
		add_threads(profile);
		error = collect_sites(profile);
	}
	if (error == -ENOMEM)
		complaint_what(complaint, "not enough memory for a trace");
	if (error)
		profile_release(profile);
	return error;
}

void profile_release(struct profile *profile)
{
	free(profile->sites);
	free(profile->file);
	*profile = (struct profile){0};
}

uint64_t profile_blocks(const uint64_t calls[TRACE_CALLS])
{
	return calls[TRACE_MALLOC] + calls[TRACE_CALLOC] + calls[TRACE_REALLOC] +
	       calls[TRACE_ALIGNED];
}

uint64_t profile_moments(const struct profile *profile)
{
	uint64_t count = profile->file->timeline_count;

	return count < TRACE_TIMELINE ? count : TRACE_TIMELINE;
}

const struct trace_moment *profile_moment(const struct profile *profile, uint64_t index)
{
	const struct trace_file *file = profile->file;
	uint64_t first = file->timeline_count - profile_moments(profile);

	return &file->timeline[(first + index) % TRACE_TIMELINE];
}
