// Threads and signals of the guest.
//
// The guest's system calls arrive as SIGSYS (on_syscall), on a stack of the emulator's. Other signals arrive at
// on_signal. A signal that finds the guest's code running is delivered as freebsd does it: a frame on the
// guest's signal stack, the handler called, sigreturn at its end. One that finds the emulator's code running, in
// the middle of a system call, is noted; a wait is interrupted, and the signal delivered when the call ends.
//
// That no signal is missed by a wait: linux_wait looks for a noted one right before it enters the kernel, and
// on_signal moves a thread that is between the look and the kernel to where the look would have sent it.
#ifndef PROCESS_H
#define PROCESS_H

#include "../kqmodel/bsd.h"
#include "../kqmodel/linux.h"

void *memset(void *p, int c, u64 n);
void *memcpy(void *to, const void *from, u64 n);

struct freebsd_siginfo {
	i32 signo, error, code, pid;
	u32 uid;
	i32 status;
	u64 address, value, reason[5];
};

struct freebsd_context {
	u32 mask[4];
	struct {
		u64 onstack, rdi, rsi, rdx, rcx, r8, r9, rax, rbx, rbp, r10, r11, r12, r13, r14, r15;
		u32 trap;
		u16 fs, gs;
		u64 address;
		u32 flags;
		u16 es, ds;
		u64 error, rip, cs, rflags, rsp, ss;
		u64 size, fp_format, fp_owned, fp[64], fs_base, gs_base, xfp, xfp_size, spare[4];
	} m;
	u64 link, stack[3];
	i32 flags, spare[4];
	u8 pad[12];
};

struct freebsd_action {
	u64 handler;
	i32 flags;
	u32 mask[4];
};

struct freebsd_stack {
	u64 at, size;
	i32 flags;
};

enum { SA_ONSTACK = 0x1, SA_RESTART = 0x2, SA_NODEFER = 0x10, SS_DISABLE = 0x4 };
enum { FREEBSD_SIGRETURN = 417 };

// Linux's arguments of a handler.
enum { R8, R9, R10, R11, R12, R13, R14, R15, RDI, RSI, RBP, RBX, RDX, RAX, RCX, RSP, RIP, EFL };
struct linux_context {
	u64 flags, link, stack[3];
	i64 reg[23];
	u8 *fp;
	u64 reserved[8];
	u64 mask;
};
struct linux_siginfo {
	i32 signo, error, code, pad;
	union {
		struct {
			i32 pid;
			u32 uid;
		};
		u64 address;
	};
};
struct linux_action {
	void *handler;
	u64 flags;
	void *restorer;
	u64 mask;
};
enum { L_SIGILL = 4, L_SIGBUS = 7, L_SIGFPE = 8, L_SIGSEGV = 11, L_SIGPIPE = 13, L_SIGSYS = 31 };
enum { L_SA_SIGINFO = 0x4, L_SA_RESTORER = 0x04000000, L_SA_ONSTACK = 0x08000000, L_SA_NODEFER = 0x40000000 };

// A thread's own data is where GS points; FS is the guest's.
struct thread {
	struct thread *self;
	u32 noted; // signals of freebsd that came during a system call; linux_wait reads it at this offset
	u32 unused;
	struct freebsd_siginfo info[32];
	struct freebsd_stack stack;
	void *own_stack;
	i32 alive; // the kernel clears it when the thread has ended
	struct thread *next;
};

static struct thread *self(void)
{
	struct thread *t;
	__asm__("mov %%gs:0,%0" : "=r"(t));
	return t;
}

static struct freebsd_action actions[32];
static u8 *sigreturn_page; // outside of the emulator's text, so that it traps

static void die(const char *why);

