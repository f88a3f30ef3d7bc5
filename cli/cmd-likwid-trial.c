/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/number.h"
#include "cli/cmd.h"
#include "cli/message.h"
#include "cli/output.h"
#include "counters/likwid.h"

#include <stdlib.h>

/* What counters/likwid.h runs in a process of its own: no command for people. */
int cmd_likwid_trial(int argc, char **argv)
{
	struct complaint complaint = {.what = ""};
	char usable[GROUP_EVENTS + 1];
	struct text text;
	uint64_t cpu;
	int code;

	if (argc != 3 || number_parse_unsigned(argv[1], &cpu) != 0)
		return 2;
	if (likwid_attempt((unsigned)cpu, argv[2], usable, &complaint)) {
		message_complaint(&complaint);
		return EXIT_FAILURE;
	}
	text_init(&text);
	text_format(&text, "usable %s\n", usable);
	code = output_text(&text);
	text_release(&text);
	return code;
}
