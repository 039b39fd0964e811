// The guest's system calls.
#ifndef SYSCALLS_H
#define SYSCALLS_H

#include "../kqmodel/control.h"
#include "../kqmodel/scan.h"
#include "process.h"

static i64 kq_wait(struct poll_item *item, struct linux_timespec *timeout)
{
	return WAIT(ppoll, item, 1, timeout, 0);
}

enum {
	F_exit = 1, F_fork, F_read, F_write, F_open, F_close, F_wait4, F_unlink = 10, F_chdir = 12, F_chmod = 15,
	F_getpid = 20, F_getuid = 24, F_geteuid, F_recvmsg = 27, F_sendmsg, F_recvfrom, F_accept, F_getpeername,
	F_getsockname, F_kill = 37, F_getppid = 39, F_dup = 41, F_getegid = 43, F_getgid = 47, F_sigaltstack = 53, F_ioctl,
	F_execve = 59, F_munmap = 73, F_mprotect, F_madvise, F_getpgrp = 81, F_setpgid, F_setitimer, F_dup2 = 90, F_fcntl = 92,
	F_fsync = 95, F_socket = 97, F_connect, F_bind = 104, F_setsockopt, F_listen, F_getrusage = 117, F_getsockopt,
	F_readv = 120, F_writev, F_rename = 128, F_sendto = 133, F_shutdown, F_socketpair, F_mkdir, F_rmdir, F_setsid = 147,
	F_sysarch = 165, F_getrlimit = 194, F_setrlimit, F_sysctl = 202, F_poll = 209, F_clock_gettime = 232,
	F_nanosleep = 240, F_issetugid = 253, F_getcwd = 326, F_sched_yield = 331, F_sigprocmask = 340, F_kqueue = 362,
	F_sigaction = 416, F_thr_exit = 431, F_thr_self, F_thr_kill, F_umtx_op = 454, F_thr_new, F_thr_set_name = 464,
	F_pread = 475, F_pwrite, F_mmap, F_lseek, F_ftruncate = 480, F_cpuset_getaffinity = 487, F_faccessat = 489,
	F_mkdirat = 496, F_openat = 499, F_readlinkat, F_renameat, F_symlinkat, F_unlinkat, F_posix_openpt, F_closefrom = 509,
	F_wait6 = 532, F_accept4 = 541, F_pipe2, F_fstat = 551, F_fstatat, F_getdirentries = 554, F_kevent = 560, F_getrandom = 563,
};

// The results of dispatch: a result of Linux, with its errors negative; or, with a number, the guest's own error.
struct answer {
	i64 value;
	i64 error; // -1 if the value says it
};

static struct answer is(i64 linux_result)
{
	return (struct answer){linux_result, -1};
}

static struct answer refused(i64 bsd_error)
{
	return (struct answer){0, bsd_error};
}

// ---- sockets ----

static int socket_type(int t)
{
	return (t & 0xff) | (t & 0x10000000 ? O_CLOEXEC : 0) | (t & 0x20000000 ? O_NONBLOCK : 0);
}

static int family(int f)
{
	return f == BSD_AF_INET6 ? LINUX_AF_INET6 : f;
}

static i64 with_address(i64 result, u8 *address, u32 *size)
{
	if (result >= 0 && address && size)
		sockaddr_from_linux(address, *size);
	return result;
}

struct freebsd_message {
	u8 *name;
	u32 name_size;
	void *vector;
	i32 vectors;
	void *control;
	u32 control_size;
	i32 flags;
};

struct linux_message {
	u8 *name;
	u32 name_size;
	void *vector;
	u64 vectors;
	void *control;
	u64 control_size;
	i32 flags;
};

static struct answer send_message(int fd, struct freebsd_message *m, int flags)
{
	struct sockaddr_room room;
	struct control_room control;
	struct linux_message l = {.vector = m->vector, .vectors = m->vectors, .control = &control};
	if (!control_to_linux(&control, &l.control_size, m->control, m->control_size))
		return refused(BSD_EOPNOTSUPP);
	if (m->name) {
		sockaddr_to_linux(&room, m->name, m->name_size);
		l.name = room.bytes;
		l.name_size = m->name_size;
	}
	return is(WAIT(sendmsg, fd, &l, message_flags(flags, 0x20000) | LINUX_MSG_NOSIGNAL));
}

static struct answer receive_message(int fd, struct freebsd_message *m, int flags)
{
	struct control_room control;
	struct linux_message l = {m->name, m->name_size, m->vector, m->vectors, &control};
	l.control_size = control_room_for(m->control_size);
	i64 r = WAIT(recvmsg, fd, &l, message_flags(flags, 0x20000) | (flags & 0x40000 ? 0x40000000 : 0));
	if (r >= 0) {
		m->name_size = l.name_size;
		sockaddr_from_linux(m->name, l.name_size);
		m->control_size = control_from_linux(m->control, &control, l.control_size);
		m->flags = received_flags(l.flags);
	}
	return is(r);
}

