/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_ENVIRONMENT_COUNTERS_H
#define CORE_ENVIRONMENT_COUNTERS_H

#include "core/environment.h"

#include <jansson.h>

/* Private to core/environment*: the lists "event_sources", "window_costs" and "events" of
 * environment.json. What is no such list, or too long, is passed over. */
void environment_counters_to_json(const struct environment *environment, json_t *root);
void environment_counters_from_json(struct environment *environment, const json_t *root);

#endif
