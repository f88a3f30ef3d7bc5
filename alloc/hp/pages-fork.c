/* SPDX-License-Identifier: MIT */
#include "alloc/hp/gigantic.h"
#include "alloc/hp/ordinary.h"
#include "alloc/hp/pages-state.h"
#include "alloc/hp/pages.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/single_threaded.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * What the kernel does with a private page of a pool after fork: whoever writes first
 * gets a copy, a second page of the pool. If there is none, the process that mapped the
 * page keeps it, the page is torn out of the child, and the child's next access raises
 * SIGBUS. So the child is to leave such pages before it runs on.
 *
 * With one thread that is easy: leave them before the fork. With several, the others
 * write while the contents move, and nothing holds them; the kernel's own copy on write
 * is the one snapshot there is. Hence the child copies, out of what it inherited. Two
 * things can stand in its way, and only where the pool is exhausted:
 *   - glibc writes before any handler runs (it resets the locks of open FILEs): SIGBUS is
 * caught and that page moved at once;
 *   - another thread of the parent has written to a page in the meantime, and it was torn
 * out of the child. The forking thread, which waits, then sends the page: as it is now,
 * newer than the fork by the writes of other threads. What the forking thread or a lock
 * that it holds protects has not changed.
 */

struct request {
	char *page;
	size_t bytes; /* 0: the child is done */
};

static struct {
	bool guarded; /* between prepare and parent or child, with handler and sockets */
	pid_t parent;
	int parent_end;
	int child_end;
	struct sigaction before; /* what the program had for SIGBUS */
	sigset_t mask;
	const char *volatile copying;   /* page being read by the child */
	volatile sig_atomic_t torn_out; /* it was not there any more */
} fork_state;

static struct pages_state *const state = &pages_state;

/* By the kernel's count, since threads also come by clone. A thread that is about to
 * vanish counts still: the careful way is taken once more than needed. */
static bool single_threaded(void)
{
	struct stat tasks;

	if (stat("/proc/self/task", &tasks) == 0)
		return tasks.st_nlink == 3;
	return __libc_single_threaded;
}

/* Ordinary memory for contents of a pool's page; huge where the kernel has such pages. */
static char *fresh_memory(size_t bytes)
{
	void *fresh;

	if (ordinary_map(bytes, PAGES_HUGE_BYTES, MADV_NOHUGEPAGE, &fresh) != 0)
		return NULL;
	(void)madvise(fresh, bytes, MADV_HUGEPAGE);
	return fresh;
}

static bool fetch(char *to, char *page, size_t bytes)
{
	struct request request = {.page = page, .bytes = bytes};

	if (send(fork_state.child_end, &request, sizeof(request), MSG_NOSIGNAL) !=
		(ssize_t)sizeof(request))
		return false;
	while (bytes > 0) {
		ssize_t got = recv(fork_state.child_end, to, bytes, 0);

		if (got > 0) {
			to += got;
			bytes -= (size_t)got;
		} else if (got == 0 || errno != EINTR) {
			return false;
		}
	}
	return true;
}

static bool copy_page(char *to, char *page, size_t bytes)
{
	fork_state.torn_out = 0;
	fork_state.copying = page;
	atomic_signal_fence(memory_order_seq_cst);
	memcpy(to, page, bytes);
	atomic_signal_fence(memory_order_seq_cst);
	fork_state.copying = NULL;
	return !fork_state.torn_out || fetch(to, page, bytes);
}

/* The part of a range from `start` on is ordinary memory now. */
static void leave(char *start, size_t bytes, size_t page_bytes)
{
	(void)ranges_remove(&state->pool, start, bytes);
	pages_count_converted(bytes, page_bytes);
	atomic_fetch_add_explicit(&state->fork_copied_bytes, bytes, memory_order_relaxed);
}

/* Moves pages to ordinary memory at the same addresses: how many bytes could be moved. */
static size_t move(char *start, size_t bytes, size_t page_bytes)
{
	char *fresh;
	size_t moved = 0;

	if (ranges_reserve(&state->pool, 1) != 0)
		return 0;
	fresh = fresh_memory(bytes);
	if (!fresh)
		return 0;
	/* Page by page, so that twice the memory of one page is enough. */
	while (moved < bytes && copy_page(fresh + moved, start + moved, page_bytes) &&
		ordinary_replace(start + moved, fresh + moved, page_bytes) == 0)
		moved += page_bytes;
	if (moved < bytes)
		(void)munmap(fresh + moved, bytes - moved);
	if (moved)
		leave(start, moved, page_bytes);
	return moved;
}

