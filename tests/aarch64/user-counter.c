/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading in user space as AArch64 does it. Where counters are not open to user space, as
 * in an emulated process, each instruction traps: the trap tells which register it names,
 * which is what is to be proved. Prints TAP; exit 1 where something is wrong.
 */
#include "counters/user-counter.h"

#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <ucontext.h>

enum { EVENT_COUNTERS = 31, CYCLE_COUNTER = 31 };

static sigjmp_buf back;
static volatile uint32_t instruction;

static void on_trap(int signal, siginfo_t *info, void *context)
{
	const ucontext_t *at = context;

	(void)signal;
	(void)info;
	instruction = *(const uint32_t *)(uintptr_t)at->uc_mcontext.pc;
	siglongjmp(back, 1);
}

/* MRS Xt, S3_<op1>_C<n>_C<m>_<op2> without the target register (Arm ARM, C6.2). */
static uint32_t mrs(unsigned op1, unsigned n, unsigned m, unsigned op2)
{
	return 0xd5380000u | op1 << 16 | n << 12 | m << 8 | op2 << 5;
}

/* PMCCNTR_EL0 is S3_3_C9_C13_0, PMEVCNTR<i>_EL0 is S3_3_C14_C(8 + i / 8)_(i % 8). */
static uint32_t expected(unsigned counter)
{
	if (counter == CYCLE_COUNTER)
		return mrs(3, 9, 13, 0);
	return mrs(3, 14, 8 + counter / 8, counter % 8);
}

static int check(unsigned counter)
{
	volatile uint64_t value;
	int right;

	instruction = 0;
	if (sigsetjmp(back, 1) == 0) {
		value = user_counter_read(counter);
		(void)value;
		printf("ok %u - counter %u can be read # SKIP nothing traps here\n",
			counter + 1, counter);
		return 0;
	}
	right = (instruction & ~0x1fu) == expected(counter);
	printf("%sok %u - counter %u is read from its register\n", right ? "" : "not ",
		counter + 1, counter);
	return !right;
}

int main(void)
{
	const struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO};
	uint64_t before = user_clock_read();
	int bad = 0;

	if (sigaction(SIGILL, &action, NULL) || sigaction(SIGSEGV, &action, NULL))
		return 1;
	for (unsigned i = 0; i <= EVENT_COUNTERS; i++)
		bad |= check(i);
	/* A number that is no counter's touches no register. */
	if (sigsetjmp(back, 1) || user_counter_read(32) != 0 || !user_counter_exists())
		bad = 1;
	printf("%sok 33 - there is no counter 32\n", bad ? "not " : "");
	while (user_clock_read() == before)
		;
	printf("ok 34 - the clock goes on\n1..34\n");
	return bad;
}
