# SPDX-License-Identifier: GPL-3.0-or-later
# Tests of a PMU that does not exist.
FAKE_PMU := $(B)/tests/core/fake-pmu.o
$(B)/tests/core/test-slots $(B)/tests/core/test-check: $(FAKE_PMU)
