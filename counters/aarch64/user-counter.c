/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "counters/user-counter.h"

/* The kernel's number of the cycle counter; event counters are 0 to 30. */
enum { CYCLE_COUNTER = 31 };

bool user_counter_exists(void)
{
	return true;
}

/*
 * A register's number is part of the instruction. PMSELR_EL0 and PMXEVCNTR_EL0 would take
 * it from a register, but the kernel does not save the selection over a context switch.
 */
#define READ(register) __asm__ volatile("mrs %0, " #register : "=r"(value) : : "memory")
#define EVENT(number)                                                                    \
	case number:                                                                     \
		READ(pmevcntr##number##_el0);                                            \
		break

uint64_t user_counter_read(uint32_t counter)
{
	uint64_t value = 0;

	switch (counter) {
		EVENT(0);
		EVENT(1);
		EVENT(2);
		EVENT(3);
		EVENT(4);
		EVENT(5);
		EVENT(6);
		EVENT(7);
		EVENT(8);
		EVENT(9);
		EVENT(10);
		EVENT(11);
		EVENT(12);
		EVENT(13);
		EVENT(14);
		EVENT(15);
		EVENT(16);
		EVENT(17);
		EVENT(18);
		EVENT(19);
		EVENT(20);
		EVENT(21);
		EVENT(22);
		EVENT(23);
		EVENT(24);
		EVENT(25);
		EVENT(26);
		EVENT(27);
		EVENT(28);
		EVENT(29);
		EVENT(30);
	case CYCLE_COUNTER:
		READ(pmccntr_el0);
		break;
	default:
		break;
	}
	return value;
}

uint64_t user_clock_read(void)
{
	uint64_t value;

	/* The counter may be read ahead of what stands before it. */
	__asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(value) : : "memory");
	return value;
}
