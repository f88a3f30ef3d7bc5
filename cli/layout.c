/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/layout.h"

#include "cli/message.h"
#include "cli/output.h"

#include <getopt.h>
#include <stddef.h>

bool layout_options(
	int argc, char **argv, const char *help, enum layout *layout, int *code)
{
	static const struct option known[] = {
		{"csv", no_argument, NULL, 'c'},
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option;

	optind = 0; /* another command may have parsed before */
	opterr = 0;
	*layout = LAYOUT_TABLE;
	while ((option = getopt_long(argc, argv, ":h", known, NULL)) != -1) {
		if (option == 'h') {
			*code = output_string(help);
			return false;
		}
		if (option != 'c' && option != 'j') {
			*code = message_usage(argv[0], "unknown or misused option %s",
				argv[optind - 1]);
			return false;
		}
		*layout = option == 'c' ? LAYOUT_CSV : LAYOUT_JSON;
	}
	return true;
}