// linux_wait makes a system call that may wait. It is -EINTR as soon as there is a noted signal.
i64 linux_wait(i64 number, i64 a, i64 b, i64 c, i64 d, i64 e, i64 f);
extern char wait_begin, wait_end, wait_interrupted;
__asm__(".text\n"
	"linux_wait:\n"
	"	mov %rdi,%rax\n"
	"	mov %rsi,%rdi\n"
	"	mov %rdx,%rsi\n"
	"	mov %rcx,%rdx\n"
	"	mov %r8,%r10\n"
	"	mov %r9,%r8\n"
	"	mov 8(%rsp),%r9\n"
	"wait_begin:\n"
	"	cmpl $0,%gs:8\n"
	"	jne wait_interrupted\n"
	"	syscall\n"
	"wait_end:\n"
	"	ret\n"
	"wait_interrupted:\n"
	"	mov $-4,%rax\n"
	"	ret\n");

#define WAIT(name, ...) SYS_(linux_wait, name, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)

extern char __executable_start, etext;

static int in_emulator(u64 rip)
{
	return rip >= (u64)&__executable_start && rip < (u64)&etext;
}

// ---- masks ----

static u64 mask_to_linux(u32 m)
{
	u64 r = 0;
	for (int s = 1; s < 32; s++)
		if (m >> (s - 1) & 1 && signal_to_linux[s] && signal_to_linux[s] != L_SIGSYS)
			r |= 1ul << (signal_to_linux[s] - 1);
	return r;
}

static u32 mask_from_linux(u64 m)
{
	u32 r = 0;
	for (int s = 1; s < 32; s++)
		if (signal_to_linux[s] && m >> (signal_to_linux[s] - 1) & 1)
			r |= 1u << (s - 1);
	return r;
}

// ---- delivery ----

struct frame {
	u64 back; // where the handler returns to
	struct freebsd_siginfo info;
	struct freebsd_context context;
	u64 linux_mask, fp_size;
	u8 *fp;
	u64 pad;
};

// fp_size is how much there is of the floating-point state behind uc->fp.
static u64 fp_size(const u8 *fp)
{
	u32 magic, size;
	memcpy(&magic, fp + 464, 4);
	memcpy(&size, fp + 468, 4);
	return magic == 0x46505853 ? size : 512;
}

// Registers as freebsd's context has them, with their place in Linux's.
#define REGISTERS(DO)                                                                                        \
	DO(rdi, RDI) DO(rsi, RSI) DO(rdx, RDX) DO(rcx, RCX) DO(r8, R8) DO(r9, R9) DO(rax, RAX) DO(rbx, RBX)  \
	DO(rbp, RBP) DO(r10, R10) DO(r11, R11) DO(r12, R12) DO(r13, R13) DO(r14, R14) DO(r15, R15)          \
	DO(rip, RIP) DO(rflags, EFL) DO(rsp, RSP)

// deliver makes the guest enter its handler of signal s when the emulator's own handler returns.
static void deliver(struct thread *t, struct linux_context *uc, int s, const struct freebsd_siginfo *info)
{
	struct freebsd_action *a = &actions[s];
	u64 sp = uc->reg[RSP] - 128; // the guest may use the memory below
	struct freebsd_stack *alt = &t->stack;
	if (a->handler <= 1)
		return;
	if (a->flags & SA_ONSTACK && !(alt->flags & SS_DISABLE) && alt->size && sp - alt->at >= alt->size)
		sp = alt->at + alt->size;
	u64 size = fp_size(uc->fp);
	u8 *fp = (u8 *)((sp - size) & ~63ul);
	memcpy(fp, uc->fp, size);
	struct frame *f = (struct frame *)((((u64)fp - sizeof *f) & ~15ul) - 8); // as after a call
	memset(f, 0, sizeof *f);
	f->back = (u64)sigreturn_page;
	f->info = *info;
	f->fp = fp;
	f->fp_size = size;
	f->linux_mask = uc->mask;
	f->context.mask[0] = mask_from_linux(uc->mask);
	f->context.m.size = sizeof f->context.m;
	f->context.m.address = info->address;
#define SAVE(to, from) f->context.m.to = uc->reg[from];
	REGISTERS(SAVE)
	uc->reg[RIP] = a->handler;
	uc->reg[RSP] = (u64)f;
	uc->reg[RDI] = s;
	uc->reg[RSI] = (u64)&f->info;
	uc->reg[RDX] = (u64)&f->context;
	uc->reg[EFL] &= ~0x400l; // direction
	uc->mask |= mask_to_linux(a->mask[0]);
	if (!(a->flags & SA_NODEFER))
		uc->mask |= mask_to_linux(1u << (s - 1));
}

