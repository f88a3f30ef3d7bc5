/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_TRIALS_H
#define CORE_TRIALS_H

#include "alloc/pool.h"
#include "core/allocators.h"
#include "core/execution.h"
#include "core/group-set.h"
#include "core/program.h"

/*
 * The executions of a program under several allocators, interleaved: in each round every
 * allocator has its turn, timed and then watched, and the first of a round changes from
 * round to round, so that no allocator always follows the same other.
 */
enum { TRIALS_ALLOCATORS = 24 };

struct trials_setup {
	char *const *arguments;
	char *const *environment; /* that each allocator's is made from */
	const struct program_allocator *allocators; /* the first is the reference */
	size_t allocators_count;
	const char *input;   /* file for its standard input; NULL: /dev/null */
	const char *prepare; /* shell command before each execution; NULL */
	bool check_output;   /* take the digest of its standard output */
	bool show_output;    /* its output goes where ours does */
	bool timed, watched; /* which kinds of execution; one at least */
	uint64_t rounds_min, rounds_max;
	uint64_t watched_rounds; /* at most: the later ones are timed alone */
	/* One execution before all others is under this one, and not recorded; NULL: none
	 * is. */
	const struct program_allocator *tracer;
	uint64_t warm_ups;  /* executions of the reference that are not recorded */
	uint64_t budget_ns; /* no new round after it once rounds_min are done */
	double target;      /* half-width of the interval of every ratio that ends it */
	uint64_t timeout_ns, sample_ns;
	const struct cpus *cpus;
	const struct service *service; /* NULL: the program ends by itself */
	const struct pool *pools;      /* whose use is sampled */
	size_t pools_count;

	const struct counter_backend *counters; /* NULL: none */
	const struct counter_filter *filter;
	const struct group *groups; /* counted in turn, one a round */
	size_t groups_count;
	const struct event_list *events;

	const volatile sig_atomic_t *stop;
	int (*write)(void *context, const struct execution *execution);
	void (*sample)(void *context, const struct memory_sample *sample);
	void (*progress)(void *context, const struct execution *next, uint64_t round,
		uint64_t done, uint64_t of);
	void *context;
};

struct trials_outcome {
	uint64_t rounds_done;
	bool interrupted;
	bool converged; /* every ratio is known to the target */
	int first_code; /* exit code of the reference in the first round */
};

/* 0; what program_run() returns where the program cannot be executed at all; -ECANCELED
 * for a file or command of the setup; else -errno. With the complaint. An execution that
 * fails is a row. */
int trials_run(const struct trials_setup *setup, struct trials_outcome *outcome,
	struct complaint *complaint);

#endif
