/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_SINK_H
#define CORE_SINK_H

#include "base/text.h"
#include "core/record.h"

#include <sys/types.h>

#include <stddef.h>

/*
 * A file of records, written as they come: after sink_flush everything given so far
 * is in the file, whatever happens to the program later.
 */
enum sink_format { SINK_CSV, SINK_JSON_LINES };

struct sink {
	int fd;
	const struct record_type *type;
	enum sink_format format;
	const struct event_list *events; /* the caller's; fixed while the sink is open */
	struct text pending;
	off_t whole; /* bytes in the file, up to the end of a row */
};

/* Creates the file; it must not exist. CSV begins with its header line; JSON Lines with
 * `preamble` (one object, may be NULL). 0 or -errno. */
int sink_open(struct sink *sink, const char *path, const struct record_type *type,
	enum sink_format format, const struct event_list *events, const char *preamble);
void sink_write(struct sink *sink, const void *record);
/* 0 or -errno (-ENOSPC: the disk is full). What was flushed before stays, and no part of
 * a row is left behind it. */
int sink_flush(struct sink *sink);
/* Flushes and closes. 0 or -errno. */
int sink_close(struct sink *sink);

#endif
