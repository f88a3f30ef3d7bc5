/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TOPOLOGY_TRIAL_H
#define TOPOLOGY_TRIAL_H

/*
 * Runs a function in a child process first, to learn whether it comes to an end: hwloc
 * (2.9) walks into missing attributes of a damaged file and takes the program down with
 * it.
 *
 * 0 it returned; -EFAULT it crashed, aborted or ran for more than ten seconds of CPU
 * time; another -errno where there could be no child.
 */
int trial_run(void (*function)(const void *argument), const void *argument);

#endif
