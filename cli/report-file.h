/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_REPORT_FILE_H
#define CLI_REPORT_FILE_H

#include "base/error.h"
#include "base/text.h"

/* Writes a file of a report into the folder of its run, and its name, on a line, to
 * `written`. 0 or -errno with the complaint; the text's own error is one. */
int report_write_file(const char *folder, const char *name, const struct text *text,
	struct text *written, struct complaint *complaint);

#endif
