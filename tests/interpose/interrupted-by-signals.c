/* SPDX-License-Identifier: MIT */
/* Signals arrive at any instruction of the allocator. Handlers that do not allocate are
 * harmless on any stack; one that interrupts no allocation may allocate. */
#include "tests/interpose/check.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>

static atomic_uint arrived;
static atomic_bool stop;

static void on_timer(int signal)
{
	int saved = errno;

	(void)signal;
	arrived++;
	errno = 99;
	(void)write(-1, "", 1);
	errno = saved;
}

static void on_request(int signal)
{
	char *text;

	(void)signal;
	text = malloc(1000);
	CHECK(text);
	fill(text, 1000, 1);
	text = realloc(text, 200000);
	CHECK(text && is_filled(text, 1000, 1));
	free(text);
	arrived++;
}

/* Interrupted in pause only. */
static void *wait_for_requests(void *unused)
{
	sigset_t none;

	(void)unused;
	sigemptyset(&none);
	while (!stop)
		sigsuspend(&none);
	return NULL;
}

int main(void)
{
	static char stack[1 << 16];
	const stack_t alternative = {.ss_sp = stack, .ss_size = sizeof(stack)};
	struct sigaction action = {.sa_handler = on_timer, .sa_flags = SA_ONSTACK};
	const struct itimerval often = {{0, 200}, {0, 200}};
	const struct itimerval never = {{0, 0}, {0, 0}};
	sigset_t requests;
	pthread_t thread;

	CHECK(sigaltstack(&alternative, NULL) == 0);
	CHECK(sigaction(SIGALRM, &action, NULL) == 0);
	CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);
	while (arrived < 200) {
		exercise(2000);
		free(malloc(8 << 20));
	}
	CHECK(setitimer(ITIMER_REAL, &never, NULL) == 0);

	arrived = 0;
	action.sa_handler = on_request;
	action.sa_flags = 0;
	CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
	sigemptyset(&requests);
	sigaddset(&requests, SIGUSR1);
	CHECK(pthread_sigmask(SIG_BLOCK, &requests, NULL) == 0);
	CHECK(pthread_create(&thread, NULL, wait_for_requests, NULL) == 0);
	for (unsigned i = 0; i < 50; i++) {
		CHECK(pthread_kill(thread, SIGUSR1) == 0);
		while (arrived <= i)
			exercise(10);
	}
	stop = 1;
	CHECK(pthread_kill(thread, SIGUSR1) == 0);
	CHECK(pthread_join(thread, NULL) == 0);
	say("signals handled\n");
	return 0;
}
