module github.com/moduvex/moduvex-go/compat/prometheus

go 1.25

require (
	github.com/moduvex/moduvex-go/compat v0.1.0
	github.com/moduvex/moduvex-go/core v0.1.0
	github.com/moduvex/moduvex-go/executor v0.1.0
	github.com/prometheus/client_golang v1.23.2
	github.com/prometheus/client_model v0.6.2
	go.uber.org/goleak v1.3.0
)

require (
	github.com/beorn7/perks v1.0.1 // indirect
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/kr/text v0.2.0 // indirect
	github.com/moduvex/moduvex-go/joinhandle v0.1.0 // indirect
	github.com/moduvex/moduvex-go/reactor v0.1.0 // indirect
	github.com/moduvex/moduvex-go/reactor/epoll v0.1.0 // indirect
	github.com/moduvex/moduvex-go/reactor/iocp v0.1.0 // indirect
	github.com/moduvex/moduvex-go/reactor/kqueue v0.1.0 // indirect
	github.com/munnerz/goautoneg v0.0.0-20191010083416-a7dc8b61c822 // indirect
	github.com/prometheus/common v0.66.1 // indirect
	github.com/prometheus/procfs v0.16.1 // indirect
	go.yaml.in/yaml/v2 v2.4.2 // indirect
	golang.org/x/sys v0.41.0 // indirect
	google.golang.org/protobuf v1.36.8 // indirect
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
