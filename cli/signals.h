/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_SIGNALS_H
#define CLI_SIGNALS_H

#include <signal.h>

/* The first of SIGINT, SIGTERM and SIGHUP that came; 0 none. Work ends in the ordinary
 * way when it is set, so that results are written and the machine is put back. */
extern volatile sig_atomic_t signals_received;

/* Catches those three (a SIGHUP that is ignored, as under nohup, stays so), and ignores
 * SIGPIPE and SIGXFSZ so that a failed write is an error with a message. 0 or -errno. */
int signals_catch(void);

#endif
