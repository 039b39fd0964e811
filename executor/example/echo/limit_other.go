//go:build !unix

package main

// raiseFDLimit does nothing: there is no limit to raise.
func raiseFDLimit(int) error { return nil }

func fdLimit() int { return 1 << 30 }
