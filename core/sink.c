/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/sink.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int sink_open(struct sink *sink, const char *path, const struct record_type *type,
	enum sink_format format, const struct event_list *events, const char *preamble)
{
	int error;

	*sink = (struct sink){.type = type, .format = format, .events = events};
	sink->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (sink->fd < 0)
		return -errno;
	text_init(&sink->pending);
	if (format == SINK_CSV)
		record_csv_header(type, events, &sink->pending);
	else if (preamble)
		text_format(&sink->pending, "%s\n", preamble);
	error = sink_flush(sink);
	if (error) {
		(void)close(sink->fd);
		text_release(&sink->pending);
	}
	return error;
}

void sink_write(struct sink *sink, const void *record)
{
	if (sink->format == SINK_CSV)
		record_csv_row(sink->type, record, sink->events, &sink->pending);
	else
		record_json_row(sink->type, record, sink->events, &sink->pending);
}

/* Readers refuse a row that is cut short, and with it all before it. Where even this
 * fails the row stays, and the caller has the error that led here. */
static void drop_torn_row(const struct sink *sink)
{
	if (ftruncate(sink->fd, sink->whole) == 0)
		(void)lseek(sink->fd, sink->whole, SEEK_SET);
}

int sink_flush(struct sink *sink)
{
	int error = sink->pending.error;

	if (!error)
		error = file_write_full(
			sink->fd, sink->pending.bytes, sink->pending.length);
	if (error)
		drop_torn_row(sink);
	else
		sink->whole += (off_t)sink->pending.length;
	text_clear(&sink->pending);
	return error;
}

int sink_close(struct sink *sink)
{
	int error = sink_flush(sink);

	if (close(sink->fd) != 0 && !error)
		error = -errno;
	text_release(&sink->pending);
	return error;
}
