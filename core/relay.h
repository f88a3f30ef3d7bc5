/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_RELAY_H
#define CORE_RELAY_H

#include "core/record.h"

/*
 * Records from a thread that reads them to the one that visits them, in their order: a
 * large file is parsed while what was parsed before is condensed.
 */

/* Reads all records and gives each to the visitor, as records_visit_csv does: 0, or the
 * first error of it or of the visitor, whose own ends it. */
typedef int relay_read(void *source, record_visit *visit, void *context);

/* The same with `read` in a thread of its own, which has the signals blocked, and
 * visit(context) in this one; in this one alone where there can be no other. Records of
 * no other events than those that are known at the start; `records` may get more names
 * meanwhile, and nothing else. An error of the visitor goes before one of the reader. */
int relay_visit(const struct records *records, relay_read *read, void *source,
	record_visit *visit, void *context);

#endif
