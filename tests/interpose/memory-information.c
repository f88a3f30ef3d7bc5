/* SPDX-License-Identifier: MIT */
/* Programs that ask malloc about itself get answers that fit together. */
#include "tests/interpose/check.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>

int main(void)
{
	struct mallinfo2 before = mallinfo2();
	struct mallinfo2 now;
	char *text = NULL;
	size_t bytes = 0;
	FILE *stream;
	char *block = malloc(50 << 20);
	char *small = malloc(100000);

	CHECK(block && small);
	now = mallinfo2();
	CHECK(now.uordblks + now.hblkhd >=
		before.uordblks + before.hblkhd + (50 << 20) + 100000);
	CHECK(now.arena >= now.uordblks);
	free(block);
	free(small);
	now = mallinfo2();
	CHECK(now.uordblks + now.hblkhd < before.uordblks + before.hblkhd + (1 << 20));
	CHECK(mallopt(M_MMAP_THRESHOLD, 1 << 20) == 1);
	CHECK(mallopt(M_TRIM_THRESHOLD, 1 << 20) == 1);
	(void)malloc_trim(0);
	stream = open_memstream(&text, &bytes);
	CHECK(stream && malloc_info(0, stream) == 0);
	CHECK(fclose(stream) == 0);
	CHECK(strncmp(text, "<malloc version=\"1\">\n", 21) == 0);
	CHECK(strcmp(text + bytes - 10, "</malloc>\n") == 0);
	free(text);
	CHECK(malloc_info(1, stdout) == EINVAL);
	say("answers given\n");
	return 0;
}
