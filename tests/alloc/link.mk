# SPDX-License-Identifier: GPL-3.0-or-later
# Functions that these tests put their own in front of.
LINK_test-pool := -Wl,--wrap=file_write_u64,--wrap=file_read_u64
LINK_test-acquire-failures := -Wl,--wrap=mmap,--wrap=munmap,--wrap=mprotect,--wrap=madvise \
	-Wl,--wrap=syscall,--wrap=open,--wrap=read,--wrap=aligned_alloc,--wrap=free
LINK_test-hp-pages-failures := -Wl,--wrap=mmap,--wrap=munmap,--wrap=mremap,--wrap=madvise \
	-Wl,--wrap=syscall,--wrap=open,--wrap=read,--wrap=socketpair
LINK_test-hp-gigantic := -Wl,--wrap=mmap,--wrap=munmap,--wrap=madvise
