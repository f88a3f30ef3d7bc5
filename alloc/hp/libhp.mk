# SPDX-License-Identifier: MIT
# hp as a library of its own: libhp.so, whose name carries the version of its interface, libhp.a,
# and what pkg-config and man need. Objects are the same in both, independent of position.
LIBHP_VERSION := 0
LIBHP_SONAME := libhp.so.$(LIBHP_VERSION)
LIBHP_OBJECTS := $(patsubst %.c,$(B)/libhp/%.o,$(wildcard alloc/hp/*.c))
LIBHP_OPT_release := -O2 -g
LIBHP_OPT_debug := -O1 -g
# Programs that link it need no sanitizer's runtime.
LIBHP_OPT_asan := $(LIBHP_OPT_debug)
LIBHP_OPT_tsan := $(LIBHP_OPT_debug)
LIBHP_FLAGS := -std=c11 $(LIBHP_OPT_$(MODE)) $(WARNINGS) -D_GNU_SOURCE -I. -fPIC \
	-fvisibility=hidden -fno-plt -ftls-model=initial-exec
LIBHP := $(B)/$(LIBHP_SONAME) $(B)/libhp.so $(B)/libhp.a $(B)/hp.pc
$(B)/libhp/%.o: %.c $(B)/flags alloc/hp/libhp.mk
	@mkdir -p $(@D)
	$(CC) $(LIBHP_FLAGS) -MMD -MP -c -o $@ $<
$(B)/$(LIBHP_SONAME): $(LIBHP_OBJECTS) alloc/hp/libhp.map
	$(CC) $(LIBHP_FLAGS) -shared -Wl,-z,defs,-z,now,-soname,$(@F) \
		-Wl,--version-script=alloc/hp/libhp.map -o $@ $(LIBHP_OBJECTS)
$(B)/libhp.so: $(B)/$(LIBHP_SONAME)
	ln -sf $(<F) $@
$(B)/libhp.a: $(LIBHP_OBJECTS)
	@rm -f $@
	ar rcs $@ $^
$(B)/hp.pc: alloc/hp/hp.pc.in $(B)/flags
	sed 's,@PREFIX@,$(PREFIX),; s,@VERSION@,$(VERSION),' $< >$@
all: $(LIBHP)

.PHONY: install-libhp uninstall-libhp
LIBHP_LIB := $(DESTDIR)$(PREFIX)/lib
LIBHP_MAN := $(DESTDIR)$(PREFIX)/share/man/man3
install: install-libhp
install-libhp: $(LIBHP)
	install -D -m 755 -t $(LIBHP_LIB) $(B)/$(LIBHP_SONAME)
	ln -sf $(LIBHP_SONAME) $(LIBHP_LIB)/libhp.so
	install -D -m 644 -t $(LIBHP_LIB) $(B)/libhp.a
	install -D -m 644 -t $(LIBHP_LIB)/pkgconfig $(B)/hp.pc
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/include alloc/hp/hp.h
	install -D -m 644 -t $(LIBHP_MAN) docs/hp.3
	install -D -m 644 LICENSES/MIT.txt $(DESTDIR)$(PREFIX)/share/doc/libhp/copyright
uninstall: uninstall-libhp
uninstall-libhp:
	rm -f $(LIBHP_LIB)/$(LIBHP_SONAME) $(LIBHP_LIB)/libhp.so $(LIBHP_LIB)/libhp.a \
		$(LIBHP_LIB)/pkgconfig/hp.pc $(DESTDIR)$(PREFIX)/include/hp.h $(LIBHP_MAN)/hp.3 \
		$(DESTDIR)$(PREFIX)/share/doc/libhp/copyright
