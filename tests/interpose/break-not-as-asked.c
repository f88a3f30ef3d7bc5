/* SPDX-License-Identifier: MIT */
/* The break, with huge pages or without, moves by what the program asks for; what is new
 * reads as 0, also where the program was before. */
#include "tests/interpose/check.h"

#include <errno.h>
#include <sys/resource.h>

int main(void)
{
	const struct rlimit limit = {96 << 20, RLIM_INFINITY};
	char *start = sbrk(0);
	char *end = start;

	for (int i = 0; i < 3000; i++) {
		errno = 77;
		CHECK(sbrk(5000) == end && errno == 77);
		CHECK(end[0] == 0 && end[4999] == 0);
		memset(end, 1, 5000);
		end += 5000;
		CHECK(sbrk(0) == end);
	}
	CHECK(start[0] == 1 && end[-1] == 1);
	CHECK(sbrk(-10000000) == end);
	end -= 10000000;
	CHECK(sbrk(0) == end && end[-1] == 1);
	CHECK(sbrk(9000000) == end);
	for (int i = 8192; i < 9000000; i += 4096)
		CHECK(end[i] == 0);
	end += 9000000;
	CHECK(brk(end + 100) == 0 && sbrk(0) == end + 100);
	CHECK(brk(end) == 0 && sbrk(0) == end);
	CHECK(brk(start) == 0 && sbrk(0) == start);
	CHECK(sbrk(4096) == start);
	CHECK(setrlimit(RLIMIT_DATA, &limit) == 0);
	errno = 0;
	CHECK(sbrk((intptr_t)1 << 30) == (void *)-1 && errno == ENOMEM);
	CHECK(sbrk(0) == start + 4096);
	/* Where there is no room to run ahead, what was asked for is still there. */
	exercise(100);
	say("the break is where it was asked to be\n");
	return 0;
}
