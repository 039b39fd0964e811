// Control messages that carry descriptors (SCM_RIGHTS), and the credentials of the peer of a local socket. The emulator
// defines BSD_CONTROL_HEADER, the size of a message's header with the padding before its data.
#ifndef CONTROL_H
#define CONTROL_H

#include "bsd.h"

struct bsd_control {
	u32 size;
	i32 level, type;
};

struct linux_control {
	u64 size;
	i32 level, type;
};

enum { SCM_RIGHTS = 1, CONTROL_FDS = 253 }; // as many as Linux lets one message have

struct control_room {
	struct linux_control header;
	i32 fds[CONTROL_FDS + 1];
};

// control_to_linux translates the messages of one call into a single one. It is 0 if there are others than those
// with descriptors, or too many.
static int control_to_linux(struct control_room *to, u64 *to_size, const u8 *from, u64 size)
{
	enum { ALIGN = BSD_CONTROL_HEADER == 16 ? 8 : 4 };
	int n = 0;
	while (size >= sizeof(struct bsd_control)) {
		struct bsd_control h = *(struct bsd_control *)from;
		if (h.level != BSD_SOL_SOCKET || h.type != SCM_RIGHTS || h.size < BSD_CONTROL_HEADER || h.size > size)
			return 0;
		for (u32 at = BSD_CONTROL_HEADER; at + 4 <= h.size; at += 4) {
			if (n > CONTROL_FDS)
				return 0;
			to->fds[n++] = *(i32 *)(from + at);
		}
		u64 step = (h.size + ALIGN - 1) & ~(u64)(ALIGN - 1);
		if (step >= size)
			break;
		from += step;
		size -= step;
	}
	to->header = (struct linux_control){sizeof to->header + 4 * n, SOL_SOCKET, SCM_RIGHTS};
	*to_size = n ? to->header.size : 0;
	return 1;
}

// control_room_for is how much room to give Linux, so that just as many descriptors fit.
static u64 control_room_for(u64 size)
{
	if (size < BSD_CONTROL_HEADER + 4)
		return 0;
	u64 n = (size - BSD_CONTROL_HEADER) / 4;
	return sizeof(struct linux_control) + 4 * (n < CONTROL_FDS ? n : CONTROL_FDS);
}

// control_from_linux returns the size of what the guest gets.
static u32 control_from_linux(u8 *to, const struct control_room *from, u64 size)
{
	if (size <= sizeof from->header || from->header.type != SCM_RIGHTS)
		return 0;
	int n = (from->header.size - sizeof from->header) / 4;
	*(struct bsd_control *)to = (struct bsd_control){BSD_CONTROL_HEADER + 4 * n, BSD_SOL_SOCKET, SCM_RIGHTS};
	for (int i = 0; i < n; i++)
		*(i32 *)(to + BSD_CONTROL_HEADER + 4 * i) = from->fds[i];
	return BSD_CONTROL_HEADER + 4 * n;
}

// received_flags translates the flags that recvmsg returns.
static i32 received_flags(i32 flags)
{
	return (flags & 0x80 ? 0x8 : 0)		 // MSG_EOR
	       | (flags & 0x20 ? 0x10 : 0)	 // MSG_TRUNC
	       | (flags & 0x8 ? 0x20 : 0);	 // MSG_CTRUNC
}

struct peer {
	i32 pid;
	u32 uid, gid;
};

static i64 peer_of(int fd, struct peer *p)
{
	u32 size = sizeof *p;
	i64 r = SYS(getsockopt, fd, SOL_SOCKET, 17 /* SO_PEERCRED */, p, &size);
	return r >= 0 && p->pid == 0 ? -ENOTCONN : r;
}

#endif
