module github.com/moduvex/moduvex-go/compat/interop

go 1.25.0

require (
	github.com/coder/websocket v1.8.15
	github.com/gobwas/ws v1.4.0
	github.com/gorilla/websocket v1.5.3
	github.com/jackc/pgx/v5 v5.13.0
	github.com/lib/pq v1.12.3
	github.com/moduvex/moduvex-go/compat v0.1.0
	github.com/moduvex/moduvex-go/core v0.1.0
	github.com/moduvex/moduvex-go/executor v0.1.0
	github.com/quic-go/quic-go v0.60.0
	github.com/redis/go-redis/v9 v9.22.0
	github.com/summerwind/h2spec v2.2.1+incompatible
	go.uber.org/goleak v1.3.0
	golang.org/x/net v0.58.0
	google.golang.org/grpc v1.84.0
	google.golang.org/protobuf v1.36.11
)

require (
	cloud.google.com/go/compute/metadata v0.9.0 // indirect
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/cncf/xds/go v0.0.0-20260202195803-dba9d589def2 // indirect
	github.com/envoyproxy/protoc-gen-validate v1.3.3 // indirect
	github.com/fatih/color v1.19.0 // indirect
	github.com/gobwas/httphead v0.1.0 // indirect
	github.com/gobwas/pool v0.2.1 // indirect
	github.com/jackc/pgpassfile v1.0.0 // indirect
	github.com/jackc/pgservicefile v0.0.0-20240606120523-5a60cdf6a761 // indirect
	github.com/jackc/puddle/v2 v2.2.3 // indirect
	github.com/mattn/go-colorable v0.1.14 // indirect
	github.com/mattn/go-isatty v0.0.20 // indirect
	github.com/moduvex/moduvex-go/joinhandle v0.1.0 // indirect
	github.com/moduvex/moduvex-go/reactor v0.1.0 // indirect
	github.com/moduvex/moduvex-go/reactor/epoll v0.1.0 // indirect
	github.com/moduvex/moduvex-go/reactor/iocp v0.1.0 // indirect
	github.com/moduvex/moduvex-go/reactor/kqueue v0.1.0 // indirect
	go.uber.org/atomic v1.11.0 // indirect
	golang.org/x/crypto v0.55.0 // indirect
	golang.org/x/oauth2 v0.36.0 // indirect
	golang.org/x/sync v0.22.0 // indirect
	golang.org/x/sys v0.47.0 // indirect
	golang.org/x/text v0.41.0 // indirect
	google.golang.org/genproto/googleapis/rpc v0.0.0-20260706201446-f0a921348800 // indirect
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
