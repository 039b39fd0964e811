module github.com/moduvex/moduvex-go/compat/otel

go 1.25

require (
	github.com/moduvex/moduvex-go/compat v0.1.0
	github.com/moduvex/moduvex-go/core v0.1.0
	github.com/moduvex/moduvex-go/executor v0.1.0
	go.opentelemetry.io/otel v1.41.0
	go.opentelemetry.io/otel/exporters/stdout/stdoutmetric v1.41.0
	go.opentelemetry.io/otel/metric v1.41.0
	go.opentelemetry.io/otel/sdk v1.41.0
	go.opentelemetry.io/otel/sdk/metric v1.41.0
	go.uber.org/goleak v1.3.0
)

require (
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/go-logr/logr v1.4.3 // indirect
	github.com/go-logr/stdr v1.2.2 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/moduvex/moduvex-go/joinhandle v0.1.0 // indirect
	github.com/moduvex/moduvex-go/reactor v0.1.0 // indirect
	github.com/moduvex/moduvex-go/reactor/epoll v0.1.0 // indirect
	github.com/moduvex/moduvex-go/reactor/iocp v0.1.0 // indirect
	github.com/moduvex/moduvex-go/reactor/kqueue v0.1.0 // indirect
	go.opentelemetry.io/auto/sdk v1.2.1 // indirect
	go.opentelemetry.io/otel/trace v1.41.0 // indirect
	golang.org/x/sys v0.41.0 // indirect
)

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
