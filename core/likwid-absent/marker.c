/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/marker.h"

#include <errno.h>
#include <stdlib.h>

int marker_open(const struct marker **marker, struct complaint *complaint)
{
	(void)marker;
	if (!getenv("LIKWID_FILEPATH"))
		return MARKER_OFF;
	complaint_what(complaint, "there are no regions for likwid-perfctr");
	complaint_why(complaint, "%s", "this Escalier was built without liblikwid");
	complaint_advise(complaint, "sudo apt-get install likwid, and build again");
	return -EOPNOTSUPP;
}