// sigreturn undoes deliver, and keeps the handler's changes of the context.
static void sigreturn(struct linux_context *uc)
{
	struct frame *f = (struct frame *)(uc->reg[RSP] - 8);
	memcpy(uc->fp, f->fp, f->fp_size);
	uc->mask = f->linux_mask;
#define RESTORE(from, to) uc->reg[to] = f->context.m.from;
	REGISTERS(RESTORE)
}

static void on_signal(int linux_signal, struct linux_siginfo *li, struct linux_context *uc)
{
	int s = signal_from_linux(linux_signal);
	int fault = li->code > 0 && (linux_signal == L_SIGSEGV || linux_signal == L_SIGBUS || linux_signal == L_SIGFPE ||
				     linux_signal == L_SIGILL);
	struct freebsd_siginfo info = {.signo = s, .code = 0x10001 /* SI_USER */};
	if (fault) {
		info.code = linux_signal == L_SIGFPE && li->code == 1 ? 2 /* FPE_INTDIV */ : li->code;
		info.address = li->address;
	} else {
		info.pid = li->pid;
		info.uid = li->uid;
	}
	u64 rip = uc->reg[RIP];
	if (!in_emulator(rip)) {
		deliver(self(), uc, s, &info);
		return;
	}
	if (fault)
		die("a fault of its own, or a bad pointer from the guest");
	struct thread *t = self();
	t->info[s] = info;
	t->noted |= 1u << s;
	if (rip >= (u64)&wait_begin && rip < (u64)&wait_end)
		uc->reg[RIP] = (u64)&wait_interrupted;
}

// deliver_noted is called at the end of a system call, whose context is uc, with all signals blocked.
static void deliver_noted(struct thread *t, struct linux_context *uc)
{
	for (int s = 1; s < 32 && t->noted; s++) {
		if (!(t->noted >> s & 1))
			continue;
		t->noted &= ~(1u << s);
		deliver(t, uc, s, &t->info[s]);
	}
}

__asm__(".text\nrestorer:\n	mov $15,%eax\n	syscall\n");
extern void restorer(void);

static i64 set_action(int s, const struct freebsd_action *new, struct freebsd_action *old)
{
	if (s <= 0 || s > 128)
		return -EINVAL;
	if (old)
		*old = s < 32 ? actions[s] : (struct freebsd_action){0};
	if (!new || s >= 32 || !signal_to_linux[s] || signal_to_linux[s] == L_SIGSYS)
		return 0;
	actions[s] = *new;
	struct linux_action a = {.flags = L_SA_SIGINFO | L_SA_RESTORER | L_SA_ONSTACK, .restorer = restorer, .mask = ~0ul};
	a.handler = new->handler <= 1 ? (void *)new->handler : (void *)on_signal;
	if (signal_to_linux[s] == L_SIGPIPE && new->handler == 0)
		a.handler = (void *)1;
	return SYS(rt_sigaction, signal_to_linux[s], &a, 0, 8);
}

static i64 set_mask(int how, const u32 *new, u32 *old, struct linux_context *uc)
{
	u64 was = uc->mask;
	if (new) {
		u64 m = mask_to_linux(*new);
		uc->mask = how == 1 ? was | m : how == 2 ? was & ~m : m;
	}
	if (old) {
		memset(old, 0, 16);
		*old = mask_from_linux(was);
	}
	return 0;
}

