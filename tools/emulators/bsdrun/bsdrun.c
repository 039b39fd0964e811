//go:build ignore

// bsdrun runs a program for freebsd/amd64 on Linux: an ELF file without dynamic linking, as Go makes it with
// CGO_ENABLED=0. It maps the file and jumps to its entry. The program's system calls trap (syscall user
// dispatch, Linux 5.11) and are made as Linux's; kqueue is a model over epoll (../kqmodel).
//
// ../README.md has its limits. There is no C library here: the program owns FS, where a
// library would keep its own.

#define BSD_AF_INET6 28
#define BSD_O_DIRECTORY 0x20000
#define BSD_O_CLOEXEC 0x100000
#define BSD_EILSEQ 86
#define BSD_EOPNOTSUPP 45
#define BSD_ECANCELED 85
#define BSD_CONTROL_HEADER 16
#define KQ_HAS_EXT
#define KQ_USER -11
#define KQ_EXCEPT 0
#define KQ_LOWAT_CAPPED 0
#define KQ_TIMER_ABSOLUTE 0x10
#define KQ_TIMER_UNIT(f) ((f) & 1 ? 1000000000 : (f) & 4 ? 1000 : (f) & 8 ? 1 : 1000000)

#include "syscalls.h"

// The compiler calls these two by itself.
void *memset(void *p, int c, u64 n)
{
	for (u8 *d = p; n--; d++)
		*d = c;
	return p;
}

void *memcpy(void *to, const void *from, u64 n)
{
	u8 *d = to;
	for (const u8 *s = from; n--; d++, s++)
		*d = *s;
	return to;
}

static void say(const char *s)
{
	u64 n = 0;
	while (s[n])
		n++;
	SYS(write, 2, s, n);
}

static void say_number(i64 v)
{
	char b[24], *p = b + sizeof b - 1;
	u64 u = v < 0 ? -v : v;
	*p = 0;
	do
		*--p = '0' + u % 10;
	while (u /= 10);
	if (v < 0)
		*--p = '-';
	say(p);
}

static void die(const char *why)
{
	say("bsdrun: ");
	say(why);
	say("\n");
	SYS(exit_group, 99);
	__builtin_unreachable();
}

// restarts has the calls that SA_RESTART makes again after a signal.
static int restarts(u64 number)
{
	switch (number) {
	case F_read: case F_write: case F_readv: case F_writev: case F_accept: case F_accept4: case F_recvfrom: case F_recvmsg:
	case F_sendto: case F_sendmsg: case F_wait4: case F_wait6: case F_open: case F_openat:
		return 1;
	}
	return 0;
}

