module github.com/moduvex/moduvex-go/core

go 1.25
