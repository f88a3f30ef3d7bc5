# SPDX-License-Identifier: GPL-3.0-or-later
# The calls that reach the kernel's perf_event are this test's own.
LINK_test-perf-emulated := -Wl,--wrap=syscall,--wrap=ioctl,--wrap=read,--wrap=close
