/* SPDX-License-Identifier: MIT */
/* A library named without a path is looked for where the run path of the caller says: who
 * stands in for dlopen must not become the caller. */
#include "tests/interpose/check.h"

#include <dlfcn.h>

int main(void)
{
	/* In this program's own folder, where only its run path leads. */
	void *library = dlopen("lib-tls.so", RTLD_NOW);

	CHECK(library);
	CHECK(dlsym(library, "tls_touch"));
	CHECK(dlclose(library) == 0);
	say("found by the run path\n");
	return 0;
}
