//go:build !linux

package tcp_test

func starvedMain() int { return 1 }
