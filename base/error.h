/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stddef.h>

/*
 * The error rule of the whole program.
 *
 * A function that can fail returns an int:
 *   0          success;
 *   -errno     a failure of the system or of a library, forwarded unchanged by callers
 * that cannot mend it; positive   an outcome that its header documents and that callers
 * must handle.
 *
 * A function whose failure needs words (which option, which file, what to type) takes a
 * `struct complaint *` as its last argument and fills it before it returns non-zero. Only
 * cli/ prints complaints, and only cli/ exits.
 */
struct complaint {
	char what[256];   /* what happened, a clause without a full stop */
	char why[256];    /* the cause as far as known; may be empty */
	char advice[256]; /* what to type or do; may be empty */
};

/* Each takes a printf format; a text that does not fit is cut at the end of the field,
 * and what cannot be shown is escaped, as text_append_visible() has it. */
void complaint_what(struct complaint *complaint, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void complaint_why(struct complaint *complaint, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void complaint_advise(struct complaint *complaint, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* "cannot VERB OBJECT", and the system's words for the error. Returns the error. */
int complaint_cannot(
	struct complaint *complaint, const char *verb, const char *object, int error);

/* Puts a file's name before what a reader of its text, who does not know it, says.
 * Returns the error. */
int complaint_in(struct complaint *complaint, const char *path, int error);

/* "what: why" on one line, cut to size. Returns line. */
char *complaint_line(const struct complaint *complaint, char *line, size_t size);

#endif
