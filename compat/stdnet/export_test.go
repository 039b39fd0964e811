package stdnet

// FileIn is what a copy from a reader reads from.
var FileIn = fileIn
