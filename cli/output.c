/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/output.h"

#include "base/file.h"
#include "cli/message.h"

#include <string.h>
#include <unistd.h>

int output_text(const struct text *text)
{
	struct complaint complaint = {0};
	int error = text->error;

	if (!error)
		error = file_write_full(STDOUT_FILENO, text->bytes, text->length);
	if (!error)
		return 0;
	complaint_what(&complaint, "cannot write to the standard output");
	complaint_why(&complaint, "%s", strerror(-error));
	message_complaint(&complaint);
	return 1;
}

int output_string(const char *string)
{
	struct text text;
	int code;

	text_init(&text);
	text_append(&text, string);
	code = output_text(&text);
	text_release(&text);
	return code;
}
