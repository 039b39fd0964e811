// Threads, signals, memory, time and all other calls that are not of files. Included by machorun.c.

// ---- threads ----

// own_gs gives a thread the memory at GS where Go has a slot for its g.
static void own_gs(void)
{
	static __thread u64 block[32];
	SYS(arch_prctl, 0x1001 /* ARCH_SET_GS */, block);
}

struct boot {
	void *(*function)(void *);
	void *argument;
};

static void *boot_thread(void *p)
{
	struct boot b = *(struct boot *)p;
	free(p);
	own_gs();
	return b.function(b.argument);
}

static i64 d_pthread_create(void *id, void *attributes, void *function, void *argument)
{
	pthread_t t;
	struct boot *b = malloc(sizeof *b);
	*b = (struct boot){function, argument};
	return bsd_error(pthread_create(&t, attributes, boot_thread, b));
}

static i64 d_attr_setdetachstate(void *attributes, int state)
{
	return pthread_attr_setdetachstate(attributes, state == 2 ? PTHREAD_CREATE_DETACHED : PTHREAD_CREATE_JOINABLE);
}

static i64 d_mutex_init(void *m, void *attributes)
{
	return pthread_mutex_init(m, 0);
}

static i64 d_cond_init(void *c, void *attributes)
{
	return pthread_cond_init(c, 0);
}

static i64 d_cond_timedwait_relative(void *c, void *m, struct timespec *left)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += left->tv_sec;
	t.tv_nsec += left->tv_nsec;
	if (t.tv_nsec >= 1000000000) {
		t.tv_nsec -= 1000000000;
		t.tv_sec++;
	}
	return bsd_error(pthread_cond_clockwait(c, m, CLOCK_MONOTONIC, &t));
}

// ---- signals ----

struct darwin_action {
	u64 handler;
	u32 mask;
	i32 flags;
};

struct darwin_siginfo {
	i32 signo, error, code, pid;
	u32 uid;
	i32 status;
	u64 address, value;
	i64 band;
	u64 pad[7];
};

struct darwin_machine { // what uc_mcontext points to
	u16 trap, cpu;
	u32 error;
	u64 address, reg[21];
	u8 fp[524];
};

struct darwin_context {
	i32 onstack;
	u32 mask;
	u64 sp, size;
	i32 flags, pad;
	u64 link, machine_size;
	struct darwin_machine *machine;
};

static struct darwin_action actions[32];

// on_signal calls the program's handler, which may change the registers, such as to call something else.
static void on_signal(int linux_signal, siginfo_t *si, void *context)
{
	// rax, rbx, rcx, rdx, rdi, rsi, rbp, rsp, r8 to r15, rip, rflags
	static const int order[18] = {REG_RAX, REG_RBX, REG_RCX, REG_RDX, REG_RDI, REG_RSI, REG_RBP, REG_RSP, REG_R8,
				      REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP, REG_EFL};
	greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;
	int s = signal_from_linux(linux_signal), host_errno = errno, own_errno = guest_errno;
	struct darwin_machine machine = {0};
	struct darwin_context uc = {.machine = &machine, .machine_size = sizeof machine};
	struct darwin_siginfo info = {.signo = s, .code = si->si_code <= 0 ? 0x10001 /* SI_USER */ : si->si_code};
	if (si->si_code <= 0)
		info.pid = si->si_pid;
	else
		info.address = (u64)si->si_addr;
	if (linux_signal == SIGFPE && si->si_code == FPE_INTDIV)
		info.code = 7;
	for (int i = 0; i < 18; i++)
		machine.reg[i] = g[order[i]];
	((void (*)(int, void *, void *))actions[s].handler)(s, &info, &uc);
	for (int i = 0; i < 18; i++)
		g[order[i]] = machine.reg[i];
	errno = host_errno;
	guest_errno = own_errno;
}

static i64 d_sigaction(int s, struct darwin_action *new, struct darwin_action *old)
{
	if (s <= 0 || s >= 32)
		return refused(BSD_EINVAL);
	if (old)
		*old = actions[s];
	if (!new || !signal_to_linux[s])
		return 0;
	actions[s] = *new;
	struct sigaction a = {0};
	if (new->handler <= 1) {
		a.sa_handler = new->handler ? SIG_IGN : SIG_DFL;
	} else {
		a.sa_sigaction = on_signal;
		a.sa_flags = SA_SIGINFO | (new->flags & 1 ? SA_ONSTACK : 0) | (new->flags & 2 ? SA_RESTART : 0);
		sigfillset(&a.sa_mask);
	}
	sigaction(signal_to_linux[s], &a, 0);
	return 0;
}

static i64 d_sigmask(int how, u32 *new, u32 *old)
{
	sigset_t set, was;
	sigemptyset(&set);
	for (int s = 1; new && s < 32; s++)
		if (*new >> (s - 1) & 1 && signal_to_linux[s])
			sigaddset(&set, signal_to_linux[s]);
	int r = pthread_sigmask(how == 1 ? SIG_BLOCK : how == 2 ? SIG_UNBLOCK : SIG_SETMASK, new ? &set : 0, &was);
	if (old)
		*old = 0;
	for (int s = 1; old && s < 32; s++)
		if (signal_to_linux[s] && sigismember(&was, signal_to_linux[s]))
			*old |= 1u << (s - 1);
	return r;
}

struct darwin_stack {
	void *at;
	u64 size;
	i32 flags;
};

