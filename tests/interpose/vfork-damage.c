/* SPDX-License-Identifier: MIT */
/* A child of vfork or posix_spawn runs on its parent's memory: what the allocator does
 * for fork must not happen there. */
#include "tests/interpose/check.h"

#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/wait.h>

enum { CHILDREN = 25 };

extern char **environ;
static atomic_bool stop;

static void *churn(void *unused)
{
	(void)unused;
	while (!stop)
		exercise(300);
	return NULL;
}

static void wait_for(pid_t child)
{
	int status;

	CHECK(child > 0);
	CHECK(waitpid(child, &status, 0) == child);
	CHECK(status == 0);
}

int main(void)
{
	static char name[] = "true";
	char *const arguments[] = {name, NULL};
	pthread_t thread;
	char line[100];
	FILE *pipe;

	CHECK(pthread_create(&thread, NULL, churn, NULL) == 0);
	for (int i = 0; i < CHILDREN; i++) {
		pid_t child;

		exercise(100);
		child = vfork();
		if (child == 0) {
			execvp("true", arguments);
			_exit(127);
		}
		wait_for(child);
		CHECK(posix_spawnp(&child, "true", NULL, NULL, arguments, environ) == 0);
		wait_for(child);
	}
	CHECK(system("exit 3") == 3 << 8);
	pipe = popen("echo from a child", "r");
	CHECK(pipe && fgets(line, sizeof(line), pipe));
	CHECK(pclose(pipe) == 0);
	stop = 1;
	CHECK(pthread_join(thread, NULL) == 0);
	exercise(10000);
	printf("%s", line);
	return 0;
}
