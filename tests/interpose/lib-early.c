/* SPDX-License-Identifier: MIT */
/* A library that allocates in its constructor and in its destructor. */
#include "tests/interpose/check.h"

#include <pthread.h>

extern char *early_text;

char *early_text;
static pthread_key_t key;

static void *allocate(void *unused)
{
	(void)unused;
	CHECK(pthread_setspecific(key, malloc(50)) == 0);
	exercise(1000);
	return NULL;
}

__attribute__((constructor)) static void construct(void)
{
	pthread_t thread;

	early_text = strdup("made by a constructor");
	CHECK(early_text);
	/* Threads of their own before main: some libraries do. */
	CHECK(pthread_key_create(&key, free) == 0);
	CHECK(pthread_create(&thread, NULL, allocate, NULL) == 0);
	CHECK(pthread_join(thread, NULL) == 0);
}

__attribute__((destructor)) static void destruct(void)
{
	free(early_text);
	early_text = NULL;
	exercise(1000);
	say("destructor allocated\n");
}
