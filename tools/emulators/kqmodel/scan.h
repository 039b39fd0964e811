// The rest of the model: which knotes are active, and the two system calls. See kqueue.h.
#ifndef SCAN_H
#define SCAN_H

#include "kqueue.h"

// ---- active knotes ----

static i64 bytes_to_read(u64 fd)
{
	int n = 0;
	SYS(ioctl, fd, 0x541b /* FIONREAD */, &n);
	return n;
}

// connections returns how many wait to be accepted. Linux returns it where it returns a connection's unacknowledged
// segments.
static i64 connections(u64 fd)
{
	u32 info[32] = {0}, size = sizeof info;
	SYS(getsockopt, fd, 6 /* TCP */, 11 /* TCP_INFO */, info, &size);
	return info[6] ? info[6] : 1;
}

// describe fills in the event of n, and returns whether there is one: a kernel checks the condition again before it
// reports.
static int describe(struct knote *n, u32 events, struct kevent *out)
{
	u64 fd = n->ev.ident;
	int type = socket_number(fd, SO_TYPE), datagram = type == 2;
	int low = n->asked & NOTE_LOWAT ? n->param > 0x7fffffff ? 0x7fffffff : n->param : 0;
	int eof = !datagram && events & (EP_HUP | EP_ERR);
	*out = n->ev;
	out->fflags = 0;
	switch (sub_of(n->ev.filter)) {
	case KQ_READ:
		if (socket_number(fd, SO_ACCEPTCONN) == 1) {
			out->data = connections(fd);
			return events & EP_IN;
		}
		eof = eof || events & EP_RDHUP;
		out->data = bytes_to_read(fd);
		if (!eof && !(events & EP_ERR) && out->data < low)
			return 0;
		break;
	case KQ_WRITE: {
		int used = 0, size = socket_number(fd, SO_SNDBUF);
		SYS(ioctl, fd, 0x5411 /* TIOCOUTQ */, &used);
		eof = eof || (known_fd(fd) && closed_end[fd]);
		if (!eof && !(events & EP_ERR) && low && low > size && (!KQ_LOWAT_CAPPED || used > 0))
			return 0;
		out->data = size > used ? size - used : 4096;
		break;
	}
	case KQ_OOB:
		out->fflags = NOTE_OOB;
		out->data = 0;
		return events & EP_PRI;
	}
	if (eof) {
		out->flags |= EV_EOF;
		if (events & EP_ERR && type >= 0)
			out->fflags = bsd_error(look_at_error(fd));
	}
	return 1;
}

// reported applies the flags of a knote that was reported.
static int reported(struct kqueue *q, struct knote **p)
{
	struct knote *n = *p;
	if (n->ev.flags & EV_ONESHOT) {
		drop(q, p);
		return 1;
	}
	if (n->ev.flags & EV_DISPATCH) {
		n->disabled = 1;
		if (sub_of(n->ev.filter) >= 0)
			arm(q, n);
	}
	return 0;
}

static int scan_fds(struct kqueue *q, int sub, struct kevent *out, int room)
{
	struct epoll_item items[64];
	static const i16 filter[KQ_SUBS] = {EVFILT_READ, EVFILT_WRITE, EVFILT_EXCEPT};
	int got = 0;
	for (int fresh = 1; fresh && got < room;) { // a level-triggered event comes again and again
		int want = room - got < 64 ? room - got : 64;
		i64 ready = SYS(epoll_wait, q->sub[sub], items, want, 0);
		fresh = 0;
		for (int i = 0; i < ready; i++) {
			struct knote **p = find(q, items[i].data & 0xffffffff, filter[sub]), *n = *p;
			if (!n || n->disabled || n->generation != items[i].data >> 32)
				continue;
			int again = 0;
			for (int j = 0; j < got; j++)
				again |= out[j].ident == n->ev.ident;
			if (again)
				continue;
			if (describe(n, items[i].events, &out[got])) {
				got++;
				fresh = ready == want;
				reported(q, p);
			} else if (sub == KQ_OOB) { // a hang-up, which this filter does not report and epoll cannot mask
				SYS(epoll_ctl, q->sub[sub], EP_DEL, n->ev.ident, &items[i]);
			}
		}
	}
	return got;
}

