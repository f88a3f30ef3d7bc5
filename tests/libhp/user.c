/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A program that was linked with libhp, by its installed header: allocates, and prints
 * what served it. With an argument it closes every descriptor that it did not open.
 */
#include <errno.h>
#include <hp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct hp_stats stats;
	char *block = hp_malloc(3 << 20);
	char *other = hp_calloc(10, 100);

	(void)argv;
	if (!block || !other || !hp_owns(block) || hp_owns(&stats))
		return 1;
	memset(block, 1, 3 << 20);
	block = hp_realloc(block, 5 << 20);
	if (!block || block[(3 << 20) - 1] != 1)
		return 2;
	hp_stats(&stats);
	printf("%s %d %u\n", stats.policy, (int)stats.decay_ms, stats.check);
	printf("thp %d small %d\n", stats.source_bytes[HP_SOURCE_THP] > 0,
		stats.source_bytes[HP_SOURCE_SMALL] > 0);
	errno = 0;
	printf("limit %s\n",
		!hp_malloc((size_t)1 << 30) && errno == ENOMEM ? "kept" : "none");
	hp_free(block);
	hp_free(other);
	if (argc > 1)
		for (int fd = 3; fd < 100; fd++)
			(void)close(fd);
	return 0;
}
