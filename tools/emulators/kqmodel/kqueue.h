// A model of kqueue over epoll, eventfd, timerfd and pidfd, as far as Go's runtime and this repository use
// it: EVFILT_READ, WRITE, EXCEPT, USER, TIMER and PROC (NOTE_EXIT), with EV_CLEAR, EV_ONESHOT, EV_DISPATCH,
// EV_RECEIPT, EV_EOF and NOTE_LOWAT.
//
// A queue is three epoll instances, one for each filter of descriptors, under a fourth, whose number is the queue's and on
// which the guest waits. The other filters are in a list of their own.
//
// The emulator defines the differences of its guest's kernel before it includes this file:
//
//	KQ_HAS_EXT      struct kevent ends in ext (freebsd)
//	KQ_USER         the number of EVFILT_USER
//	KQ_EXCEPT       the number of EVFILT_EXCEPT, 0 for none
//	KQ_LOWAT_CAPPED 1 if a low-water mark larger than the buffer means a full buffer (darwin)
//	KQ_TIMER_UNIT(fflags)  nanoseconds a unit
//	KQ_TIMER_ABSOLUTE      NOTE_ABSTIME
//
// and kq_wait(linux pollfd*, timespec*), which returns as ppoll does.
#ifndef KQUEUE_H
#define KQUEUE_H

#include "bsd.h"
#include "linux.h"

struct kevent {
	u64 ident;
	i16 filter;
	u16 flags;
	u32 fflags;
	i64 data;
	u64 udata;
#ifdef KQ_HAS_EXT
	u64 ext[4];
#endif
};

enum { EV_ADD = 0x1, EV_DELETE = 0x2, EV_ENABLE = 0x4, EV_DISABLE = 0x8, EV_ONESHOT = 0x10, EV_CLEAR = 0x20,
       EV_RECEIPT = 0x40, EV_DISPATCH = 0x80, EV_ERROR = 0x4000, EV_EOF = 0x8000 };
enum { EVFILT_READ = -1, EVFILT_WRITE = -2, EVFILT_PROC = -5, EVFILT_TIMER = -7, EVFILT_USER = KQ_USER,
       EVFILT_EXCEPT = KQ_EXCEPT };
enum { NOTE_LOWAT = 0x1, NOTE_OOB = 0x2, NOTE_TRIGGER = 0x01000000, NOTE_EXIT = 0x80000000 };

struct epoll_item {
	u32 events;
	u64 data;
} __attribute__((packed));

enum { EP_IN = 0x1, EP_PRI = 0x2, EP_OUT = 0x4, EP_ERR = 0x8, EP_HUP = 0x10, EP_RDHUP = 0x2000, EP_EDGE = 1 << 31 };
enum { EP_ADD = 1, EP_DEL = 2, EP_MOD = 3 };

struct poll_item {
	int fd;
	i16 events, revents;
};

// kq_wait waits as ppoll does; an interrupted wait is -EINTR.
static i64 kq_wait(struct poll_item *item, struct linux_timespec *timeout);

struct knote {
	struct knote *next;
	struct kevent ev; // the flags are those of the first time
	u32 asked;        // its fflags
	i64 param;        // its data
	int disabled, active;
	int aux; // a timerfd or a pidfd, -1 for none
	u32 generation;
};

enum { KQ_READ, KQ_WRITE, KQ_OOB, KQ_SUBS, KQ_BUCKETS = 256, KQ_MAX = 1024, KQ_FDS = 1 << 16, HIGH_FDS = 10000 };

struct kqueue {
	int used, fd, mutex;
	int sub[KQ_SUBS];
	int wakeup; // an eventfd: a knote became active without a descriptor
	int first;  // which of sub is looked at first, each in its turn
	u32 generation;
	struct knote *fds[KQ_BUCKETS];
	struct knote *others;
};

static struct kqueue *kqueues[KQ_MAX];
static int kqueues_mutex;

// ---- knotes ----

static struct knote *free_knotes;
static int free_knotes_mutex;

static struct knote *new_knote(void)
{
	lock(&free_knotes_mutex);
	if (!free_knotes) {
		enum { CHUNK = 1 << 16 };
		struct knote *chunk = map_memory(CHUNK);
		for (u64 i = 0; chunk && i < CHUNK / sizeof *chunk; i++) {
			chunk[i].next = free_knotes;
			free_knotes = chunk + i;
		}
	}
	struct knote *n = free_knotes;
	if (n) {
		free_knotes = n->next;
		*n = (struct knote){.aux = -1};
	}
	unlock(&free_knotes_mutex);
	return n;
}

