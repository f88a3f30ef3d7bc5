/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/report-file.h"

#include "base/file.h"
#include "cli/session.h"

int report_write_file(const char *folder, const char *name, const struct text *text,
	struct text *written, struct complaint *complaint)
{
	char path[PATH_MAX];
	int error = session_path(path, folder, name, complaint);

	if (error)
		return error;
	error = text->error ? text->error : file_write_all(path, text);
	if (error)
		return complaint_cannot(complaint, "write", path, error);
	text_format(written, "%s\n", path);
	return 0;
}
