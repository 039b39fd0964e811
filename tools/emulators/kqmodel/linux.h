// Linux's system calls for both emulators, without a C library, since the guest's threads are not threads of such a
// library.
#ifndef LINUX_H
#define LINUX_H

#include <asm/unistd.h>

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;
typedef short i16;
typedef int i32;
typedef long i64;

static inline i64 linux_call(i64 number, i64 a, i64 b, i64 c, i64 d, i64 e, i64 f)
{
	i64 result;
	register i64 r10 __asm__("r10") = d;
	register i64 r8 __asm__("r8") = e;
	register i64 r9 __asm__("r9") = f;
	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

// SYS(close, fd) makes a system call that does not wait. The result is negative for an error.
#define SYS(name, ...) SYS_(linux_call, name, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define SYS_(call, name, a, b, c, d, e, f, ...) \
	call(__NR_##name, (i64)(a), (i64)(b), (i64)(c), (i64)(d), (i64)(e), (i64)(f))

struct linux_timespec {
	i64 sec, nsec;
};

static void lock(int *l)
{
	while (__atomic_exchange_n(l, 1, __ATOMIC_ACQUIRE))
		SYS(sched_yield);
}

static void unlock(int *l)
{
	__atomic_store_n(l, 0, __ATOMIC_RELEASE);
}

static i64 now_ns(void)
{
	struct linux_timespec t;
	SYS(clock_gettime, 1 /* CLOCK_MONOTONIC */, &t);
	return t.sec * 1000000000 + t.nsec;
}

// map_memory returns fresh, zeroed memory, or 0.
static void *map_memory(u64 size)
{
	i64 at = SYS(mmap, 0, size, 3 /* read, write */, 0x22 /* private, anonymous */, -1, 0);
	return at < 0 && at > -4096 ? 0 : (void *)at;
}

#endif
