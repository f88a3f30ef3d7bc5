/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/words.h"

#include <errno.h>
#include <string.h>

int words_split(struct words *words, const char *list, const char **names, size_t room,
	size_t *count, struct complaint *why)
{
	size_t length = strlen(list) + 1;
	char *rest = words->bytes + words->used;
	char *name;

	if (words->used + length > sizeof(words->bytes)) {
		complaint_why(why, "the list is too long");
		return -EINVAL;
	}
	memcpy(rest, list, length);
	words->used += length;
	*count = 0;
	while ((name = strsep(&rest, ","))) {
		if (*name == '\0' || *count == room) {
			complaint_why(why,
				*name ? "at most %zu names" : "an empty name in the list",
				room);
			return -EINVAL;
		}
		for (size_t i = 0; i < *count; i++) {
			if (strcmp(names[i], name) == 0) {
				complaint_why(why, "%s stands in it twice", name);
				return -EINVAL;
			}
		}
		names[(*count)++] = name;
	}
	return 0;
}
