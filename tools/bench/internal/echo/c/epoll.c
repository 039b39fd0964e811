// An echo server that does nothing but echo: one thread, one epoll, level-triggered, one buffer.
// It is the limit that servers of package echo are compared with, and speaks that package's protocol.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS 512

static void fail(const char *what) {
	perror(what);
	exit(1);
}

// A socket whose buffer is full takes no more until the peer reads, which in a closed loop it does.
static int write_all(int fd, const char *p, ssize_t n) {
	while (n > 0) {
		ssize_t w = write(fd, p, n);
		if (w > 0) {
			p += w;
			n -= w;
		} else if (errno == EAGAIN) {
			struct pollfd wait = {.fd = fd, .events = POLLOUT};
			poll(&wait, 1, -1);
		} else if (errno != EINTR) {
			return -1;
		}
	}
	return 0;
}

static long long cpu_ns(void) {
	struct rusage u;
	if (getrusage(RUSAGE_SELF, &u) != 0)
		fail("getrusage");
	return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000000LL +
	       (u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1000LL;
}

static long long resident(void) {
	long long size, pages;
	FILE *f = fopen("/proc/self/statm", "r");
	if (f == NULL || fscanf(f, "%lld %lld", &size, &pages) != 2)
		fail("/proc/self/statm");
	fclose(f);
	return pages * sysconf(_SC_PAGESIZE);
}

// Each line of input is a command; the parent sends one at a time.
static void reply(void) {
	char line[64];
	ssize_t n = read(0, line, sizeof line);
	if (n <= 0)
		exit(0);
	if (line[0] == 'm')
		printf("{\"CPUNs\":%lld,\"Resident\":%lld}\n", cpu_ns(), resident());
	else
		printf("{\"CPUNs\":%lld}\n", cpu_ns());
	fflush(stdout);
}

int main(void) {
	static char buffer[4096];
	static struct epoll_event events[EVENTS];
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof addr;
	int one = 1;

	int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&addr, sizeof addr) != 0 || listen(listener, 4096) != 0 ||
	    getsockname(listener, (struct sockaddr *)&addr, &len) != 0)
		fail("listen");
	int ep = epoll_create1(0);
	struct epoll_event control = {.events = EPOLLIN, .data.fd = 0};
	struct epoll_event accepting = {.events = EPOLLIN, .data.fd = listener};
	if (ep < 0 || epoll_ctl(ep, EPOLL_CTL_ADD, 0, &control) != 0 || epoll_ctl(ep, EPOLL_CTL_ADD, listener, &accepting) != 0)
		fail("epoll");
	printf("127.0.0.1:%d\n", ntohs(addr.sin_port));
	fflush(stdout);

	for (;;) {
		int n = epoll_wait(ep, events, EVENTS, -1);
		for (int i = 0; i < n; i++) {
			int fd = events[i].data.fd;
			if (fd == 0) {
				reply();
			} else if (fd == listener) {
				int conn = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
				if (conn < 0)
					continue;
				struct epoll_event reading = {.events = EPOLLIN, .data.fd = conn};
				setsockopt(conn, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
				if (epoll_ctl(ep, EPOLL_CTL_ADD, conn, &reading) != 0)
					fail("epoll_ctl");
			} else {
				ssize_t r = read(fd, buffer, sizeof buffer);
				if (r < 0 && (errno == EAGAIN || errno == EINTR))
					continue;
				if (r <= 0 || write_all(fd, buffer, r) != 0)
					close(fd);
			}
		}
	}
}
