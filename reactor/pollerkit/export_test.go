package pollerkit

// Word returns the word.
func (f *NotifyFlag) Word() uint32 { return f.word.Load() }

// TakeFrom is Take whose first swap starts from word.
func (f *NotifyFlag) TakeFrom(word uint32) bool { return f.takeFrom(word) }