static struct answer dispatch(u64 number, i64 a, i64 b, i64 c, i64 d, i64 e, i64 f, struct linux_context *uc)
{
	struct sockaddr_room room;
	i64 r, error = 0;
	int taken;
	switch (number) {
	// descriptors
	case F_read:
		r = WAIT(read, a, b, c);
		return is(r <= 0 && r != -EINTR && (taken = take_error(a)) ? -taken : r);
	case F_write:
		r = WAIT(write, a, b, c);
		return is(r < 0 && r != -EINTR && (taken = take_error(a)) ? -taken : r);
	case F_readv: return is(WAIT(readv, a, b, c));
	case F_writev: return is(WAIT(writev, a, b, c));
	case F_pread: return is(SYS(pread64, a, b, c, d));
	case F_pwrite: return is(SYS(pwrite64, a, b, c, d));
	case F_close:
		kq_close(a);
		return is(SYS(close, a));
	case F_dup: return is(SYS(dup, a));
	case F_dup2:
		if (a != b)
			kq_close(b);
		return is(a == b ? a : SYS(dup3, a, b, 0));
	case F_fcntl: return is(control_fd(a, b, c));
	case F_ioctl: return refused(BSD_ENOTTY);
	case F_pipe2: return is(SYS(pipe2, a, open_flags(b)));
	case F_poll: return is(WAIT(poll, a, b, c));
	case F_fsync: return is(SYS(fsync, a));
	case F_lseek: return is(SYS(lseek, a, b, c));
	case F_ftruncate: return is(SYS(ftruncate, a, b));
	case F_closefrom: return is(SYS(close_range, a, ~0u, 0));

	// files
	case F_open: return is(WAIT(open, a, open_flags(b), c));
	case F_openat: return is(WAIT(openat, a, b, open_flags(c), d));
	case F_fstat: return is(stat_of(a, "", (u8 *)b, 0x1000 /* AT_EMPTY_PATH */));
	case F_fstatat: return is(stat_of(at(a), (char *)b, (u8 *)c, d & 0x200 ? 0x100 /* AT_SYMLINK_NOFOLLOW */ : 0));
	case F_getdirentries: return is(directory_entries(a, (u8 *)b, c, (i64 *)d));
	case F_unlink: return is(SYS(unlink, a));
	case F_unlinkat: return is(SYS(unlinkat, a, b, c & 0x800 ? 0x200 /* AT_REMOVEDIR */ : 0));
	case F_mkdir: return is(SYS(mkdir, a, b));
	case F_mkdirat: return is(SYS(mkdirat, a, b, c));
	case F_rmdir: return is(SYS(rmdir, a));
	case F_rename: return is(SYS(rename, a, b));
	case F_renameat: return is(SYS(renameat, a, b, c, d));
	case F_symlinkat: return is(SYS(symlinkat, a, b, c));
	case F_readlinkat: return is(SYS(readlinkat, a, b, c, d));
	case F_faccessat: return is(SYS(faccessat, a, b, c));
	case F_chmod: return is(SYS(chmod, a, b));
	case F_chdir: return is(SYS(chdir, a));
	case F_getcwd:
		r = SYS(getcwd, a, b);
		return is(r < 0 ? r : 0);

	// sockets
	case F_socket: return is(SYS(socket, family(a), socket_type(b), c));
	case F_socketpair: return is(SYS(socketpair, family(a), socket_type(b), c, d));
	case F_bind:
		sockaddr_to_linux(&room, (u8 *)b, c);
		return is(SYS(bind, a, &room, c));
	case F_connect:
		sockaddr_to_linux(&room, (u8 *)b, c);
		// Not WAIT, which fails with EINTR before the call if a signal waits for delivery: after an EINTR of connect
		// a program expects that the connection is under way.
		return is(SYS(connect, a, &room, c));
	case F_listen: return is(SYS(listen, a, b));
	case F_accept: return is(with_address(WAIT(accept4, a, b, c, 0), (u8 *)b, (u32 *)c));
	case F_accept4: return is(with_address(WAIT(accept4, a, b, c, socket_type(d) & ~0xff), (u8 *)b, (u32 *)c));
	case F_getsockname: return is(with_address(SYS(getsockname, a, b, c), (u8 *)b, (u32 *)c));
	case F_getpeername: return is(with_address(SYS(getpeername, a, b, c), (u8 *)b, (u32 *)c));
	case F_setsockopt: return option(a, b, c, (void *)d, e, 1);
	case F_getsockopt: return option(a, b, c, (void *)d, e, 0);
	case F_shutdown:
		r = SYS(shutdown, a, b);
		if (r >= 0)
			kq_shutdown(a, b);
		return is(r);
	case F_sendto:
		if (e)
			sockaddr_to_linux(&room, (u8 *)e, f);
		return is(WAIT(sendto, a, b, c, message_flags(d, 0x20000) | LINUX_MSG_NOSIGNAL, e ? &room : 0, f));
	case F_recvfrom:
		return is(with_address(WAIT(recvfrom, a, b, c, message_flags(d, 0x20000), e, f), (u8 *)e, (u32 *)f));
	case F_sendmsg: return send_message(a, (struct freebsd_message *)b, c);
	case F_recvmsg: return receive_message(a, (struct freebsd_message *)b, c);

	// kqueue
	case F_kqueue: return is(kq_open());
	case F_kevent:
		r = kq_kevent(a, (struct kevent *)b, c, (struct kevent *)d, e, (struct linux_timespec *)f, &error);
		return r < 0 ? refused(error) : is(r);

	// memory
	case F_mmap: return is(map_file(a, b, c, d, e, f));
	case F_munmap: return is(SYS(munmap, a, b));
	case F_mprotect: return is(SYS(mprotect, a, b, c));
	case F_madvise: return is(0);

	// threads and signals
	case F_thr_new: return is(start_thread((struct thr_param *)a));
	case F_thr_exit: SYS(exit, 0);
	case F_thr_self:
		*(i64 *)a = SYS(gettid);
		return is(0);
	case F_thr_kill: return is(kill_thread(a, b));
	case F_thr_set_name: return is(0);
	case F_umtx_op: return umtx((u32 *)a, b, c, d, (struct linux_timespec *)e);
	case F_sched_yield: return is(SYS(sched_yield));
	case F_sigaction: return is(set_action(a, (struct freebsd_action *)b, (struct freebsd_action *)c));
	case F_sigprocmask: return is(set_mask(a, (u32 *)b, (u32 *)c, uc));
	case F_sigaltstack: return is(set_stack((struct freebsd_stack *)a, (struct freebsd_stack *)b));
	case F_kill: return is(SYS(kill, a, signal_to_linux[b & 31]));
	case F_setitimer: return is(0);
	case F_sysarch:
		if (a != 129 /* AMD64_SET_FSBASE */)
			return refused(BSD_EINVAL);
		return is(SYS(arch_prctl, 0x1002 /* ARCH_SET_FS */, *(u64 *)b));

	// processes
	case F_exit: SYS(exit_group, a);
	case F_fork: return is(fork_process());
	case F_execve: return is(execute((char *)a, (const char **)b, (const char **)c));
	case F_wait4: return is(wait_child(a, (i32 *)b, c, (void *)d));
	case F_wait6: return is(wait_peek(b, (i32 *)c));
	case F_getpid: return is(SYS(getpid));
	case F_getppid: return is(SYS(getppid));
	case F_getpgrp: return is(SYS(getpgrp));
	case F_setpgid: return is(SYS(setpgid, a, b));
	case F_setsid: return is(SYS(setsid));
	case F_getuid: return is(SYS(getuid));
	case F_geteuid: return is(SYS(geteuid));
	case F_getgid: return is(SYS(getgid));
	case F_getegid: return is(SYS(getegid));
	case F_issetugid: return is(0);
	case F_getrlimit: return is(limit(a, 0, (void *)b));
	case F_setrlimit: return is(limit(a, (void *)b, 0));
	case F_getrusage: return is(SYS(getrusage, a, b));
	case F_sysctl: return system_value((u32 *)a, (u32 *)c, (u64 *)d, (char *)e);
	case F_cpuset_getaffinity: return is(affinity((u8 *)e, d));
	case F_getrandom: return is(SYS(getrandom, a, b, c));

	// time
	case F_clock_gettime: return is(SYS(clock_gettime, clock_of(a), b));
	case F_nanosleep: return is(WAIT(nanosleep, a, b));
	}
	static u8 said[1024];
	if (number < sizeof said && !said[number]) {
		said[number] = 1;
		say("bsdrun: no system call ");
		say_number(number);
		say("\n");
	}
	return refused(BSD_ENOSYS);
}

