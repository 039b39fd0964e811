// The numbers that differ between Linux and the guest. The emulator defines, before it includes this file:
//
//	BSD_AF_INET6, BSD_O_DIRECTORY, BSD_O_CLOEXEC
//	BSD_EILSEQ, BSD_EOPNOTSUPP, BSD_ECANCELED
#ifndef BSD_H
#define BSD_H

#include <asm/errno.h>
#include <asm/fcntl.h>
#include <asm/socket.h>

#include "linux.h"

// ---- errors ----

enum { BSD_ENOENT = 2, BSD_EBADF = 9, BSD_EINVAL = 22, BSD_ENOTTY = 25, BSD_ENOPROTOOPT = 42, BSD_ETIMEDOUT = 60,
       BSD_ENOSYS = 78 };

static i64 bsd_error(i64 linux_error)
{
	static const u8 table[256] = {
		[EAGAIN] = 35, [EDEADLK] = 11, [ENAMETOOLONG] = 63, [ENOSYS] = BSD_ENOSYS, [ENOTEMPTY] = 66, [ELOOP] = 62,
		[EOVERFLOW] = 84, [EILSEQ] = BSD_EILSEQ, [ENOTSOCK] = 38, [EDESTADDRREQ] = 39, [EMSGSIZE] = 40,
		[EPROTOTYPE] = 41, [ENOPROTOOPT] = BSD_ENOPROTOOPT, [EPROTONOSUPPORT] = 43, [ESOCKTNOSUPPORT] = 44,
		[EOPNOTSUPP] = BSD_EOPNOTSUPP, [EPFNOSUPPORT] = 46, [EAFNOSUPPORT] = 47, [EADDRINUSE] = 48,
		[EADDRNOTAVAIL] = 49, [ENETDOWN] = 50, [ENETUNREACH] = 51, [ENETRESET] = 52, [ECONNABORTED] = 53,
		[ECONNRESET] = 54, [ENOBUFS] = 55, [EISCONN] = 56, [ENOTCONN] = 57, [ESHUTDOWN] = 58,
		[ETIMEDOUT] = BSD_ETIMEDOUT, [ECONNREFUSED] = 61, [EHOSTDOWN] = 64, [EHOSTUNREACH] = 65, [EALREADY] = 37,
		[EINPROGRESS] = 36, [ECANCELED] = BSD_ECANCELED,
	};
	u8 e = linux_error > 0 && linux_error < 256 ? table[linux_error] : 0;
	return e ? e : linux_error; // the others have the same number
}

// ---- signals ----

// Linux's number of each of the guest's signals, 0 where there is none.
static const u8 signal_to_linux[32] = {0,  1,  2,  3,  4,  5,  6,  0,  8,  9,  7,  11, 31, 13, 14, 15,
				       23, 19, 20, 18, 17, 21, 22, 29, 24, 25, 26, 27, 28, 0,  10, 12};

static int signal_from_linux(int linux_signal)
{
	for (int s = 1; s < 32; s++)
		if (signal_to_linux[s] == linux_signal)
			return s;
	return 0;
}

// ---- open flags ----

static int open_flags(int f)
{
	static const struct {
		int bsd, host;
	} table[] = {
		{0x4, O_NONBLOCK},  {0x8, O_APPEND},  {0x100, O_NOFOLLOW}, {0x200, O_CREAT},
		{0x400, O_TRUNC},   {0x800, O_EXCL},  {BSD_O_DIRECTORY, O_DIRECTORY}, {BSD_O_CLOEXEC, O_CLOEXEC},
	};
	int r = f & O_ACCMODE;
	for (unsigned i = 0; i < sizeof table / sizeof *table; i++)
		if (f & table[i].bsd)
			r |= table[i].host;
	return r;
}

// open_flags_back translates the flags that fcntl returns.
static int open_flags_back(int f)
{
	return (f & O_ACCMODE) | (f & O_NONBLOCK ? 0x4 : 0) | (f & O_APPEND ? 0x8 : 0);
}

// ---- sockets ----

enum { LINUX_AF_INET6 = 10, BSD_SOL_SOCKET = 0xffff, BSD_SO_ERROR = 0x1007 };
enum { LINUX_MSG_DONTWAIT = 0x40, LINUX_MSG_WAITALL = 0x100, LINUX_MSG_NOSIGNAL = 0x4000 };

// An address begins with its length and its family here, with a family of two bytes on Linux.
struct sockaddr_room {
	u8 bytes[128];
};

static void sockaddr_to_linux(struct sockaddr_room *to, const u8 *from, u32 size)
{
	if (size > sizeof *to)
		size = sizeof *to;
	u8 *d = to->bytes;
	for (u32 i = 0; i < size; i++)
		d[i] = from[i];
	d[0] = from[1] == BSD_AF_INET6 ? LINUX_AF_INET6 : from[1];
	d[1] = 0;
}

