//go:build !unix

package executor_test

func sleepFigures() []figure { return nil }