static void on_syscall(int signal, void *info, struct linux_context *uc)
{
	i64 *r = uc->reg;
	u64 number = r[RAX];
	static const u64 all = ~0ul;
	if (number == FREEBSD_SIGRETURN) {
		SYS(rt_sigprocmask, 2 /* SIG_SETMASK */, &all, 0, 8);
		sigreturn(uc);
		deliver_noted(self(), uc);
		return;
	}
	struct answer x;
	if (number == 0 || number == 198) { // syscall, __syscall: the number is the first argument
		number = r[RDI];
		x = dispatch(number, r[RSI], r[RDX], r[R10], r[R8], r[R9], *(i64 *)(r[RSP] + 8), uc);
	} else {
		x = dispatch(number, r[RDI], r[RSI], r[RDX], r[R10], r[R8], r[R9], uc);
	}
	SYS(rt_sigprocmask, 2, &all, 0, 8); // no signal may arrive between the check and the return
	if (x.error < 0 && x.value == -EINTR && restarts(number) && self()->noted) {
		int again = 1;
		for (int s = 1; s < 32; s++)
			again &= !(self()->noted >> s & 1) || actions[s].flags & SA_RESTART;
		if (again) {
			r[RIP] -= 2; // the system call's instruction; RAX is as it was
			deliver_noted(self(), uc);
			return;
		}
	}
	if (x.error < 0 && x.value < 0 && x.value > -4096)
		x.error = bsd_error(-x.value);
	if (x.error > 0) {
		r[RAX] = x.error;
		r[EFL] |= 1; // carry
	} else {
		r[RAX] = x.value;
		r[RDX] = 0;
		r[EFL] &= ~1l;
	}
	deliver_noted(self(), uc);
}

