// Descriptors and files. Included by machorun.c.

static int dir_at(int dir)
{
	return dir == -2 ? -100 : dir; // AT_FDCWD
}

static i64 d_open(const char *path, int flags, int mode)
{
	return is(SYS(open, path, open_flags(flags), mode));
}

static i64 d_openat(int dir, const char *path, int flags, int mode)
{
	return is(SYS(openat, dir_at(dir), path, open_flags(flags), mode));
}

static i64 d_close(int fd)
{
	kq_close(fd);
	return is(SYS(close, fd));
}

static i64 d_read(int fd, void *b, u64 n)
{
	i64 r = SYS(read, fd, b, n);
	int taken = r <= 0 && r != -EINTR ? take_error(fd) : 0;
	return is(taken ? -taken : r);
}

static i64 d_write(int fd, void *b, u64 n)
{
	i64 r = SYS(write, fd, b, n);
	int taken = r < 0 && r != -EINTR ? take_error(fd) : 0;
	return is(taken ? -taken : r);
}

#define FILE_CALL(name, host, declared, ...)                                                                 \
	static i64 d_##name declared                                                                         \
	{                                                                                                    \
		return is(SYS(host, __VA_ARGS__));                                                           \
	}
FILE_CALL(pread, pread64, (int fd, void *b, u64 n, i64 at), fd, b, n, at)
FILE_CALL(pwrite, pwrite64, (int fd, void *b, u64 n, i64 at), fd, b, n, at)
FILE_CALL(readv, readv, (int fd, void *v, int n), fd, v, n)
FILE_CALL(writev, writev, (int fd, void *v, int n), fd, v, n)
FILE_CALL(lseek, lseek, (int fd, i64 at, int from), fd, at, from)
FILE_CALL(pipe, pipe, (int *fds), fds)
FILE_CALL(dup, dup, (int fd), fd)
FILE_CALL(poll, poll, (void *fds, u32 n, int timeout), fds, n, timeout)
FILE_CALL(fsync, fsync, (int fd), fd)
FILE_CALL(ftruncate, ftruncate, (int fd, i64 n), fd, n)
FILE_CALL(fchdir, fchdir, (int fd), fd)
FILE_CALL(chdir, chdir, (const char *path), path)
FILE_CALL(unlink, unlink, (const char *path), path)
FILE_CALL(unlinkat, unlinkat, (int dir, const char *path, int f), dir_at(dir), path, f & 0x80 ? 0x200 : 0)
FILE_CALL(mkdir, mkdir, (const char *path, int mode), path, mode)
FILE_CALL(rmdir, rmdir, (const char *path), path)
FILE_CALL(chmod, chmod, (const char *path, int mode), path, mode)
FILE_CALL(rename, rename, (const char *from, const char *to), from, to)
FILE_CALL(symlink, symlink, (const char *to, const char *path), to, path)
FILE_CALL(readlinkat, readlinkat, (int dir, const char *path, char *b, u64 n), dir_at(dir), path, b, n)
FILE_CALL(faccessat, faccessat, (int dir, const char *path, int mode), dir_at(dir), path, mode)

static i64 d_dup2(int fd, int to)
{
	if (fd == to)
		return to;
	kq_close(to);
	return is(SYS(dup3, fd, to, 0));
}

static i64 d_fcntl(int fd, int command, i64 argument)
{
	i64 r;
	switch (command) {
	case 0: // F_DUPFD
	case 1: // F_GETFD
	case 2: // F_SETFD
		return is(SYS(fcntl, fd, command, argument));
	case 3: // F_GETFL
		r = SYS(fcntl, fd, command, 0);
		return is(r < 0 ? r : open_flags_back(r));
	case 4: // F_SETFL
		return is(SYS(fcntl, fd, command, open_flags(argument)));
	case 51: // F_FULLFSYNC
		return is(SYS(fsync, fd));
	case 67: // F_DUPFD_CLOEXEC
		return is(SYS(fcntl, fd, 1030, argument));
	case 73: // F_SETNOSIGPIPE
		return 0;
	}
	return refused(BSD_EINVAL);
}

static i64 d_ioctl(int fd, u64 request, void *argument)
{
	return refused(BSD_ENOTTY);
}

static char *d_getcwd(char *b, u64 n)
{
	return is(SYS(getcwd, b, n)) < 0 ? 0 : b;
}

static i64 stat_at(int dir, const char *path, u8 *to, int flags)
{
	u64 st[18];
	u32 *w = (u32 *)st;
	i64 r = SYS(newfstatat, dir, path, st, flags);
	if (r < 0)
		return is(r);
	memset(to, 0, 144);
	*(u32 *)to = st[0];	       // device
	*(u16 *)(to + 4) = w[6];       // mode
	*(u16 *)(to + 6) = st[2];      // links
	*(u64 *)(to + 8) = st[1];      // inode
	*(u32 *)(to + 16) = w[7];      // uid
	*(u32 *)(to + 20) = w[8];      // gid
	*(u32 *)(to + 24) = st[5];     // rdev
	memcpy(to + 32, st + 9, 48);   // times of access, modification, change
	memcpy(to + 80, st + 13, 16);  // of birth: unknown
	*(u64 *)(to + 96) = st[6];     // size
	*(u64 *)(to + 104) = st[8];    // blocks
	*(u32 *)(to + 112) = st[7];    // block size
	return 0;
}

static i64 d_fstat(int fd, u8 *to)
{
	return stat_at(fd, "", to, 0x1000 /* AT_EMPTY_PATH */);
}

static i64 d_stat(const char *path, u8 *to)
{
	return stat_at(-100, path, to, 0);
}

static i64 d_lstat(const char *path, u8 *to)
{
	return stat_at(-100, path, to, 0x100 /* AT_SYMLINK_NOFOLLOW */);
}

static i64 d_fstatat(int dir, const char *path, u8 *to, int flags)
{
	return stat_at(dir_at(dir), path, to, flags & 0x20 ? 0x100 : 0);
}

static void *d_fdopendir(int fd)
{
	DIR *d = fdopendir(fd);
	if (!d)
		refused(bsd_error(errno));
	return d;
}

static i64 d_readdir_r(DIR *d, u8 *to, void **result)
{
	errno = 0;
	struct dirent *e = readdir(d);
	*result = 0;
	if (!e)
		return bsd_error(errno);
	u16 n = strlen(e->d_name);
	*(u64 *)to = e->d_ino;
	*(u16 *)(to + 16) = 21 + n + 1;
	*(u16 *)(to + 18) = n;
	to[20] = e->d_type;
	memcpy(to + 21, e->d_name, n + 1);
	*result = to;
	return 0;
}

static i64 d_closedir(DIR *d)
{
	kq_close(dirfd(d));
	return closedir(d);
}
