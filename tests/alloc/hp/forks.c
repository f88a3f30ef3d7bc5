/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/alloc/hp/forks.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILD_STEPS = 100, CHILD_SECONDS = 30, THREADS_MAX = 16 };

static char text[200];

/* NULL where the child ended well, else how it did. */
static const char *reap(pid_t pid, const char *what)
{
	int status = 0;

	if (pid < 0)
		return "fork failed";
	if (waitpid(pid, &status, 0) != pid)
		return "waitpid failed";
	if (WIFSIGNALED(status))
		(void)snprintf(text, sizeof(text), "%s was ended by SIG%s", what,
			sigabbrev_np(WTERMSIG(status)));
	else if (WEXITSTATUS(status) != 0)
		(void)snprintf(text, sizeof(text), "%s failed with status %d", what,
			WEXITSTATUS(status));
	else
		return NULL;
	return text;
}

static void *own_thread(void *argument)
{
	const struct model_heap *heap = argument;
	void *block = heap->malloc(100);

	heap->free(block);
	return block;
}

/* What a child does with what it inherited; its status. A lock that was held when it was
 * made would let it wait for ever: the alarm ends it. */
static int live_as_child(struct model *model)
{
	pthread_t thread;
	void *block = NULL;

	(void)alarm(CHILD_SECONDS);
	if (!model_verify(model))
		return 10;
	if (!model_run(model, (uint64_t)getpid(), CHILD_STEPS, 14))
		return 11;
	if (pthread_create(&thread, NULL, own_thread, (void *)(uintptr_t)model->heap) !=
		0)
		return 12;
	(void)pthread_join(thread, &block);
	if (!block)
		return 13;
	return model_release(model) ? 0 : 14;
}

struct busy {
	const struct model_heap *heap;
	_Atomic bool stop;
	_Atomic bool wrong;
	_Atomic unsigned seeds;
};

