// Package guide holds the programs of GUIDE.md, as examples that go test compiles and runs. It exports nothing.
//
// A region of a file that GUIDE.md shows stands between the comments //guide:begin NAME and //guide:end NAME. After a
// change, make guide writes it into GUIDE.md; a test of the module tools fails if the two differ.
package guide
