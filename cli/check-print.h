/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_CHECK_PRINT_H
#define CLI_CHECK_PRINT_H

#include "cli/counting.h"
#include "core/check/check.h"

/* What `escalier check` says: for people, with `tests` every test too, not those alone
 * that decided; and as one JSON object (0 or -ENOMEM). */
void check_print(const struct counting *counting, const struct checked_groups *checked,
	const struct environment *environment, bool tests, struct text *text);
int check_print_json(const struct counting *counting,
	const struct checked_groups *checked, const struct environment *environment,
	struct text *text);

#endif
