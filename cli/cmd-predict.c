/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/prediction-history.h"
#include "cli/cmd.h"
#include "cli/message.h"
#include "cli/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* How good the predictions in a file have been. */
static int tell_history(const char *path)
{
	struct complaint complaint = {0};
	struct records pairs;
	struct text text;
	int code;
	int error = records_load_csv(&pairs, &prediction_record, path, &complaint);

	if (error) {
		if (error == -ENOENT)
			complaint_advise(&complaint,
				"escalier run --predict -a libc,hp -- PROGRAM");
		message_complaint(&complaint);
		return EXIT_FAILURE;
	}
	text_init(&text);
	(void)prediction_history_print(&pairs, &text);
	code = output_text(&text);
	text_release(&text);
	records_release(&pairs);
	return code;
}

int cmd_predict(int argc, char **argv)
{
	if (argc < 2 || strcmp(argv[1], "--history") != 0)
		return cmd_run_to_predict(argc, argv);
	if (argc > 3)
		return message_usage("predict", "--history is of one file");
	return tell_history(argc == 3 ? argv[2] : "results/predictions.csv");
}
