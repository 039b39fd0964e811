module github.com/moduvex/moduvex-go/compat

go 1.25

require (
	github.com/moduvex/moduvex-go/core v0.1.0
	github.com/moduvex/moduvex-go/executor v0.1.0
	github.com/moduvex/moduvex-go/joinhandle v0.1.0
	github.com/moduvex/moduvex-go/reactor v0.1.0
	go.uber.org/goleak v1.3.0
)

require (
	github.com/moduvex/moduvex-go/reactor/epoll v0.1.0 // indirect
	github.com/moduvex/moduvex-go/reactor/iocp v0.1.0 // indirect
	github.com/moduvex/moduvex-go/reactor/kqueue v0.1.0 // indirect
	golang.org/x/sys v0.41.0 // indirect
)

replace (
	github.com/moduvex/moduvex-go/core => ../core
	github.com/moduvex/moduvex-go/executor => ../executor
	github.com/moduvex/moduvex-go/joinhandle => ../joinhandle
	github.com/moduvex/moduvex-go/reactor => ../reactor
	github.com/moduvex/moduvex-go/reactor/epoll => ../reactor/epoll
	github.com/moduvex/moduvex-go/reactor/iocp => ../reactor/iocp
	github.com/moduvex/moduvex-go/reactor/kqueue => ../reactor/kqueue
)
