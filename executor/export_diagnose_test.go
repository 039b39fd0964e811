package executor

// Likeness is how likely the goroutine with the stack of holder holds the lock that the one of locker waits for.
func Likeness(lockers, holder string) int {
	return stack(holder).likeness(stack(lockers).locker())
}
