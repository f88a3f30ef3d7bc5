/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/cycle.h"

const struct kernel kernel_chase = {
	.name = "chase",
	.summary = "random cycle through every line once: the load-to-use latency",
	.dependent = true,
	.prepare = chase_prepare,
	.run = chase_run,
	.idle = chase_idle,
	.verify = chase_verify,
};
