module github.com/moduvex/moduvex-go/joinhandle

go 1.25

require (
	github.com/moduvex/moduvex-go/core v0.1.0
	go.uber.org/goleak v1.3.0
)

replace github.com/moduvex/moduvex-go/core => ../core
