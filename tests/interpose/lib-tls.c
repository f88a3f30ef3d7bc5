/* SPDX-License-Identifier: MIT */
/* Thread-local variables too large for what the loader keeps in reserve. */
extern int *tls_touch(int value);

static _Thread_local int variables[20000] = {1};

int *tls_touch(int value)
{
	variables[10000] = value;
	return &variables[10000];
}