// freebsd's struct xucred.
struct credentials {
	u32 version, uid;
	i16 ngroups;
	u32 groups[16];
	u64 pid;
};

static i64 peer_credentials(int fd, struct credentials *c, u32 *size)
{
	struct peer p;
	i64 r = peer_of(fd, &p);
	if (r >= 0 && *size < sizeof *c)
		r = -EINVAL;
	if (r >= 0) {
		*c = (struct credentials){.uid = p.uid, .ngroups = 1, .groups = {p.gid}, .pid = p.pid};
		*size = sizeof *c;
	}
	return r;
}

static struct answer option(int fd, int level, int name, void *value, i64 size, int set)
{
	if (!set && level == 0 && name == 1 /* LOCAL_PEERCRED */)
		return is(peer_credentials(fd, value, (u32 *)size));
	int asks_error = !set && level == BSD_SOL_SOCKET && name == BSD_SO_ERROR;
	switch (socket_option(&level, &name)) {
	case OPTION_IGNORED:
		return set ? is(0) : refused(BSD_ENOPROTOOPT);
	case OPTION_UNKNOWN:
		return refused(BSD_ENOPROTOOPT);
	case OPTION_SAME:
		break;
	}
	if (set)
		return is(SYS(setsockopt, fd, level, name, value, size));
	i64 r = SYS(getsockopt, fd, level, name, value, size);
	if (r >= 0 && asks_error) {
		int taken = take_error(fd), *e = value;
		*e = bsd_error(*e ? *e : taken);
	}
	return is(r);
}

// ---- files ----

static i64 control_fd(int fd, int command, i64 argument)
{
	switch (command) {
	case 0: // F_DUPFD
	case 1: // F_GETFD
	case 2: // F_SETFD
		return SYS(fcntl, fd, command, argument);
	case 3: { // F_GETFL
		i64 r = SYS(fcntl, fd, command, 0);
		return r < 0 ? r : open_flags_back(r);
	}
	case 4: // F_SETFL
		return SYS(fcntl, fd, command, open_flags(argument));
	case 10: // F_DUP2FD
		return SYS(dup2, fd, argument);
	case 17: // F_DUPFD_CLOEXEC
		return SYS(fcntl, fd, 1030, argument);
	case 18: // F_DUP2FD_CLOEXEC
		return SYS(dup3, fd, argument, 02000000);
	}
	return -EINVAL;
}

static int at(int dir) // AT_FDCWD is the same
{
	return dir;
}

static void stat_from_linux(u8 *to, const u64 *from)
{
	const u32 *w = (const u32 *)from;
	u64 *q = (u64 *)to;
	memset(to, 0, 224);
	q[0] = from[0];			// device
	q[1] = from[1];			// inode
	q[2] = from[2];			// links
	*(u16 *)(to + 24) = w[6];	// mode
	*(u32 *)(to + 28) = w[7];	// uid
	*(u32 *)(to + 32) = w[8];	// gid
	q[5] = from[5];			// rdev
	memcpy(q + 6, from + 9, 48);	// times of access, modification, change
	q[14] = from[6];		// size
	q[15] = from[8];		// blocks
	*(u32 *)(to + 128) = from[7];	// block size
}

static i64 stat_of(int dir, const char *path, u8 *to, int flags)
{
	u64 st[18];
	i64 r = SYS(newfstatat, dir, path, st, flags);
	if (r >= 0)
		stat_from_linux(to, st);
	return r;
}

static i64 directory_entries(int fd, u8 *to, u64 size, i64 *base)
{
	static u8 from[8192];
	static int mutex;
	lock(&mutex);
	i64 n = SYS(getdents64, fd, from, size > sizeof from ? sizeof from / 2 : size / 2);
	u8 *o = to;
	for (i64 i = 0; i < n;) {
		u8 *e = from + i;
		u16 size, length = 0, whole;
		memcpy(&size, e + 16, 2);
		while (e[19 + length])
			length++;
		whole = (24 + length + 1 + 7) & ~7;
		memset(o, 0, whole);
		memcpy(o, e, 16); // inode, offset
		memcpy(o + 16, &whole, 2);
		o[18] = e[18]; // type
		memcpy(o + 20, &length, 2);
		memcpy(o + 24, e + 19, length);
		o += whole;
		i += size;
	}
	unlock(&mutex);
	if (base)
		*base = 0;
	return n < 0 ? n : o - to;
}

static i64 map_file(u64 address, u64 size, int protection, int flags, int fd, u64 offset)
{
	int f = flags & 3; // MAP_SHARED, MAP_PRIVATE
	if (flags & 0x10)
		f |= 0x10; // MAP_FIXED
	if (flags & 0x1000)
		f |= 0x20; // MAP_ANONYMOUS
	if (flags & 0x4000)
		f |= 0x100000; // MAP_FIXED_NOREPLACE
	if (!protection)
		f |= 0x4000; // MAP_NORESERVE
	return SYS(mmap, address, size, protection & 7, f, f & 0x20 ? -1 : fd, offset);
}

