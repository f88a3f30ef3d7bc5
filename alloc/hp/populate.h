/* SPDX-License-Identifier: MIT */
#ifndef ALLOC_HP_POPULATE_H
#define ALLOC_HP_POPULATE_H

#include <stddef.h>

/*
 * Faults in whole pages for writing. The kernel reports a page that it cannot give as an
 * error of the call, where touching it would raise SIGBUS. 0, -ENOMEM, or -EFAULT for a
 * hugetlb page.
 */
int populate(void *start, size_t bytes);

#endif
