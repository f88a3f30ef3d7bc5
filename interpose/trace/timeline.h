/* SPDX-License-Identifier: MIT */
#ifndef INTERPOSE_TRACE_TIMELINE_H
#define INTERPOSE_TRACE_TIMELINE_H

/* Takes a moment of the process where the last is old enough: live bytes, faults,
 * resident memory. Called whenever a thread's live bytes have moved. */
void timeline_look(void);

#endif