static struct model *new_model(const struct model_heap *heap)
{
	struct model *model = mmap(NULL, sizeof(*model), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (model == MAP_FAILED)
		return NULL;
	model_init(model, heap);
	model->live_max = (size_t)8 << 20;
	return model;
}

static void delete_model(struct model *model)
{
	(void)munmap(model, sizeof(*model));
}

static void *keep_busy(void *argument)
{
	struct busy *busy = argument;
	struct model *model = new_model(busy->heap);
	uint64_t seed = atomic_fetch_add(&busy->seeds, 1);

	for (unsigned i = 0; model && !atomic_load(&busy->stop); i++)
		if (!model_run(model, seed * 1000 + i, 200, 15))
			break;
	if (!model || model->wrong[0] || !model_release(model))
		atomic_store(&busy->wrong, true);
	if (model)
		delete_model(model);
	return NULL;
}

const char *forks_while_busy(
	const struct model_heap *heap, unsigned threads, unsigned forks)
{
	struct busy busy = {.heap = heap};
	struct model *model = new_model(heap);
	pthread_t thread[THREADS_MAX];
	const char *wrong = NULL;
	unsigned started = 0;

	if (!model || !model_run(model, 1, CHILD_STEPS, 15))
		return "the model before the fork failed";
	while (started < threads && started < THREADS_MAX &&
		pthread_create(&thread[started], NULL, keep_busy, &busy) == 0)
		started++;
	for (unsigned i = 0; i < forks && !wrong; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(live_as_child(model));
		wrong = reap(pid, "a child of a busy process");
		if (!wrong && !model_run(model, i + 2, 50, 15))
			wrong = "the forking thread found a changed block";
	}
	atomic_store(&busy.stop, true);
	while (started > 0)
		(void)pthread_join(thread[--started], NULL);
	if (!wrong && (atomic_load(&busy.wrong) || !model_release(model)))
		wrong = "a thread beside the forks found a changed block";
	delete_model(model);
	return wrong;
}

/* Both children of each process at once; the status of the process. */
static int grow_tree(struct model *model, unsigned depth)
{
	const char *wrong = NULL;
	pid_t pids[2];

	for (unsigned i = 0; depth > 0 && i < 2; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			_exit(grow_tree(model, depth - 1));
	}
	if (!model_run(model, (uint64_t)getpid(), CHILD_STEPS, 14))
		return 20;
	for (unsigned i = 0; depth > 0 && i < 2; i++)
		if (reap(pids[i], "a process of the tree"))
			wrong = text;
	return wrong ? 21 : live_as_child(model);
}

const char *forks_tree(const struct model_heap *heap, unsigned depth)
{
	struct model *model = new_model(heap);
	const char *wrong;
	pid_t pid;

	if (!model || !model_run(model, 1, CHILD_STEPS, 14))
		return "the model before the fork failed";
	pid = fork();
	if (pid == 0)
		_exit(grow_tree(model, depth));
	wrong = reap(pid, "the root of the tree");
	if (!wrong && !model_release(model))
		wrong = "the parent found a changed block";
	delete_model(model);
	return wrong;
}

struct hoard {
	const struct model_heap *heap;
	unsigned char **blocks; /* not from the heap */
	size_t count;
	size_t block_bytes;
};

/* Whether all blocks hold the one value, before they are given the other. */
static bool rewrite(struct hoard *hoard, int before, int after)
{
	for (size_t i = 0; i < hoard->count; i++) {
		unsigned char *block = hoard->blocks[i];

		for (size_t j = 0; j < hoard->block_bytes; j += 512)
			if (block[j] != before)
				return false;
		memset(block, after, hoard->block_bytes);
	}
	return true;
}

static int write_as_child(struct hoard *hoard)
{
	struct model *model = new_model(hoard->heap);

	(void)alarm(CHILD_SECONDS);
	if (!rewrite(hoard, 1, 2))
		return 30;
	if (!model || !model_run(model, 7, CHILD_STEPS, 17) || !model_release(model))
		return 31;
	if (!rewrite(hoard, 2, 3))
		return 32;
	for (size_t i = 0; i < hoard->count; i++)
		hoard->heap->free(hoard->blocks[i]);
	return 0;
}

static const char *write_both(struct hoard *hoard)
{
	const char *wrong;
	pid_t pid;

	for (size_t i = 0; i < hoard->count; i++) {
		hoard->blocks[i] = hoard->heap->malloc(hoard->block_bytes);
		if (!hoard->blocks[i])
			return "out of memory";
		memset(hoard->blocks[i], 1, hoard->block_bytes);
	}
	pid = fork();
	if (pid == 0)
		_exit(write_as_child(hoard));
	if (!rewrite(hoard, 1, 4))
		wrong = "the parent sees what the child wrote, or lost its own";
	else
		wrong = reap(pid, "a child that writes");
	if (!wrong && !rewrite(hoard, 4, 5))
		wrong = "the parent's blocks changed";
	for (size_t i = 0; i < hoard->count; i++)
		hoard->heap->free(hoard->blocks[i]);
	return wrong;
}

static void *wait_for_stop(void *argument)
{
	struct busy *busy = argument;

	while (!atomic_load(&busy->stop))
		(void)usleep(100);
	return NULL;
}

const char *forks_both_write(
	const struct model_heap *heap, size_t bytes, size_t block_bytes)
{
	struct hoard hoard = {
		.heap = heap, .count = bytes / block_bytes, .block_bytes = block_bytes};
	size_t table_bytes = hoard.count * sizeof(*hoard.blocks);
	struct busy busy = {.heap = heap};
	const char *wrong;
	pthread_t thread;

	hoard.blocks = mmap(NULL, table_bytes, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (hoard.blocks == MAP_FAILED)
		return "out of memory";
	wrong = write_both(&hoard);
	if (!wrong && pthread_create(&thread, NULL, wait_for_stop, &busy) == 0) {
		wrong = write_both(&hoard);
		atomic_store(&busy.stop, true);
		(void)pthread_join(thread, NULL);
	}
	(void)munmap(hoard.blocks, table_bytes);
	return wrong;
}