static void sockaddr_from_linux(u8 *address, u32 size)
{
	if (!address || size < 2)
		return;
	u8 family = address[0];
	address[0] = size;
	address[1] = family == LINUX_AF_INET6 ? BSD_AF_INET6 : family;
}

static int message_flags(int f, int bsd_nosignal)
{
	int r = f & 7; // MSG_OOB, MSG_PEEK, MSG_DONTROUTE
	if (f & 0x40)
		r |= LINUX_MSG_WAITALL;
	if (f & 0x80)
		r |= LINUX_MSG_DONTWAIT;
	if (f & bsd_nosignal)
		r |= LINUX_MSG_NOSIGNAL;
	return r;
}

enum option { OPTION_SAME, OPTION_IGNORED, OPTION_UNKNOWN };

// socket_option translates a level and a name.
static enum option socket_option(int *level, int *name)
{
	static const struct {
		int level, bsd, host; // host < 0: to be ignored
	} table[] = {
		{BSD_SOL_SOCKET, 0x2, SO_ACCEPTCONN},
		{BSD_SOL_SOCKET, 0x4, SO_REUSEADDR},
		{BSD_SOL_SOCKET, 0x8, SO_KEEPALIVE},
		{BSD_SOL_SOCKET, 0x10, SO_DONTROUTE},
		{BSD_SOL_SOCKET, 0x20, SO_BROADCAST},
		{BSD_SOL_SOCKET, 0x80, SO_LINGER},
		{BSD_SOL_SOCKET, 0x100, SO_OOBINLINE},
		{BSD_SOL_SOCKET, 0x200, SO_REUSEPORT},
		{BSD_SOL_SOCKET, 0x800, -1},    // freebsd: SO_NOSIGPIPE
		{BSD_SOL_SOCKET, 0x1022, -1},   // darwin: SO_NOSIGPIPE
		{BSD_SOL_SOCKET, 0x1080, SO_LINGER}, // darwin: SO_LINGER_SEC
		{BSD_SOL_SOCKET, 0x10000, SO_REUSEPORT}, // freebsd: SO_REUSEPORT_LB
		{BSD_SOL_SOCKET, 0x1001, SO_SNDBUF},
		{BSD_SOL_SOCKET, 0x1002, SO_RCVBUF},
		{BSD_SOL_SOCKET, 0x1005, SO_SNDTIMEO},
		{BSD_SOL_SOCKET, 0x1006, SO_RCVTIMEO},
		{BSD_SOL_SOCKET, BSD_SO_ERROR, SO_ERROR},
		{BSD_SOL_SOCKET, 0x1008, SO_TYPE},
		{0, 3, 1},    // IP_TOS
		{0, 4, 2},    // IP_TTL
		{0, 9, 32},   // IP_MULTICAST_IF
		{0, 10, 33},  // IP_MULTICAST_TTL
		{0, 11, 34},  // IP_MULTICAST_LOOP
		{0, 12, 35},  // IP_ADD_MEMBERSHIP
		{0, 13, 36},  // IP_DROP_MEMBERSHIP
		{6, 0x1, 1},  // TCP_NODELAY
		{6, 0x10, 4}, // darwin: TCP_KEEPALIVE
		{6, 0x101, 5}, // darwin: TCP_KEEPINTVL
		{6, 0x102, 6}, // darwin: TCP_KEEPCNT
		{6, 0x100, 4}, // freebsd: TCP_KEEPIDLE
		{6, 0x200, 5}, // freebsd: TCP_KEEPINTVL
		{6, 0x400, 6}, // freebsd: TCP_KEEPCNT
		{41, 4, 16},   // IPV6_UNICAST_HOPS
		{41, 9, 17},   // IPV6_MULTICAST_IF
		{41, 10, 18},  // IPV6_MULTICAST_HOPS
		{41, 11, 19},  // IPV6_MULTICAST_LOOP
		{41, 12, 20},  // IPV6_JOIN_GROUP
		{41, 13, 21},  // IPV6_LEAVE_GROUP
		{41, 27, 26},  // IPV6_V6ONLY
		{41, 36, 67},  // darwin: IPV6_TCLASS
		{41, 61, 67},  // freebsd: IPV6_TCLASS
	};
	for (unsigned i = 0; i < sizeof table / sizeof *table; i++) {
		if (table[i].level != *level || table[i].bsd != *name)
			continue;
		if (table[i].host < 0)
			return OPTION_IGNORED;
		if (*level == BSD_SOL_SOCKET)
			*level = SOL_SOCKET;
		*name = table[i].host;
		return OPTION_SAME;
	}
	return OPTION_UNKNOWN;
}

#endif
