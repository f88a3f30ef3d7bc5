# SPDX-License-Identifier: GPL-3.0-or-later
# Tests whose kernel is emulated.c: the calls that reach perf_event, and the instructions that read
# counters, are its own.
EMULATED := test-perf-emulated test-perf-targets test-perf-user
$(EMULATED:%=$(B)/tests/counters/%): $(B)/tests/counters/emulated.o $(B)/tests/counters/record.o
$(foreach t,$(EMULATED),$(eval LINK_$(t) := -Wl,--wrap=syscall,--wrap=ioctl,--wrap=read,--wrap=close \
	-Wl,--wrap=mmap,--wrap=munmap,--wrap=pmus_load,--wrap=host_facts_read,--wrap=user_counter_exists \
	-Wl,--wrap=user_counter_read,--wrap=user_clock_read))
RECORDED := test-explain test-pmu test-group-files test-split
$(RECORDED:%=$(B)/tests/counters/%): $(B)/tests/counters/record.o
LINK_test-pmu := -Wl,--wrap=counters_encode,--wrap=pfm_get_pmu_info
LINK_test-split := -Wl,--wrap=pmus_load