// ---- the start ----

static u64 load(const char *path)
{
	static u8 h[4096];
	i64 fd = SYS(open, path, O_RDONLY, 0);
	if (fd < 0)
		die("cannot open the program");
	char link[] = "/proc/self/fd/000";
	if (fd > 999)
		die("too many open files");
	for (i64 i = sizeof link - 2, n = fd; n > 0; n /= 10)
		link[i--] = '0' + n % 10;
	char *number = link + sizeof link - 4; // without zeros in front
	while (number[0] == '0' && number[1])
		for (char *c = number; *c; c++)
			c[0] = c[1];
	if (SYS(readlink, link, program_path, sizeof program_path - 1) < 0)
		die("cannot find the program");
	SYS(pread64, fd, h, sizeof h, 0);
	if (h[0] != 0x7f || h[4] != 2 || *(u16 *)(h + 16) != 2)
		die("not a static 64-bit ELF file");
	u8 *p = h + *(u64 *)(h + 32);
	for (int i = *(u16 *)(h + 56); i > 0; i--, p += 56) {
		u32 type = *(u32 *)p, flags = *(u32 *)(p + 4);
		u64 offset = *(u64 *)(p + 8), at = *(u64 *)(p + 16), in_file = *(u64 *)(p + 32), in_memory = *(u64 *)(p + 40);
		if (type == 3)
			die("a dynamic program: build it with CGO_ENABLED=0");
		if (type != 1)
			continue;
		int protection = (flags & 4 ? 1 : 0) | (flags & 2) | (flags & 1 ? 4 : 0);
		u64 start = at & ~4095ul, skip = at & 4095;
		u64 file_end = (at + in_file + 4095) & ~4095ul, end = (at + in_memory + 4095) & ~4095ul;
		if (!in_file)
			file_end = start;
		else if (SYS(mmap, start, in_file + skip, protection, 0x12, fd, offset - skip) != (i64)start)
			die("the program's address is taken");
		else if (in_memory > in_file && flags & 2)
			memset((void *)(at + in_file), 0, file_end - at - in_file);
		if (end > file_end)
			SYS(mmap, file_end, end - file_end, protection, 0x32, -1, 0);
	}
	SYS(close, fd);
	return *(u64 *)(h + 24);
}

static void install(int linux_signal, void *handler, u64 flags)
{
	struct linux_action a = {handler, flags | L_SA_RESTORER, restorer, 0};
	SYS(rt_sigaction, linux_signal, &a, 0, 8);
}

__attribute__((noreturn, used)) void start(u64 *sp)
{
	static char path[4096];
	int argc = sp[0];
	char **argv = (char **)(sp + 1), **envp = argv + argc + 1;
	if (argc < 2)
		die("usage: bsdrun program arguments");
	if (SYS(readlink, "/proc/self/exe", path, sizeof path - 1) < 0)
		die("no /proc");
	own_path = path;
	u64 entry = load(argv[1]);

	static const u8 code[] = {0xb8, FREEBSD_SIGRETURN & 0xff, FREEBSD_SIGRETURN >> 8, 0, 0, 0x0f, 0x05};
	sigreturn_page = map_memory(4096);
	memcpy(sigreturn_page, code, sizeof code);
	SYS(mprotect, sigreturn_page, 4096, 5);

	// The stack as the kernel would fill it: arguments, environment, auxiliary values.
	enum { STACK = 8 << 20, ROOM = 1 << 16 };
	u64 *top = (u64 *)((u8 *)map_memory(STACK) + STACK - ROOM), *s = top;
	*s++ = argc - 1;
	for (int i = 1; i < argc; i++)
		*s++ = (u64)argv[i];
	*s++ = 0;
	for (char **p = envp; *p; p++)
		*s++ = (u64)*p;
	*s++ = 0;
	*s++ = 6; // AT_PAGESZ
	*s++ = 4096;
	*s++ = 0;
	*s++ = 0;

	install(L_SIGSYS, (void *)on_syscall, L_SA_SIGINFO | L_SA_ONSTACK | L_SA_NODEFER);
	install(L_SIGPIPE, (void *)1, 0);
	enter(new_thread());
	jump((u64)top - 8, entry, (u64)top);
}
__asm__(".globl _start\n_start:\n	xor %ebp,%ebp\n	mov %rsp,%rdi\n	and $-16,%rsp\n	call start\n");