static i64 set_stack(const struct freebsd_stack *new, struct freebsd_stack *old)
{
	struct thread *t = self();
	if (old)
		*old = t->stack;
	if (new)
		t->stack = *new;
	return 0;
}

// ---- threads ----

enum { OWN_STACK = 1 << 17 };

// enter makes the calling thread one of the guest's: its data, the emulator's stack, and the trap.
static void enter(struct thread *t)
{
	static u8 always = 1;
	struct {
		void *at;
		i32 flags;
		u64 size;
	} stack = {t->own_stack, 0, OWN_STACK};
	SYS(arch_prctl, 0x1001 /* ARCH_SET_GS */, t);
	SYS(sigaltstack, &stack, 0);
	// From now on every system call from outside of the emulator's text is a SIGSYS.
	if (SYS(prctl, 59 /* PR_SET_SYSCALL_USER_DISPATCH */, 1, &__executable_start, &etext - &__executable_start, &always))
		die("this kernel has no syscall user dispatch");
}

// new_thread returns the data of a thread, perhaps of one that has ended.
static struct thread *new_thread(void)
{
	static struct thread *all;
	static int mutex;
	lock(&mutex);
	struct thread *t = all;
	while (t && __atomic_load_n(&t->alive, __ATOMIC_ACQUIRE))
		t = t->next;
	if (!t) {
		u64 size = (sizeof *t + 4095) & ~4095ul;
		t = map_memory(size + OWN_STACK);
		if (!t)
			die("no memory for a thread");
		t->own_stack = (u8 *)t + size;
		t->next = all;
		all = t;
	}
	t->self = t;
	t->alive = 1;
	t->noted = 0;
	t->stack.flags = SS_DISABLE;
	unlock(&mutex);
	return t;
}

__attribute__((noreturn)) static void jump(u64 sp, u64 pc, u64 argument)
{
	__asm__ volatile("mov %%rcx,%%rsp\n	xor %%ebp,%%ebp\n	jmp *%%rax" ::"c"(sp), "a"(pc), "D"(argument)
			 : "memory");
	__builtin_unreachable();
}

// The top of a new thread's stack.
struct boot {
	u64 pc, argument, sp;
	struct thread *thread;
};

__attribute__((noreturn, used)) static void boot(struct boot *b)
{
	struct boot copy = *b;
	enter(copy.thread);
	jump(copy.sp, copy.pc, copy.argument);
}
__asm__(".text\nboot_thread:\n	mov %rsp,%rdi\n	and $-16,%rsp\n	call boot\n");

struct thr_param {
	u64 start, argument, stack, stack_size, tls, tls_size;
	i64 *child_id, *parent_id;
	i32 flags;
};

static i64 start_thread(const struct thr_param *p)
{
	u64 top = (p->stack + p->stack_size) & ~15ul;
	struct boot *b = (struct boot *)(top - 256);
	*b = (struct boot){p->start, p->argument, top - 8, new_thread()};
	// VM, FS, FILES, SIGHAND, THREAD, SYSVSEM, SETTLS, CHILD_CLEARTID
	i64 result, flags = 0x100 | 0x200 | 0x400 | 0x800 | 0x10000 | 0x40000 | 0x80000 | 0x200000;
	register i64 r10 __asm__("r10") = (i64)&b->thread->alive;
	register i64 r8 __asm__("r8") = p->tls;
	__asm__ volatile("syscall\n"
			 "	test %%rax,%%rax\n"
			 "	jz boot_thread\n"
			 : "=a"(result)
			 : "a"(__NR_clone), "D"(flags), "S"(b), "d"(0), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	if (result < 0) {
		b->thread->alive = 0;
		return result;
	}
	if (p->child_id)
		*p->child_id = result;
	if (p->parent_id)
		*p->parent_id = result;
	return 0;
}

#endif