// refresh_other looks whether a timer has run out or a process has ended.
static void refresh_other(struct knote *n)
{
	u64 count = 0;
	if (n->aux < 0)
		return;
	if (n->ev.filter == EVFILT_TIMER && SYS(read, n->aux, &count, sizeof count) == sizeof count) {
		n->ev.data = (n->active ? n->ev.data : 0) + count;
		n->active = 1;
	}
	struct poll_item item = {n->aux, EP_IN, 0};
	struct linux_timespec none = {0, 0};
	if (n->ev.filter == EVFILT_PROC && !n->active && SYS(ppoll, &item, 1, &none, 0) == 1) {
		n->active = 1;
		n->ev.fflags = NOTE_EXIT;
		n->ev.flags |= EV_EOF | EV_ONESHOT;
	}
}

static int scan_others(struct kqueue *q, struct kevent *out, int room)
{
	int got = 0;
	for (struct knote **p = &q->others; *p && got < room;) {
		struct knote *n = *p;
		refresh_other(n);
		if (n->active && !n->disabled) {
			out[got] = n->ev;
			if (n->ev.filter == EVFILT_USER)
				out[got].fflags = n->asked;
			got++;
			if (n->ev.filter != EVFILT_USER || n->ev.flags & (EV_CLEAR | EV_DISPATCH | EV_ONESHOT))
				n->active = 0;
			if (n->ev.filter == EVFILT_USER && n->ev.flags & EV_CLEAR)
				n->asked = n->ev.data = 0;
			if (reported(q, p))
				continue;
		}
		p = &n->next;
	}
	return got;
}

static int scan(struct kqueue *q, struct kevent *out, int room)
{
	int got = scan_others(q, out, room);
	q->first++;
	for (int i = 0; i < KQ_SUBS && got < room; i++)
		got += scan_fds(q, (q->first + i) % KQ_SUBS, out + got, room - got);
	return got;
}

// ---- the system calls, and those that the model must know of ----

static struct kqueue *queue_of(int fd)
{
	for (int i = 0; i < KQ_MAX && kqueues[i]; i++)
		if (kqueues[i]->used && kqueues[i]->fd == fd)
			return kqueues[i];
	return 0;
}

// kq_open returns a queue's number, or an error of Linux.
static i64 kq_open(void)
{
	i64 fd = SYS(epoll_create1, 0);
	if (fd < 0)
		return fd;
	lock(&kqueues_mutex);
	struct { u64 soft, hard; } limit, raised; // a queue is one descriptor to the guest, whatever it is here
	SYS(prlimit64, 0, 7 /* RLIMIT_NOFILE */, 0, &limit);
	raised = limit;
	raised.soft = raised.hard;
	SYS(prlimit64, 0, 7, &raised, 0);
	int i = 0;
	while (i < KQ_MAX && kqueues[i] && kqueues[i]->used)
		i++;
	if (i < KQ_MAX && !kqueues[i])
		kqueues[i] = map_memory(sizeof *kqueues[i]);
	struct kqueue *q = i < KQ_MAX ? kqueues[i] : 0;
	if (!q) {
		SYS(prlimit64, 0, 7, &limit, 0);
		unlock(&kqueues_mutex);
		SYS(close, fd);
		return -EMFILE;
	}
	lock(&q->mutex); // a close of some descriptor may be looking at it
	*q = (struct kqueue){.fd = fd, .mutex = 1};
	q->wakeup = move_high(SYS(eventfd2, 0, O_NONBLOCK | O_CLOEXEC));
	for (int s = 0; s < KQ_SUBS; s++)
		q->sub[s] = move_high(SYS(epoll_create1, O_CLOEXEC));
	struct epoll_item item = {EP_IN, 0};
	SYS(epoll_ctl, fd, EP_ADD, q->wakeup, &item);
	for (int s = 0; s < KQ_SUBS; s++)
		SYS(epoll_ctl, fd, EP_ADD, q->sub[s], &item);
	SYS(prlimit64, 0, 7, &limit, 0);
	q->used = 1;
	unlock(&q->mutex);
	unlock(&kqueues_mutex);
	return fd;
}

