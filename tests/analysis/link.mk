# SPDX-License-Identifier: GPL-3.0-or-later
# Tests that measure a machine that does not exist.
$(B)/tests/analysis/test-staircase $(B)/tests/analysis/test-summary: \
	$(B)/tests/analysis/synthetic.o
