/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_CMD_H
#define CLI_CMD_H

/* The subcommands: argv[0] is the command's own name; each returns the exit code. */
int cmd_check(int argc, char **argv);
int cmd_events(int argc, char **argv);
int cmd_fields(int argc, char **argv);
int cmd_groups(int argc, char **argv);
int cmd_likwid_trial(int argc, char **argv);
int cmd_machine(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_sweep(int argc, char **argv);
int cmd_trace(int argc, char **argv);

#endif
