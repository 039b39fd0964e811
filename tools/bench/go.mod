module github.com/moduvex/moduvex-go/tools/bench

go 1.25

require (
	github.com/alitto/pond/v2 v2.7.1
	github.com/cloudwego/netpoll v0.7.2
	github.com/google/go-cmp v0.7.0
	github.com/moduvex/moduvex-go/compat v0.1.0
	github.com/moduvex/moduvex-go/core v0.1.0
	github.com/moduvex/moduvex-go/executor v0.1.0
	github.com/moduvex/moduvex-go/joinhandle v0.1.0
	github.com/panjf2000/ants/v2 v2.12.1
	github.com/sourcegraph/conc v0.3.0
	go.uber.org/goleak v1.3.0
	golang.org/x/sys v0.41.0
)

require (
	github.com/bytedance/gopkg v0.1.1 // indirect
	github.com/cloudwego/gopkg v0.1.4 // indirect
	github.com/moduvex/moduvex-go/reactor v0.1.0 // indirect
	github.com/moduvex/moduvex-go/reactor/epoll v0.1.0 // indirect
	github.com/moduvex/moduvex-go/reactor/iocp v0.1.0 // indirect
	github.com/moduvex/moduvex-go/reactor/kqueue v0.1.0 // indirect
	go.uber.org/atomic v1.7.0 // indirect
	go.uber.org/multierr v1.9.0 // indirect
	golang.org/x/sync v0.11.0 // indirect
)

replace (
	github.com/moduvex/moduvex-go/compat => ../../compat
	github.com/moduvex/moduvex-go/core => ../../core
	github.com/moduvex/moduvex-go/executor => ../../executor
	github.com/moduvex/moduvex-go/joinhandle => ../../joinhandle
	github.com/moduvex/moduvex-go/reactor => ../../reactor
	github.com/moduvex/moduvex-go/reactor/epoll => ../../reactor/epoll
	github.com/moduvex/moduvex-go/reactor/iocp => ../../reactor/iocp
	github.com/moduvex/moduvex-go/reactor/kqueue => ../../reactor/kqueue
)
