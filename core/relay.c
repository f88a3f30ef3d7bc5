/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/relay.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* One batch is filled, one is visited, and one waits. */
enum { BATCHES = 3, BATCH = 256 };

struct relay {
	const struct records *records;
	relay_read *read;
	void *source;
	int error; /* of reading */

	char *batches[BATCHES];
	size_t counts[BATCHES];
	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t filled, visited; /* batches, from the start */
	bool ended;             /* no batch follows */
	bool stopped;           /* no batch is wanted */
};

/* A record's bytes without the values that no event of this file has. */
static void copy(const struct records *records, char *to, const char *from)
{
	const struct record_type *type = records->type;
	const size_t values = RECORD_EVENTS * sizeof(struct counter_value);
	const size_t used = records->events.count * sizeof(struct counter_value);

	if (!type->span) {
		memcpy(to, from, type->size);
		return;
	}
	memcpy(to, from, type->values + used);
	memcpy(to + type->values + values, from + type->values + values,
		type->size - type->values - values);
}

/* The batch that is being filled goes to the visitor, and the next one is waited for. */
static int hand_over(struct relay *relay)
{
	bool stopped;

	(void)pthread_mutex_lock(&relay->lock);
	relay->filled++;
	(void)pthread_cond_signal(&relay->changed);
	while (relay->filled - relay->visited == BATCHES && !relay->stopped)
		(void)pthread_cond_wait(&relay->changed, &relay->lock);
	stopped = relay->stopped;
	(void)pthread_mutex_unlock(&relay->lock);
	relay->counts[relay->filled % BATCHES] = 0;
	return stopped ? -ECANCELED : 0;
}

static int put(void *context, const void *record, const struct records *records)
{
	struct relay *relay = context;
	const size_t batch = relay->filled % BATCHES;

	copy(records,
		relay->batches[batch] + relay->counts[batch]++ * records->type->size,
		record);
	return relay->counts[batch] == BATCH ? hand_over(relay) : 0;
}

static void *run(void *context)
{
	struct relay *relay = context;

	relay->error = relay->read(relay->source, put, relay);
	if (relay->counts[relay->filled % BATCHES] > 0)
		(void)hand_over(relay);
	(void)pthread_mutex_lock(&relay->lock);
	relay->ended = true;
	(void)pthread_cond_signal(&relay->changed);
	(void)pthread_mutex_unlock(&relay->lock);
	return NULL;
}

/* Whether there is a batch to visit; waits for it. */
static bool has_batch(struct relay *relay)
{
	bool has;

	(void)pthread_mutex_lock(&relay->lock);
	while (relay->filled == relay->visited && !relay->ended)
		(void)pthread_cond_wait(&relay->changed, &relay->lock);
	has = relay->filled > relay->visited;
	(void)pthread_mutex_unlock(&relay->lock);
	return has;
}

static void give_back(struct relay *relay, bool stopped)
{
	(void)pthread_mutex_lock(&relay->lock);
	relay->visited++;
	relay->stopped = stopped;
	(void)pthread_cond_signal(&relay->changed);
	(void)pthread_mutex_unlock(&relay->lock);
}

static int visit_all(struct relay *relay, record_visit *visit, void *context)
{
	int error = 0;

	while (!error && has_batch(relay)) {
		const size_t batch = relay->visited % BATCHES;

		for (size_t i = 0; i < relay->counts[batch] && !error; i++)
			error = visit(context,
				relay->batches[batch] + i * relay->records->type->size,
				relay->records);
		give_back(relay, error != 0);
	}
	return error;
}

static int start(struct relay *relay, pthread_t *thread)
{
	sigset_t all, before;
	int error;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(thread, NULL, run, relay);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error;
}

int relay_visit(const struct records *records, relay_read *read, void *source,
	record_visit *visit, void *context)
{
	struct relay relay = {.records = records,
		.read = read,
		.source = source,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.changed = PTHREAD_COND_INITIALIZER};
	const size_t bytes = BATCH * records->type->size;
	char *memory = calloc(BATCHES, bytes);
	pthread_t thread;
	int error;

	for (size_t i = 0; memory && i < BATCHES; i++)
		relay.batches[i] = memory + i * bytes;
	if (!memory || start(&relay, &thread)) {
		free(memory);
		return read(source, visit, context);
	}
	error = visit_all(&relay, visit, context);
	(void)pthread_join(thread, NULL);
	free(memory);
	return error ? error : relay.error;
}