/* Everything that can be moved. What cannot, for want of memory, stays as it is. */
static void move_all(void)
{
	size_t i = 0;

	while (i < state->pool.count) {
		struct range range = state->pool.entries[i];

		if (move(range.start, range.bytes, range.page_bytes) < range.bytes)
			i++;
	}
	gigantic_close();
}

static void pass_on(int signal, siginfo_t *info, void *context)
{
	const struct sigaction *before = &fork_state.before;

	if (before->sa_flags & SA_SIGINFO)
		before->sa_sigaction(signal, info, context);
	else if (before->sa_handler != SIG_DFL && before->sa_handler != SIG_IGN)
		before->sa_handler(signal);
	else
		(void)sigaction(signal, before, NULL); /* and the access is repeated */
}

static void on_sigbus(int signal, siginfo_t *info, void *context)
{
	int saved = errno;
	char *address = info->si_addr;
	const struct range *found = NULL;
	struct range range;
	char *page;
	bool moved;

	if (getpid() != fork_state.parent)
		found = ranges_find(&state->pool, address);
	if (!found) {
		pass_on(signal, info, context);
		errno = saved;
		return;
	}
	range = *found;
	page = range.start +
	       (size_t)(address - range.start) / range.page_bytes * range.page_bytes;
	if (fork_state.copying == page) {
		/* Something to read, so that the copy comes to its end; it is thrown
		 * away. */
		char *empty = fresh_memory(range.page_bytes);

		fork_state.torn_out = 1;
		moved = empty && ordinary_replace(page, empty, range.page_bytes) == 0;
	} else {
		moved = move(page, range.page_bytes, range.page_bytes) > 0;
	}
	if (!moved)
		(void)sigaction(signal, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
	errno = saved;
}

static void guard(void)
{
	struct sigaction action = {.sa_sigaction = on_sigbus,
		.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK};
	sigset_t bus;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return;
	fork_state.parent_end = ends[0];
	fork_state.child_end = ends[1];
	fork_state.parent = getpid();
	fork_state.guarded = true;
	(void)sigaction(SIGBUS, NULL, &fork_state.before);
	(void)sigaction(SIGBUS, &action, NULL);
	sigemptyset(&bus);
	sigaddset(&bus, SIGBUS);
	(void)pthread_sigmask(SIG_UNBLOCK, &bus, &fork_state.mask);
}

static void unguard(void)
{
	(void)sigaction(SIGBUS, &fork_state.before, NULL);
	(void)pthread_sigmask(SIG_SETMASK, &fork_state.mask, NULL);
	fork_state.guarded = false;
}

static bool send_page(const struct request *request)
{
	const char *from = request->page;
	size_t left = request->bytes;

	if (ranges_overlap(&state->pool, from, left) != left)
		return false;
	while (left > 0) {
		ssize_t sent = send(fork_state.parent_end, from, left, MSG_NOSIGNAL);

		if (sent < 0 && errno != EINTR)
			return false;
		if (sent > 0) {
			from += sent;
			left -= (size_t)sent;
		}
	}
	return true;
}

/* Until the child is done, or has ended, or never came to be. */
static void serve(void)
{
	struct request request;
	ssize_t got;

	do {
		got = recv(fork_state.parent_end, &request, sizeof(request), MSG_WAITALL);
	} while ((got < 0 && errno == EINTR) ||
		 (got == (ssize_t)sizeof(request) && request.bytes > 0 &&
			 send_page(&request)));
}

void pages_fork_prepare(void)
{
	int saved = errno;

	pthread_rwlock_wrlock(&state->forking);
	atomic_store_explicit(&state->forks, true, memory_order_relaxed);
	if (state->pool.count && single_threaded())
		move_all();
	if (state->pool.count)
		guard();
	errno = saved;
}

void pages_fork_parent(void)
{
	int saved = errno;

	if (fork_state.guarded) {
		(void)close(fork_state.child_end);
		serve();
		(void)close(fork_state.parent_end);
		unguard();
	}
	pthread_rwlock_unlock(&state->forking);
	errno = saved;
}

void pages_fork_child(void)
{
	int saved = errno;

	if (fork_state.guarded) {
		const struct request done = {.bytes = 0};

		(void)close(fork_state.parent_end);
		move_all();
		(void)send(fork_state.child_end, &done, sizeof(done), MSG_NOSIGNAL);
		(void)close(fork_state.child_end);
		unguard();
	}
	/* Nothing here is of a pool: a daemon may begin anew. */
	atomic_store_explicit(&state->forks, false, memory_order_relaxed);
	/* It was locked by a thread of another process. */
	(void)pthread_rwlock_init(&state->forking, NULL);
	errno = saved;
}