// ---- processes ----

static const char *own_path;
static char program_path[4096]; // of the guest's program

// execute replaces the process; a freebsd program runs under the emulator again.
static i64 execute(const char *path, const char **argv, const char **envp)
{
	u8 head[8] = {0};
	i64 fd = SYS(open, path, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	SYS(read, fd, head, sizeof head);
	SYS(close, fd);
	if (head[0] != 0x7f || head[7] != 9 /* ELFOSABI_FREEBSD */)
		return SYS(execve, path, argv, envp);
	int n = 0;
	while (argv[n])
		n++;
	const char **args = map_memory((n + 3) * sizeof *args);
	if (!args)
		return -ENOMEM;
	args[0] = own_path;
	args[1] = path;
	for (int i = 1; i <= n; i++)
		args[i + 1] = argv[i];
	return SYS(execve, own_path, args, envp);
}

static i64 fork_process(void)
{
	i64 r = SYS(fork);
	if (r == 0) {
		kq_forked();
		enter(self()); // the trap is not inherited
	}
	return r;
}

static void status_from_linux(i32 *status)
{
	if (status && (*status & 0x7f) && (*status & 0x7f) != 0x7f)
		*status = (*status & ~0x7f) | signal_from_linux(*status & 0x7f);
}

static i64 wait_child(int pid, i32 *status, int options, void *usage)
{
	i64 r = WAIT(wait4, pid, status, options & 3, usage);
	if (r > 0)
		status_from_linux(status);
	return r;
}

// wait_peek is wait6 as Go's os uses it: wait for the end of a child and leave it to wait4.
static i64 wait_peek(i64 pid, i32 *status)
{
	i64 r = WAIT(waitid, 1 /* P_PID */, pid, 0, 0x4 | 0x01000000 /* WEXITED, WNOWAIT */, 0);
	if (status)
		*status = 0;
	return r < 0 ? r : pid;
}

static i64 limit(int which, void *new, void *old)
{
	static const u8 linux_limit[16] = {0, 1, 2, 3, 4, 5, 8, 6, 7, 9, 9};
	return SYS(prlimit64, 0, linux_limit[which & 15], new, old);
}

static struct answer system_value(const u32 *name, u32 *old, u64 *old_size, const char *new)
{
	enum { OWN = 9999 }; // what "kern.smp.maxcpus" is numbered
	if (name[0] == 0 && name[1] == 3 && new && new[5] == 's' && new[6] == 'm') {
		old[0] = OWN;
		old[1] = 1;
		*old_size = 8;
		return is(0);
	}
	if (name[0] == OWN) {
		*old = 64;
		*old_size = 4;
		return is(0);
	}
	if (name[0] == 6 && name[1] == 7) { // hw.pagesize
		*old = 4096;
		*old_size = 4;
		return is(0);
	}
	if (name[0] == 1 && name[1] == 14 && name[2] == 12) { // kern.proc.pathname
		u64 n = 0;
		while (program_path[n])
			n++;
		if (old)
			memcpy(old, program_path, n + 1 < *old_size ? n + 1 : *old_size);
		*old_size = n + 1;
		return is(0);
	}
	return refused(BSD_ENOENT);
}

// umtx is the futex of freebsd.
static struct answer umtx(u32 *at, int op, u64 value, u64 size, struct linux_timespec *timeout)
{
	i64 r;
	switch (op) {
	case 11: // UMTX_OP_WAIT_UINT
	case 15: // UMTX_OP_WAIT_UINT_PRIVATE
		r = WAIT(futex, at, 128 /* FUTEX_WAIT_PRIVATE */, (u32)value, size >= sizeof *timeout ? timeout : 0);
		if (r == -ETIMEDOUT)
			return refused(BSD_ETIMEDOUT);
		return is(r == -EAGAIN ? 0 : r);
	case 3:	 // UMTX_OP_WAKE
	case 16: // UMTX_OP_WAKE_PRIVATE
		r = SYS(futex, at, 129 /* FUTEX_WAKE_PRIVATE */, value > 0x7fffffff ? 0x7fffffff : value);
		return is(r < 0 ? r : 0);
	}
	return refused(BSD_EINVAL);
}

static i64 affinity(u8 *mask, u64 size)
{
	u64 own[16] = {0};
	SYS(sched_getaffinity, 0, sizeof own, own);
	memset(mask, 0, size);
	memcpy(mask, own, size < sizeof own ? size : sizeof own);
	return 0;
}

static i64 kill_thread(i64 id, i64 s)
{
	i64 process = SYS(getpid);
	return SYS(tgkill, process, id, s > 0 && s < 32 ? signal_to_linux[s] : 0);
}

static int clock_of(int c)
{
	switch (c) {
	case 4: case 11: case 12: // CLOCK_MONOTONIC and its kin
		return 1;
	case 14: // CLOCK_THREAD_CPUTIME_ID
		return 3;
	case 15: // CLOCK_PROCESS_CPUTIME_ID
		return 2;
	}
	return 0;
}

#endif
