module github.com/moduvex/moduvex-go/compat/prometheus

go 1.25

require go.uber.org/goleak v1.3.0

replace (
	github.com/moduvex/moduvex-go/compat => ../
	github.com/moduvex/moduvex-go/core => ../../core
	github.com/moduvex/moduvex-go/executor => ../../executor
	github.com/moduvex/moduvex-go/joinhandle => ../../joinhandle
	github.com/moduvex/moduvex-go/reactor => ../../reactor
	github.com/moduvex/moduvex-go/reactor/epoll => ../../reactor/epoll
	github.com/moduvex/moduvex-go/reactor/iocp => ../../reactor/iocp
	github.com/moduvex/moduvex-go/reactor/kqueue => ../../reactor/kqueue
)