static void free_knote(struct knote *n)
{
	if (n->aux >= 0)
		SYS(close, n->aux);
	lock(&free_knotes_mutex);
	n->next = free_knotes;
	free_knotes = n;
	unlock(&free_knotes_mutex);
}

// sub_of returns the epoll instance that has a filter's descriptors, -1 if the filter is not of descriptors.
static int sub_of(i16 filter)
{
	if (filter == EVFILT_READ)
		return KQ_READ;
	if (filter == EVFILT_WRITE)
		return KQ_WRITE;
	return KQ_EXCEPT && filter == EVFILT_EXCEPT ? KQ_OOB : -1;
}

// find is where the pointer to a knote is, or would be.
static struct knote **find(struct kqueue *q, u64 ident, i16 filter)
{
	struct knote **p = &q->others;
	if (sub_of(filter) >= 0)
		p = &q->fds[(ident * 31 + sub_of(filter)) % KQ_BUCKETS];
	while (*p && ((*p)->ev.ident != ident || (*p)->ev.filter != filter))
		p = &(*p)->next;
	return p;
}

static void drop(struct kqueue *q, struct knote **p)
{
	struct knote *n = *p;
	struct epoll_item none = {0};
	*p = n->next;
	if (sub_of(n->ev.filter) >= 0)
		SYS(epoll_ctl, q->sub[sub_of(n->ev.filter)], EP_DEL, n->ev.ident, &none);
	free_knote(n);
}

// ---- the model's state of descriptors ----

// pending_error has the errors that the model took out of a socket to report them. The next call of the guest on
// the socket gets it back. closed_end has the sockets whose writing end the guest has shut down.
static u8 pending_error[KQ_FDS], closed_end[KQ_FDS];

static int known_fd(u64 fd)
{
	return fd < KQ_FDS;
}

static int take_error(u64 fd)
{
	if (!known_fd(fd))
		return 0;
	return __atomic_exchange_n(&pending_error[fd], 0, __ATOMIC_RELAXED);
}

static int look_at_error(u64 fd)
{
	int e = 0;
	u32 size = sizeof e;
	SYS(getsockopt, fd, SOL_SOCKET, SO_ERROR, &e, &size);
	if (e && known_fd(fd))
		pending_error[fd] = e;
	return e ? e : known_fd(fd) ? pending_error[fd] : 0;
}

static int socket_number(u64 fd, int option)
{
	int v = -1;
	u32 size = sizeof v;
	return SYS(getsockopt, fd, SOL_SOCKET, option, &v, &size) < 0 ? -1 : v;
}

// ---- making the kernel look ----

static i64 arm(struct kqueue *q, struct knote *n)
{
	int sub = sub_of(n->ev.filter), ep = q->sub[sub];
	u64 fd = n->ev.ident;
	struct epoll_item item = {.data = fd | (u64)n->generation << 32};
	if (n->disabled) { // epoll cannot mask the hang-up of an added descriptor
		SYS(epoll_ctl, ep, EP_DEL, fd, &item);
		return 0;
	}
	int quiet = n->asked & NOTE_LOWAT && n->param > 1 << 20;
	switch (sub) {
	case KQ_READ:
		item.events = EP_RDHUP | (quiet ? 0 : EP_IN);
		break;
	case KQ_WRITE:
		item.events = quiet && !KQ_LOWAT_CAPPED && !(known_fd(fd) && closed_end[fd]) ? 0 : EP_OUT;
		break;
	case KQ_OOB:
		item.events = EP_PRI;
	}
	if (n->ev.flags & EV_CLEAR)
		item.events |= EP_EDGE;
	i64 r = SYS(epoll_ctl, ep, EP_MOD, fd, &item);
	if (r == -ENOENT)
		r = SYS(epoll_ctl, ep, EP_ADD, fd, &item);
	return r;
}

// watch puts n's timerfd or pidfd under the queue.
static void watch(struct kqueue *q, struct knote *n)
{
	struct epoll_item item = {EP_IN, 0};
	SYS(epoll_ctl, q->fd, EP_ADD, n->aux, &item);
}

// move_high keeps the low numbers free, which the guest counts on being given.
static int move_high(i64 fd)
{
	if (fd < 0)
		return fd;
	i64 high = SYS(fcntl, fd, 1030 /* F_DUPFD_CLOEXEC */, HIGH_FDS);
	if (high < 0)
		return fd;
	SYS(close, fd);
	return high;
}

