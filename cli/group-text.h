/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_GROUP_TEXT_H
#define CLI_GROUP_TEXT_H

#include "base/text.h"
#include "counters/group.h"

/* All that a group says, for people: events with their codes, metrics, sums, what the
 * self-check expects, the parts that it is measured in on a CPU of `arch`, and LONG. */
void group_describe(const struct group *group, const char *arch, struct text *text);

#endif
