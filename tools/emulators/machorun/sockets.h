// Sockets and kqueue. Included by machorun.c.

enum { DARWIN_MSG_NOSIGNAL = 0x80000 };

static int family(int f)
{
	return f == BSD_AF_INET6 ? LINUX_AF_INET6 : f;
}

static i64 with_address(i64 r, u8 *address, u32 *size)
{
	if (r >= 0 && address && size)
		sockaddr_from_linux(address, *size);
	return is(r);
}

static i64 d_socket(int f, int type, int protocol)
{
	return is(SYS(socket, family(f), type, protocol));
}

static i64 d_socketpair(int f, int type, int protocol, int *fds)
{
	return is(SYS(socketpair, family(f), type, protocol, fds));
}

static i64 d_bind(int fd, const u8 *address, u32 size)
{
	struct sockaddr_room room;
	sockaddr_to_linux(&room, address, size);
	return is(SYS(bind, fd, &room, size));
}

static i64 d_connect(int fd, const u8 *address, u32 size)
{
	struct sockaddr_room room;
	sockaddr_to_linux(&room, address, size);
	return is(SYS(connect, fd, &room, size));
}

static i64 d_listen(int fd, int n)
{
	return is(SYS(listen, fd, n));
}

static i64 d_accept(int fd, u8 *address, u32 *size)
{
	return with_address(SYS(accept, fd, address, size), address, size);
}

static i64 d_getsockname(int fd, u8 *address, u32 *size)
{
	return with_address(SYS(getsockname, fd, address, size), address, size);
}

static i64 d_getpeername(int fd, u8 *address, u32 *size)
{
	return with_address(SYS(getpeername, fd, address, size), address, size);
}

static i64 d_shutdown(int fd, int how)
{
	i64 r = SYS(shutdown, fd, how);
	if (r >= 0)
		kq_shutdown(fd, how);
	return is(r);
}

static i64 d_sendto(int fd, void *b, u64 n, int flags, const u8 *address, u32 size)
{
	struct sockaddr_room room;
	if (address)
		sockaddr_to_linux(&room, address, size);
	flags = message_flags(flags, DARWIN_MSG_NOSIGNAL) | LINUX_MSG_NOSIGNAL;
	return is(SYS(sendto, fd, b, n, flags, address ? &room : 0, address ? size : 0));
}

static i64 d_recvfrom(int fd, void *b, u64 n, int flags, u8 *address, u32 *size)
{
	i64 r = SYS(recvfrom, fd, b, n, message_flags(flags, DARWIN_MSG_NOSIGNAL), address, size);
	int taken = r <= 0 && r != -EINTR ? take_error(fd) : 0;
	return with_address(taken ? -taken : r, address, size);
}

struct darwin_message {
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

static i64 d_sendmsg(int fd, struct darwin_message *m, int flags)
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
	return is(SYS(sendmsg, fd, &l, message_flags(flags, DARWIN_MSG_NOSIGNAL) | LINUX_MSG_NOSIGNAL));
}

static i64 d_recvmsg(int fd, struct darwin_message *m, int flags)
{
	struct control_room control;
	struct linux_message l = {m->name, m->name_size, m->vector, m->vectors, &control};
	l.control_size = control_room_for(m->control_size);
	i64 r = SYS(recvmsg, fd, &l, message_flags(flags, DARWIN_MSG_NOSIGNAL));
	if (r < 0)
		return is(r);
	m->name_size = l.name_size;
	sockaddr_from_linux(m->name, l.name_size);
	m->control_size = control_from_linux(m->control, &control, l.control_size);
	m->flags = received_flags(l.flags);
	return r;
}

static i64 d_setsockopt(int fd, int level, int name, void *value, u32 size)
{
	switch (socket_option(&level, &name)) {
	case OPTION_IGNORED:
		return 0;
	case OPTION_UNKNOWN:
		return refused(BSD_ENOPROTOOPT);
	case OPTION_SAME:
		break;
	}
	return is(SYS(setsockopt, fd, level, name, value, size));
}

// darwin's struct xucred.
struct credentials {
	u32 version, uid;
	i16 ngroups;
	u32 groups[16];
};

static i64 local_option(int fd, int name, void *value, u32 *size)
{
	struct peer p;
	i64 r = peer_of(fd, &p);
	if (r < 0)
		return is(r);
	if (name == 2 /* LOCAL_PEERPID */ && *size >= 4) {
		*(u32 *)value = p.pid;
		*size = 4;
		return 0;
	}
	if (name != 1 /* LOCAL_PEERCRED */ || *size < sizeof(struct credentials))
		return refused(BSD_EINVAL);
	*(struct credentials *)value = (struct credentials){.uid = p.uid, .ngroups = 1, .groups = {p.gid}};
	*size = sizeof(struct credentials);
	return 0;
}

static i64 d_getsockopt(int fd, int level, int name, void *value, u32 *size)
{
	if (level == 0 && (name == 1 || name == 2))
		return local_option(fd, name, value, size);
	int asks_error = level == BSD_SOL_SOCKET && name == BSD_SO_ERROR;
	if (socket_option(&level, &name) != OPTION_SAME)
		return refused(BSD_ENOPROTOOPT);
	i64 r = SYS(getsockopt, fd, level, name, value, size);
	if (r >= 0 && asks_error) {
		int taken = take_error(fd), *e = value;
		*e = bsd_error(*e ? *e : taken);
	}
	return is(r);
}

static i64 d_kqueue(void)
{
	return is(kq_open());
}

static i64 d_kevent(int kq, struct kevent *changes, int nchanges, struct kevent *events, int nevents,
		    struct linux_timespec *timeout)
{
	i64 error = 0, n = kq_kevent(kq, changes, nchanges, events, nevents, timeout, &error);
	return n < 0 ? refused(error) : n;
}

// The machine has no resolver: names are not found, and Go takes its own (GODEBUG=netdns=go).
static i64 d_getaddrinfo(void)
{
	return 8; // EAI_NONAME
}

static const char *d_gai_strerror(int e)
{
	return "nodename nor servname provided, or not known";
}
