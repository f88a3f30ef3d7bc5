/* SPDX-License-Identifier: MIT */
/* Allocates and says whether the loader runs it as setuid: built dynamic and static. */
#include "tests/interpose/check.h"

#include <sys/auxv.h>

int main(void)
{
	exercise(1000);
	say(getauxval(AT_SECURE) ? "secure\n" : "plain\n");
	return 0;
}