static i64 d_sigaltstack(struct darwin_stack *new, struct darwin_stack *old)
{
	stack_t n, o;
	if (new) {
		n.ss_sp = new->at;
		n.ss_size = new->size;
		n.ss_flags = new->flags & 4 ? SS_DISABLE : 0;
	}
	if (sigaltstack(new ? &n : 0, old ? &o : 0))
		return refused(bsd_error(errno));
	if (old)
		*old = (struct darwin_stack){o.ss_sp, o.ss_size, o.ss_flags & SS_DISABLE ? 4 : 0};
	return 0;
}

static i64 d_kill(int pid, int s)
{
	return is(SYS(kill, pid, signal_to_linux[s & 31]));
}

static i64 d_raise(int s)
{
	return raise(signal_to_linux[s & 31]);
}

static i64 d_pthread_kill(pthread_t t, int s)
{
	return pthread_kill(t, signal_to_linux[s & 31]);
}

// ---- memory ----

static void *d_mmap(u64 at, u64 size, int protection, int flags, int fd, u64 offset)
{
	int f = flags & 0x13; // shared, private, fixed
	if (flags & 0x1000)
		f |= 0x20; // MAP_ANONYMOUS
	if (!protection)
		f |= 0x4000; // MAP_NORESERVE
	return (void *)is(SYS(mmap, at, size, protection, f, f & 0x20 ? -1 : fd, offset));
}

static i64 d_munmap(void *at, u64 size)
{
	return is(SYS(munmap, at, size));
}

// ---- processes ----

static char own_path[4096];

// d_execve replaces the process; a darwin program runs under the emulator again.
static i64 d_execve(const char *path, const char **argv, const char **envp)
{
	u32 magic = 0;
	i64 fd = SYS(open, path, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return is(fd);
	SYS(read, fd, &magic, sizeof magic);
	SYS(close, fd);
	if (magic != 0xfeedfacf)
		return is(SYS(execve, path, argv, envp));
	int n = 0;
	while (argv[n])
		n++;
	const char **args = __builtin_alloca((n + 3) * sizeof *args); // after a fork malloc may not be called
	args[0] = own_path;
	args[1] = path;
	for (int i = 1; i <= n; i++)
		args[i + 1] = argv[i];
	return is(SYS(execve, own_path, args, envp));
}

static i64 d_fork(void)
{
	i64 r = SYS(fork);
	if (r == 0)
		kq_forked();
	return is(r);
}

static i64 d_wait4(int pid, i32 *status, int options, void *usage)
{
	i64 r = is(SYS(wait4, pid, status, options & 3, usage));
	if (r > 0 && status && (*status & 0x7f) && (*status & 0x7f) != 0x7f)
		*status = (*status & ~0x7f) | signal_from_linux(*status & 0x7f);
	return r;
}

// d_waitid is waitid as Go's os uses it: wait for the end of a child and leave it to wait4.
static i64 d_waitid(int kind, int id, void *info, int options)
{
	return is(SYS(waitid, 1 /* P_PID */, id, 0, 0x4 | 0x01000000 /* WEXITED, WNOWAIT */, 0));
}

static void d_exit(int code)
{
	fflush(0);
	SYS(exit_group, code);
}

#define PLAIN(name)                                                                                          \
	static i64 d_##name(void)                                                                            \
	{                                                                                                    \
		return is(SYS(name));                                                                        \
	}
PLAIN(getpid)
PLAIN(getppid)
PLAIN(getpgrp)
PLAIN(setsid)
PLAIN(getuid)
PLAIN(geteuid)
PLAIN(getgid)
PLAIN(getegid)

static i64 d_setpgid(int pid, int group)
{
	return is(SYS(setpgid, pid, group));
}

static i64 limit(int which, void *new, void *old)
{
	static const u8 linux_limit[9] = {0, 1, 2, 3, 4, 9, 8, 6, 7};
	if (which < 0 || which > 8)
		return refused(BSD_EINVAL);
	return is(SYS(prlimit64, 0, linux_limit[which], new, old));
}

static i64 d_getrlimit(int which, void *v)
{
	return limit(which, 0, v);
}

static i64 d_setrlimit(int which, void *v)
{
	return limit(which, v, 0);
}

static i64 d_getrusage(int who, void *v)
{
	return is(SYS(getrusage, who, v));
}

static i64 d_sysctl(u32 *name, u32 n, void *old, u64 *size, void *new, u64 new_size)
{
	if (n != 2 || name[0] != 6 /* CTL_HW */ || (name[1] != 3 && name[1] != 7))
		return refused(BSD_ENOENT);
	u64 mask[16] = {0};
	int cpus = 0;
	SYS(sched_getaffinity, 0, sizeof mask, mask);
	for (int i = 0; i < 16; i++)
		cpus += __builtin_popcountl(mask[i]);
	*(u32 *)old = name[1] == 3 ? cpus : 4096; // HW_NCPU, HW_PAGESIZE
	*size = 4;
	return 0;
}

// ---- time ----

static u64 d_mach_absolute_time(void)
{
	return now_ns();
}

static i64 d_mach_timebase_info(u32 *p)
{
	p[0] = p[1] = 1;
	return 0;
}

static i64 d_clock_gettime(int clock, void *t)
{
	return is(SYS(clock_gettime, clock == 0 ? 0 : 1, t));
}

static i64 d_usleep(u32 us)
{
	struct linux_timespec t = {us / 1000000, us % 1000000 * 1000};
	return is(SYS(nanosleep, &t, 0));
}

// ---- the rest ----

static void d_arc4random_buf(u8 *p, u64 n)
{
	while (n) {
		i64 k = SYS(getrandom, p, n > 256 ? 256 : n, 0);
		if (k > 0) {
			p += k;
			n -= k;
		}
	}
}

static i64 d_zero(void)
{
	return 0;
}

static i64 d_missing(void)
{
	return refused(BSD_ENOENT);
}

static u32 mach_task_self;
