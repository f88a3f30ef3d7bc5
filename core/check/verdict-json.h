/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_CHECK_VERDICT_JSON_H
#define CORE_CHECK_VERDICT_JSON_H

#include "core/check/verdict.h"

#include <jansson.h>
#include <stddef.h>

/* An array of objects, one a verdict; NULL without memory. A count that is not known is
 * null. */
json_t *verdicts_to_json(const struct event_verdict *verdicts, size_t count);

/* What is no verdict, or beyond the room, is passed over. Returns how many there are. */
size_t verdicts_from_json(
	const json_t *list, struct event_verdict *verdicts, size_t room);

#endif
