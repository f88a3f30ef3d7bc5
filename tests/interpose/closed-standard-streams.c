/* SPDX-License-Identifier: MIT */
/* With 0, 1 and 2 closed, the next files that a program opens get these numbers: an
 * allocator that writes to "stderr", or keeps a descriptor of its own, damages them. */
#include "tests/interpose/check.h"

#include <fcntl.h>
#include <sys/stat.h>

int main(int argc, char **argv)
{
	struct stat file;
	int fd, lowest;

	if (argc > 1 && strcmp(argv[1], "closed") == 0) {
		/* Started with none open: our files come to 0, 1 and 2. */
		char path[] = "/tmp/escalier-closed-XXXXXX";

		for (int i = 0; i < 3; i++) {
			fd = i ? open(path, O_RDWR) : mkstemp(path);
			if (fd != i)
				_exit(10 + i);
		}
		exercise(10000);
		free(malloc(64 << 20));
		if (fstat(0, &file) != 0 || file.st_size != 0)
			_exit(20);
		(void)unlink(path);
		/* At exit too. */
		return 0;
	}
	if (argc > 1)
		execl(argv[1], argv[1], "closed", (char *)NULL);
	/* Whoever started us may have left some open. */
	lowest = open("/dev/null", O_RDWR);
	close(lowest);
	exercise(1000);
	free(malloc(64 << 20));
	for (fd = 0; fd < 3; fd++)
		close(fd);
	for (fd = 0; fd < 3; fd++)
		if (open("/dev/null", O_RDWR) != fd)
			_exit(30);
	/* The lowest number that is free is the program's to have. */
	if (open("/dev/null", O_RDWR) != lowest)
		_exit(31);
	exercise(10000);
	return 0;
}
