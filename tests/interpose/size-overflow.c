/* SPDX-License-Identifier: MIT */
/* Sizes whose product, or whose rounding up, does not fit are refused with ENOMEM, not
 * served short. Blocks given to a call that fails stay as they are. */
#include "tests/interpose/check.h"

#include <errno.h>
#include <malloc.h>

static void refused(void *result)
{
	CHECK(!result && errno == ENOMEM);
	errno = 0;
}

int main(void)
{
	volatile size_t half = SIZE_MAX / 2;
	volatile size_t most = SIZE_MAX;
	volatile size_t large = (size_t)1 << 32;
	volatile size_t alignment = (size_t)1 << 40;
	char *volatile block = malloc(100); /* kept by calls that fail */
	void *out = block;

	CHECK(block);
	fill(block, 100, 1);
	errno = 0;
	refused(calloc(half, 4));
	refused(calloc(most, most));
	refused(calloc(large, large));
	refused(reallocarray(block, half, 4));
	refused(reallocarray(NULL, most, 2));
	refused(realloc(block, most));
	refused(realloc(block, half + 1));
	for (size_t less = 0; less < 70000; less = less * 2 + 1) {
		refused(malloc(most - less));
		refused(calloc(1, most - less));
		refused(valloc(most - less));
		refused(pvalloc(most - less));
		refused(memalign(64, most - less));
		refused(memalign(1 << 21, most - less));
		refused(memalign(alignment, most - less));
		CHECK(posix_memalign(&out, 4096, most - less) == ENOMEM);
	}
	refused(malloc(half + 1)); /* beyond PTRDIFF_MAX */
	CHECK(out == block && is_filled(block, 100, 1));
	free(block);
	say("no size wrapped around\n");
	return 0;
}
