//go:build ignore

// machorun runs a program for darwin/amd64 on Linux: a Mach-O file as Go makes it with CGO_ENABLED=0. It maps
// the file and binds the functions that the program imports from libSystem to those in the files beside this one;
// kqueue is a model over epoll (../kqmodel).
//
// ../README.md has its limits.

#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>

#define BSD_AF_INET6 30
#define BSD_O_DIRECTORY 0x100000
#define BSD_O_CLOEXEC 0x1000000
#define BSD_EILSEQ 92
#define BSD_EOPNOTSUPP 102
#define BSD_ECANCELED 89
#define BSD_CONTROL_HEADER 12
#define KQ_USER -10
#define KQ_EXCEPT -15
#define KQ_LOWAT_CAPPED 1
#define KQ_TIMER_ABSOLUTE 0x8
#define KQ_TIMER_UNIT(f) ((f) & 1 ? 1000000000 : (f) & 2 ? 1000 : (f) & 4 ? 1 : 1000000)

#include "../kqmodel/control.h"
#include "../kqmodel/scan.h"

static i64 kq_wait(struct poll_item *item, struct linux_timespec *timeout)
{
	return SYS(ppoll, item, 1, timeout, 0);
}

static void die(const char *why)
{
	fprintf(stderr, "machorun: %s\n", why);
	SYS(exit_group, 99);
	__builtin_unreachable();
}

// ---- darwin's errno ----

static __thread int guest_errno;

static int *guest_errno_at(void)
{
	return &guest_errno;
}

static i64 refused(int darwin_error)
{
	guest_errno = darwin_error;
	return -1;
}

// is makes of a result of Linux one of libSystem's.
static i64 is(i64 r)
{
	return r < 0 && r > -4096 ? refused(bsd_error(-r)) : r;
}

#include "threads.h"
#include "files.h"
#include "sockets.h"
#include "symbols.h"

// ---- the start ----

enum { MACHO_64 = 0xfeedfacf, X86_64 = 0x01000007 };
enum { LC_UNIXTHREAD = 0x5, LC_SEGMENT_64 = 0x19, LC_DYLD_INFO_ONLY = 0x80000022, LC_MAIN = 0x80000028 };

static u64 segments[16]; // addresses, by number

static void load_segment(const u8 *file, const u8 *command, int number)
{
	u64 at = *(u64 *)(command + 24), size = *(u64 *)(command + 32);
	u64 offset = *(u64 *)(command + 40), in_file = *(u64 *)(command + 48);
	u32 protection = *(u32 *)(command + 60);
	const char *name = (const char *)command + 8;
	if (number >= 16)
		die("too many segments");
	segments[number] = at;
	if (!strcmp(name, "__PAGEZERO") || !strcmp(name, "__LINKEDIT") || !strcmp(name, "__DWARF"))
		return;
	size = (size + 4095) & ~4095ul;
	// read, write; private, anonymous, at a fixed address where nothing is
	if (SYS(mmap, at, size, 3, 0x2 | 0x20 | 0x100000, -1, 0) != (i64)at)
		die("the program's address is taken");
	memcpy((void *)at, file + offset, in_file);
	SYS(mprotect, at, size, protection & 7); // the bits are the same
}

static u64 number_at(const u8 **p) // ULEB128
{
	u64 v = 0;
	int shift = 0;
	u8 b;
	do {
		b = *(*p)++;
		v |= (u64)(b & 127) << shift;
		shift += 7;
	} while (b & 128);
	return v;
}

// bind_imports runs the program's list of imports: opcodes that set a name and an address, and bind.
static void bind_imports(const u8 *p, const u8 *end)
{
	const char *name = 0;
	u64 at = 0;
	while (p < end) {
		u8 op = *p & 0xf0, immediate = *p & 0x0f;
		p++;
		switch (op) {
		case 0x20: // library
		case 0x60: // addend
			number_at(&p);
			break;
		case 0x40: // name
			name = (const char *)p;
			p += strlen(name) + 1;
			break;
		case 0x70: // segment, offset
			at = segments[immediate] + number_at(&p);
			break;
		case 0x80: // add to the address
			at += number_at(&p);
			break;
		case 0x90: // bind
		case 0xa0: // bind, add
		case 0xb0: // bind, add words
			*(void **)at = import(name);
			at += 8 + (op == 0xa0 ? number_at(&p) : op == 0xb0 ? immediate * 8 : 0);
		}
	}
}

static u64 load(const char *path)
{
	u8 *file;
	u64 entry = 0, size;
	int number = 0;
	const u8 *imports = 0, *imports_end = 0;
	i64 fd = SYS(open, path, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		die("cannot open the program");
	size = SYS(lseek, fd, 0, 2);
	file = (u8 *)SYS(mmap, 0, size, 1, 2, fd, 0);
	SYS(close, fd);
	if (size < 4096 || *(u32 *)file != MACHO_64 || *(u32 *)(file + 4) != X86_64)
		die("not a Mach-O file for amd64");
	const u8 *p = file + 32;
	for (u32 i = *(u32 *)(file + 16); i > 0; i--, p += *(u32 *)(p + 4))
		switch (*(u32 *)p) {
		case LC_SEGMENT_64:
			load_segment(file, p, number++);
			break;
		case LC_DYLD_INFO_ONLY:
			imports = file + *(u32 *)(p + 16);
			imports_end = imports + *(u32 *)(p + 20);
			break;
		case LC_UNIXTHREAD:
			entry = *(u64 *)(p + 16 + 16 * 8);
			break;
		case LC_MAIN:
			entry = 0x1000000 + *(u64 *)(p + 8);
		}
	bind_imports(imports, imports_end);
	return entry;
}

__attribute__((noreturn)) static void jump(u64 sp, u64 pc)
{
	__asm__ volatile("mov %%rcx,%%rsp\n	xor %%ebp,%%ebp\n	jmp *%%rax" ::"c"(sp), "a"(pc) : "memory");
	__builtin_unreachable();
}

int main(int argc, char **argv, char **envp)
{
	static char executable[4200] = "executable_path=";
	if (argc < 2)
		die("usage: machorun program arguments");
	if (SYS(readlink, "/proc/self/exe", own_path, sizeof own_path - 1) < 0)
		die("no /proc");
	if (!realpath(argv[1], executable + strlen(executable)))
		die("cannot find the program");
	u64 entry = load(argv[1]);
	signal(SIGPIPE, SIG_IGN);

	// The stack as the kernel fills it: arguments, environment, and the values that dyld needs.
	enum { ROOM = 1 << 16 };
	u64 n = 0;
	while (envp[n])
		n++;
	u64 *top = (u64 *)(((u64)__builtin_frame_address(0) - ROOM - 8 * (argc + n + 8)) & ~15ul), *s = top;
	*s++ = argc - 1;
	for (int i = 1; i < argc; i++)
		*s++ = (u64)argv[i];
	*s++ = 0;
	for (u64 i = 0; i < n; i++)
		*s++ = (u64)envp[i];
	*s++ = 0;
	*s++ = (u64)executable;
	*s++ = 0;
	own_gs();
	jump((u64)top, entry);
}
