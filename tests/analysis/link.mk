# SPDX-License-Identifier: GPL-3.0-or-later
# Tests that measure a machine that does not exist, and a tool that writes its runs to look at.
SYNTHETIC := $(B)/tests/analysis/synthetic.o
$(B)/tests/analysis/test-staircase $(B)/tests/analysis/test-summary: $(SYNTHETIC)
$(B)/tests/cli/test-report: $(SYNTHETIC)
$(B)/tests/analysis/write-synthetic: $(B)/tests/analysis/write-synthetic.o $(SYNTHETIC) \
		$(call libs_of,analysis)
	$(CC) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)
# Random staircases of known truth; how often they are read right (make bench-levels), and where their
# noise was taken from.
STAIRCASES := $(B)/tests/analysis/staircases.o
$(B)/tests/analysis/test-levels $(B)/tests/analysis/test-difference: $(STAIRCASES) $(SYNTHETIC)
$(B)/tests/analysis/bench-levels: $(B)/tests/analysis/bench-levels.o $(STAIRCASES) $(call libs_of,analysis)
	$(CC) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)
$(B)/tests/analysis/write-residuals: $(B)/tests/analysis/write-residuals.o $(call libs_of,analysis)
	$(CC) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)
bench-levels: $(B)/tests/analysis/bench-levels
	$<
