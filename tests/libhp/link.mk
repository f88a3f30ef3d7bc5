# SPDX-License-Identifier: GPL-3.0-or-later
# hp as programs find it that know nothing of this tree: installed, by pkg-config's flags.
.PHONY: check-libhp
check-libhp: $(LIBHP)
	rm -rf $(B)/libhp-root
	$(MAKE) -s install-libhp DESTDIR=$(abspath $(B)/libhp-root)
	LIBHP_ROOT=$(abspath $(B)/libhp-root) LIBHP_PREFIX=$(PREFIX) CC=$(CC) ESCALIER=none \
		MODE=$(MODE) scripts/lib/run-tests.sh -l "$(notdir $(CC)) $(MODE)" \
		tests/libhp/test-libhp.sh
	$(MAKE) -s uninstall-libhp DESTDIR=$(abspath $(B)/libhp-root)
	test -z "$$(find $(B)/libhp-root ! -type d)"
ifneq ($(MODE),tsan)
check: check-libhp
endif
