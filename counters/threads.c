/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "counters/threads.h"

#include "base/clock.h"
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct counter_thread *find(const struct counter_threads *threads, pid_t thread)
{
	for (size_t i = 0; i < threads->count; i++)
		if (threads->list[i].thread == thread && !threads->list[i].ended)
			return &threads->list[i];
	return NULL;
}

/* Opens and starts; -ESRCH where the thread has ended since it was seen. */
static int attach(struct counter_threads *threads, struct counter_thread *thread,
	struct complaint *complaint)
{
	const struct counter_target target = {
		.thread = thread->thread, .cpu = -1, .filter = threads->filter};
	struct counter_event_status status[GROUP_EVENTS];
	char path[64];
	int error = threads->backend->open(
		&thread->counters, threads->group, &target, status, complaint);

	if (error)
		return error;
	error = threads->backend->start(thread->counters);
	if (error) {
		threads->backend->close(thread->counters);
		complaint_what(
			complaint, "thread %d cannot be counted", (int)thread->thread);
		complaint_why(complaint, "%s", strerror(-error));
		return error;
	}
	if (threads->count == 0)
		memcpy(threads->status, status, sizeof(status));
	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/comm", (int)threads->process,
		(int)thread->thread);
	(void)file_read_line("", path, thread->name, sizeof(thread->name));
	return 0;
}

static int add(struct counter_threads *threads, const struct counter_thread *thread)
{
	struct counter_thread *grown =
		realloc(threads->list, (threads->count + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	threads->list = grown;
	threads->list[threads->count++] = *thread;
	return 0;
}

static int meet(struct counter_threads *threads, pid_t id, uint64_t now_ns)
{
	struct counter_thread thread = {.thread = id,
		.first = threads->looked_ns == 0,
		.followed_ns = threads->looked_ns ? now_ns - threads->looked_ns : 0};
	struct complaint complaint = {.what = ""};
	int error;

	if (find(threads, id))
		return 0;
	error = attach(threads, &thread, &complaint);
	if (error == -ESRCH)
		return 0;
	if (error) {
		threads->missed = complaint;
		return 0;
	}
	error = add(threads, &thread);
	if (error)
		threads->backend->close(thread.counters);
	return error;
}

/* A thread's number may be given to another: what has ended is not found again. */
static void mark_ended(struct counter_threads *threads, const bool *seen, size_t count)
{
	for (size_t i = 0; i < count; i++)
		threads->list[i].ended = threads->list[i].ended || !seen[i];
}

int counter_threads_follow(struct counter_threads *threads)
{
	const uint64_t now_ns = clocks_system.wall_ns();
	const size_t known = threads->count;
	bool *seen = calloc(known + 1, sizeof(*seen));
	struct dirent *entry;
	char path[64];
	DIR *folder;
	int error = 0;

	if (!seen)
		return -ENOMEM;
	(void)snprintf(path, sizeof(path), "/proc/%d/task", (int)threads->process);
	folder = opendir(path);
	while (folder && !error && (entry = readdir(folder))) {
		pid_t id = (pid_t)strtol(entry->d_name, NULL, 10);
		struct counter_thread *thread = id > 0 ? find(threads, id) : NULL;

		if (thread && (size_t)(thread - threads->list) < known)
			seen[thread - threads->list] = true;
		else if (id > 0)
			error = meet(threads, id, now_ns);
	}
	if (folder)
		(void)closedir(folder);
	mark_ended(threads, seen, known);
	threads->looked_ns = now_ns;
	free(seen);
	return error;
}

int counter_threads_open(struct counter_threads *threads,
	const struct counter_backend *backend, const struct group *group, pid_t process,
	const struct counter_filter *filter, struct complaint *complaint)
{
	int error;

	*threads = (struct counter_threads){.backend = backend,
		.group = group,
		.filter = *filter,
		.process = process};
	error = counter_threads_follow(threads);
	if (!error && threads->count > 0)
		return 0;
	if (error) {
		complaint_what(complaint, "the threads of process %d cannot be listed",
			(int)process);
		complaint_why(complaint, "%s", strerror(-error));
	} else if (threads->missed.what[0]) {
		*complaint = threads->missed;
		error = -EACCES;
	} else {
		complaint_what(complaint, "process %d cannot be counted", (int)process);
		complaint_why(complaint, "there is no such process (any more)");
		complaint_advise(complaint, "look it up again: pgrep -a NAME");
		error = -ESRCH;
	}
	counter_threads_close(threads);
	return error;
}

void counter_threads_close(struct counter_threads *threads)
{
	for (size_t i = 0; i < threads->count; i++)
		threads->backend->close(threads->list[i].counters);
	free(threads->list);
	threads->list = NULL;
	threads->count = 0;
}

int counter_threads_read(struct counter_threads *threads)
{
	for (size_t i = 0; i < threads->count; i++) {
		int error = threads->backend->read(
			threads->list[i].counters, threads->list[i].values);

		if (error)
			return error;
	}
	return 0;
}
