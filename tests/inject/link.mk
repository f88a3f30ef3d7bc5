# SPDX-License-Identifier: GPL-3.0-or-later
# The test of the library that makes calls of a whole program fail (see inject.c).
$(B)/tests/inject/victim: tests/inject/victim.c $(B)/flags
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -o $@ $<

.PHONY: check-inject
check-inject: $(B)/tests/inject/inject.so $(B)/tests/inject/victim
	ESCALIER_INJECT=$(abspath $<) scripts/lib/run-tests.sh -l "$(notdir $(CC)) $(MODE)" \
		tests/inject/test-inject.sh

ifeq ($(MODE),release)
check: check-inject
endif
