// The functions of libSystem that the program may import. Included by machorun.c.

struct symbol {
	const char *name;
	void *at;
};

static const struct symbol symbols[] = {
	// threads and signals
	{"_pthread_attr_getstacksize", pthread_attr_getstacksize}, {"_pthread_attr_init", pthread_attr_init},
	{"_pthread_attr_setdetachstate", d_attr_setdetachstate}, {"_pthread_cond_init", d_cond_init},
	{"_pthread_cond_signal", pthread_cond_signal}, {"_pthread_cond_wait", pthread_cond_wait},
	{"_pthread_cond_timedwait_relative_np", d_cond_timedwait_relative}, {"_pthread_create", d_pthread_create},
	{"_pthread_kill", d_pthread_kill}, {"_pthread_mutex_init", d_mutex_init}, {"_pthread_mutex_lock", pthread_mutex_lock},
	{"_pthread_mutex_unlock", pthread_mutex_unlock}, {"_pthread_self", pthread_self}, {"_pthread_sigmask", d_sigmask},
	{"_sigaction", d_sigaction}, {"_sigaltstack", d_sigaltstack}, {"_kill", d_kill}, {"_raise", d_raise},
	{"_setitimer", d_zero},

	// memory, processes, time
	{"_madvise", d_zero}, {"_mlock", d_zero}, {"_mmap", d_mmap}, {"_munmap", d_munmap}, {"__exit", d_exit},
	{"_exit", d_exit}, {"_execve", d_execve}, {"_fork", d_fork}, {"_wait4", d_wait4}, {"_waitid", d_waitid},
	{"_getpid", d_getpid}, {"_getppid", d_getppid}, {"_getpgrp", d_getpgrp}, {"_setpgid", d_setpgid},
	{"_setsid", d_setsid}, {"_getuid", d_getuid}, {"_geteuid", d_geteuid}, {"_getgid", d_getgid},
	{"_getegid", d_getegid}, {"_issetugid", d_zero}, {"_getrlimit", d_getrlimit}, {"_setrlimit", d_setrlimit},
	{"_getrusage", d_getrusage}, {"_sysctl", d_sysctl}, {"_sysctlbyname", d_missing},
	{"_clock_gettime", d_clock_gettime}, {"_mach_absolute_time", d_mach_absolute_time},
	{"_mach_timebase_info", d_mach_timebase_info}, {"_mach_task_self_", &mach_task_self}, {"_usleep", d_usleep},
	{"___error", guest_errno_at}, {"_arc4random_buf", d_arc4random_buf}, {"_notify_is_valid_token", d_zero},
	{"_xpc_date_create_from_current", d_zero},

	// files
	{"_open", d_open}, {"_openat", d_openat}, {"_close", d_close}, {"_read", d_read}, {"_write", d_write},
	{"_pread", d_pread}, {"_pwrite", d_pwrite}, {"_readv", d_readv}, {"_writev", d_writev}, {"_lseek", d_lseek},
	{"_pipe", d_pipe}, {"_dup", d_dup}, {"_dup2", d_dup2}, {"_fcntl", d_fcntl}, {"_ioctl", d_ioctl}, {"_poll", d_poll},
	{"_fsync", d_fsync}, {"_ftruncate", d_ftruncate}, {"_fstat64", d_fstat}, {"_stat64", d_stat}, {"_lstat64", d_lstat},
	{"_fstatat64", d_fstatat}, {"_fdopendir$INODE64", d_fdopendir}, {"_readdir_r$INODE64", d_readdir_r},
	{"_closedir", d_closedir}, {"_unlink", d_unlink}, {"_unlinkat", d_unlinkat}, {"_mkdir", d_mkdir}, {"_rmdir", d_rmdir},
	{"_chmod", d_chmod}, {"_rename", d_rename}, {"_symlink", d_symlink}, {"_readlinkat", d_readlinkat},
	{"_faccessat", d_faccessat}, {"_chdir", d_chdir}, {"_fchdir", d_fchdir}, {"_getcwd", d_getcwd},

	// sockets
	{"_socket", d_socket}, {"_socketpair", d_socketpair}, {"_bind", d_bind}, {"_connect", d_connect},
	{"_listen", d_listen}, {"_accept", d_accept}, {"_getsockname", d_getsockname}, {"_getpeername", d_getpeername},
	{"_shutdown", d_shutdown}, {"_sendto", d_sendto}, {"_recvfrom", d_recvfrom}, {"_sendmsg", d_sendmsg},
	{"_recvmsg", d_recvmsg}, {"_setsockopt", d_setsockopt}, {"_getsockopt", d_getsockopt}, {"_kqueue", d_kqueue},
	{"_kevent", d_kevent}, {"_getaddrinfo", d_getaddrinfo}, {"_gai_strerror", d_gai_strerror},
	{"_freeaddrinfo", d_zero},
};

// An import that is not there gets a piece of code of its own, so that a call can be told by its name: it fails
// with ENOSYS, and says so the first time.
enum { STUB_SIZE = 16, STUBS = 256 };
static const char *stub_names[STUBS];

static i64 call_missing(u64 number)
{
	if (stub_names[number])
		fprintf(stderr, "machorun: no %s\n", stub_names[number]);
	stub_names[number] = 0;
	return refused(BSD_ENOSYS);
}

static void *new_stub(const char *name)
{
	static u8 *page;
	static u64 n;
	if (!page)
		page = (u8 *)SYS(mmap, 0, STUB_SIZE * STUBS, 7, 0x22, -1, 0);
	if (n == STUBS)
		die("too many unknown imports");
	u8 *code = page + STUB_SIZE * n;
	u32 number = n;
	u64 to = (u64)call_missing;
	code[0] = 0xbf; // mov $number,%edi
	memcpy(code + 1, &number, 4);
	code[5] = 0x48; // mov $to,%rax (with 32 bits: the emulator is no PIE)
	code[6] = 0xc7;
	code[7] = 0xc0;
	memcpy(code + 8, &to, 4);
	code[12] = 0xff; // jmp *%rax
	code[13] = 0xe0;
	stub_names[n++] = name;
	return code;
}

static void *import(const char *name)
{
	for (unsigned i = 0; i < sizeof symbols / sizeof *symbols; i++)
		if (!strcmp(name, symbols[i].name))
			return symbols[i].at;
	return new_stub(name);
}