static void arm_timer(struct kqueue *q, struct knote *n)
{
	int absolute = (n->asked & KQ_TIMER_ABSOLUTE) != 0;
	i64 ns = n->param * KQ_TIMER_UNIT(n->asked);
	if (ns <= 0)
		ns = 1;
	if (n->aux < 0) {
		n->aux = move_high(SYS(timerfd_create, absolute ? 0 : 1, O_NONBLOCK | O_CLOEXEC));
		watch(q, n);
	}
	struct linux_timespec every[2] = {{0, 0}, {ns / 1000000000, ns % 1000000000}};
	if (!(n->ev.flags & EV_ONESHOT) && !absolute)
		every[0] = every[1];
	SYS(timerfd_settime, n->aux, absolute, every, 0);
}

static void wake(struct kqueue *q)
{
	u64 one = 1;
	SYS(write, q->wakeup, &one, sizeof one);
}

// ---- changes ----

static int change_user(struct knote *n, const struct kevent *c)
{
	u32 bits = c->fflags & 0x00ffffff;
	switch (c->fflags & 0xc0000000) {
	case 0x40000000:
		n->asked &= bits;
		break;
	case 0x80000000:
		n->asked |= bits;
		break;
	case 0xc0000000:
		n->asked = bits;
	}
	if (c->fflags & NOTE_TRIGGER) {
		n->active = 1;
		n->ev.data = c->data;
	}
	return n->active;
}

// create adds a knote; the result is an error of Linux, negative, or 0.
static i64 create(struct kqueue *q, const struct kevent *c)
{
	struct knote *n = new_knote();
	if (!n)
		return -ENOMEM;
	n->ev = *c;
	n->ev.flags &= EV_ONESHOT | EV_CLEAR | EV_DISPATCH;
	n->ev.data = n->ev.fflags = 0;
	n->asked = c->fflags;
	n->param = c->data;
	n->generation = ++q->generation;
	n->disabled = (c->flags & EV_DISABLE) != 0;
	i64 r = 0;
	if (sub_of(c->filter) >= 0) {
		r = arm(q, n);
	} else if (c->filter == EVFILT_PROC) {
		r = SYS(pidfd_open, c->ident, 0);
		n->aux = r < 0 ? -1 : move_high(r);
		if (r >= 0)
			watch(q, n);
	} else if (c->filter == EVFILT_TIMER) {
		arm_timer(q, n);
	} else {
		n->asked = 0;
		if (change_user(n, c) && !n->disabled)
			wake(q);
	}
	if (r < 0) {
		free_knote(n);
		return r;
	}
	struct knote **at = find(q, c->ident, c->filter);
	n->next = *at;
	*at = n;
	return 0;
}

// change makes one change and returns the guest's error.
static i64 change(struct kqueue *q, const struct kevent *c)
{
	int sub = sub_of(c->filter);
	if (sub >= 0) {
		if (SYS(fcntl, c->ident, F_GETFD, 0) < 0)
			return BSD_EBADF;
	} else if (c->filter != EVFILT_USER && c->filter != EVFILT_TIMER && c->filter != EVFILT_PROC) {
		return BSD_EINVAL;
	}
	struct knote *n = *find(q, c->ident, c->filter);
	if (!n) {
		if (!(c->flags & EV_ADD))
			return BSD_ENOENT;
		return bsd_error(-create(q, c));
	}
	if (c->flags & EV_DELETE) {
		drop(q, find(q, c->ident, c->filter));
		return 0;
	}
	if (c->flags & EV_ADD)
		n->ev.udata = c->udata;
	if (c->filter == EVFILT_USER) {
		change_user(n, c);
	} else if (c->flags & EV_ADD) {
		n->asked = c->fflags;
		n->param = c->data;
		if (c->filter == EVFILT_TIMER) {
			n->active = 0;
			arm_timer(q, n);
		}
	}
	int was = n->disabled;
	if (c->flags & EV_DISABLE)
		n->disabled = 1;
	else if (c->flags & EV_ENABLE)
		n->disabled = 0;
	if (sub >= 0 && (was != n->disabled || c->flags & EV_ADD)) {
		i64 r = arm(q, n);
		if (r < 0)
			return bsd_error(-r);
	}
	if (n->active && !n->disabled)
		wake(q);
	return 0;
}

#endif
