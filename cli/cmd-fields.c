/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/cmd.h"
#include "cli/message.h"
#include "cli/output.h"
#include "core/measurement.h"

#include <string.h>

int cmd_fields(int argc, char **argv)
{
	struct text text;
	int code;

	if (argc > 1 && strcmp(argv[1], "--help") != 0 && strcmp(argv[1], "-h") != 0)
		return message_usage("fields", "unexpected argument \"%s\"", argv[1]);
	text_init(&text);
	if (argc > 1)
		text_append(&text,
			"Usage: escalier fields\n"
			"Describe the columns of windows.csv as a Markdown table.\n");
	else
		record_describe(&measurement_record, &text);
	code = output_text(&text);
	text_release(&text);
	return code;
}
