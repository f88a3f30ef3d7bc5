/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_REPORT_COMPARISON_H
#define CLI_REPORT_COMPARISON_H

#include "base/error.h"
#include "base/text.h"

/* The part of report_write() for the folder of `escalier run`. As that
 * returns. */
int report_write_comparison(
	const char *folder, struct text *written, struct complaint *complaint);

#endif
