# SPDX-License-Identifier: GPL-3.0-or-later
# Tests that measure a machine that does not exist, and a tool that writes its runs to look at.
SYNTHETIC := $(B)/tests/analysis/synthetic.o
$(B)/tests/analysis/test-staircase $(B)/tests/analysis/test-summary: $(SYNTHETIC)
$(B)/tests/cli/test-report: $(SYNTHETIC)
$(B)/tests/analysis/write-synthetic: $(B)/tests/analysis/write-synthetic.o $(SYNTHETIC) \
		$(call libs_of,analysis)
	$(CC) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)
