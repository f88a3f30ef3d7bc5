/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_MESSAGE_H
#define CLI_MESSAGE_H

#include "base/error.h"

/*
 * What goes to stderr, in one form: "escalier: what: why", then "  try: advice". In
 * colour only where stderr is a terminal and NO_COLOR is unset or empty.
 */
void message_complaint(const struct complaint *complaint);

/* A mistake on the command line: prints it and where to read on. Returns 2, the exit
 * code. */
int message_usage(const char *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
