/* SPDX-License-Identifier: MIT */
/* Programs that clean the environment, or set one of their own, run their children
 * without the interposer, and these run; the others' children inherit it. */
#include "tests/interpose/check.h"

#include <sys/wait.h>

static void run(char *path, char *const *environment)
{
	char *const arguments[] = {path, NULL};
	int status;
	pid_t child = fork();

	CHECK(child >= 0);
	if (child == 0) {
		exercise(100);
		execve(path, arguments, environment);
		_exit(127);
	}
	CHECK(waitpid(child, &status, 0) == child);
	CHECK(status == 0);
}

int main(int argc, char **argv)
{
	static char variable[] = "PATH=/bin";
	char *const own[] = {variable, NULL};
	char *const none[] = {NULL};

	CHECK(argc == 2);
	exercise(1000);
	run(argv[1], none);
	run(argv[1], own);
	run(argv[1], environ);
	CHECK(clearenv() == 0);
	exercise(1000);
	run(argv[1], environ ? environ : none);
	return 0;
}
