module github.com/moduvex/moduvex-go/reactor/kqueue

go 1.25

require (
	github.com/moduvex/moduvex-go/reactor v0.1.0
	go.uber.org/goleak v1.3.0
	golang.org/x/sys v0.41.0
)

replace github.com/moduvex/moduvex-go/reactor => ../
