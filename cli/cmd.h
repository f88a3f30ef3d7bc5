/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_CMD_H
#define CLI_CMD_H

/* Exit codes beside EXIT_SUCCESS, EXIT_FAILURE and 2, of the commands that measure this
 * machine: something asked for could not be had; counters asked for, and none. */
enum { EXIT_PARTIAL = 3, EXIT_NO_COUNTERS = 4 };

/* The subcommands: argv[0] is the command's own name; each returns the exit code. */
int cmd_check(int argc, char **argv);
int cmd_compare(int argc, char **argv);
int cmd_costs(int argc, char **argv);
int cmd_events(int argc, char **argv);
int cmd_fields(int argc, char **argv);
int cmd_groups(int argc, char **argv);
int cmd_levels(int argc, char **argv);
int cmd_likwid_trial(int argc, char **argv);
int cmd_machine(int argc, char **argv);
int cmd_predict(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_sweep(int argc, char **argv);
int cmd_trace(int argc, char **argv);

/* The part of cmd_predict() that runs a program. */
int cmd_run_to_predict(int argc, char **argv);

#endif