// kq_close is called before a descriptor is closed: its knotes go, in every queue.
static void kq_close(int fd)
{
	for (int i = 0; i < KQ_MAX && kqueues[i]; i++) {
		struct kqueue *q = kqueues[i];
		lock(&q->mutex);
		if (q->used && q->fd != fd) {
			static const i16 filters[KQ_SUBS] = {EVFILT_READ, EVFILT_WRITE, EVFILT_EXCEPT};
			for (int s = 0; s < KQ_SUBS; s++) {
				struct knote **p = find(q, fd, filters[s]);
				if (sub_of(filters[s]) >= 0 && *p)
					drop(q, p);
			}
		} else if (q->used) {
			while (q->others)
				drop(q, &q->others);
			for (int b = 0; b < KQ_BUCKETS; b++)
				while (q->fds[b])
					drop(q, &q->fds[b]);
			for (int s = 0; s < KQ_SUBS; s++)
				SYS(close, q->sub[s]);
			SYS(close, q->wakeup);
			q->used = 0;
		}
		unlock(&q->mutex);
	}
	take_error(fd); // last: until its knotes are gone, a scan may find one
	if (known_fd(fd))
		closed_end[fd] = 0;
}

// kq_shutdown is called after a shutdown: to the BSDs that of the writing end is the end of what EVFILT_WRITE
// waits for; epoll has no word for it.
static void kq_shutdown(int fd, int how)
{
	if (how == 0 || !known_fd(fd))
		return;
	closed_end[fd] = 1;
	for (int i = 0; i < KQ_MAX && kqueues[i]; i++) {
		struct kqueue *q = kqueues[i];
		lock(&q->mutex);
		struct knote *n = q->used ? *find(q, fd, EVFILT_WRITE) : 0;
		if (n)
			arm(q, n);
		unlock(&q->mutex);
	}
}

// kq_forked is called in a child that fork has made: it has no queues. What another thread was about to do with
// them at that moment will not be done.
static void kq_forked(void)
{
	kqueues_mutex = free_knotes_mutex = 0;
	for (int i = 0; i < KQ_MAX && kqueues[i]; i++) {
		struct kqueue *q = kqueues[i];
		if (q->used)
			SYS(close, q->fd); // the others are close-on-exec
		q->used = q->mutex = 0;
	}
}

// kq_kevent returns the number of events, or -1 and the guest's error.
static i64 kq_kevent(int fd, const struct kevent *changes, int nchanges, struct kevent *events, int nevents,
		     const struct linux_timespec *timeout, i64 *error)
{
	struct kqueue *q = queue_of(fd);
	if (!q) {
		*error = BSD_EBADF;
		return -1;
	}
	int n = 0;
	for (int i = 0; i < nchanges; i++) {
		struct kevent c = changes[i]; // the two lists may be the same memory
		lock(&q->mutex);
		i64 e = change(q, &c);
		unlock(&q->mutex);
		if (!e && !(c.flags & EV_RECEIPT))
			continue;
		if (n < nevents) {
			events[n] = c;
			events[n].flags = EV_ERROR;
			events[n].data = e;
			n++;
		} else if (e) {
			*error = e;
			return -1;
		}
	}
	if (n || nevents == 0)
		return n;
	i64 end = timeout ? now_ns() + timeout->sec * 1000000000 + timeout->nsec : 0;
	for (;;) {
		u64 count;
		lock(&q->mutex);
		int mine = q->used && q->fd == fd;
		if (mine) {
			SYS(read, q->wakeup, &count, sizeof count); // before the check: a later event wakes again
			n = scan(q, events, nevents);
		}
		unlock(&q->mutex);
		if (!mine) {
			*error = BSD_EBADF;
			return -1;
		}
		i64 left = timeout ? end - now_ns() : 0;
		if (n || (timeout && left <= 0))
			return n;
		struct poll_item item = {fd, EP_IN, 0};
		struct linux_timespec t = {left / 1000000000, left % 1000000000};
		if (kq_wait(&item, timeout ? &t : 0) == -EINTR) {
			*error = EINTR;
			return -1;
		}
	}
}

#endif
