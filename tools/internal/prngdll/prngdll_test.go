package prngdll_test

import (
	"bytes"
	"debug/pe"
	"encoding/binary"
	"testing"

	"github.com/moduvex/moduvex-go/tools/internal/prngdll"
)

func open(t *testing.T) *pe.File {
	t.Helper()
	f, err := pe.NewFile(bytes.NewReader(prngdll.DLL()))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestItIsALibraryFor64Bits(t *testing.T) {
	f := open(t)
	if f.Machine != pe.IMAGE_FILE_MACHINE_AMD64 || f.Characteristics&pe.IMAGE_FILE_DLL == 0 {
		t.Errorf("machine %#x, characteristics %#x", f.Machine, f.Characteristics)
	}
	oh, ok := f.OptionalHeader.(*pe.OptionalHeader64)
	if !ok {
		t.Fatalf("the optional header is a %T", f.OptionalHeader)
	}
	if oh.AddressOfEntryPoint != 0 {
		t.Errorf("it has code at %#x", oh.AddressOfEntryPoint)
	}
	if len(f.Sections) != 1 {
		t.Fatalf("%d sections", len(f.Sections))
	}
	s := f.Sections[0]
	if end := s.VirtualAddress + s.VirtualSize; end > oh.SizeOfImage || s.Offset%oh.FileAlignment != 0 || s.VirtualAddress%oh.SectionAlignment != 0 {
		t.Errorf("section %+v in an image of %#x bytes", s.SectionHeader, oh.SizeOfImage)
	}
	if n := uint32(len(prngdll.DLL())); s.Offset+s.Size != n {
		t.Errorf("the section ends at %#x, the file at %#x", s.Offset+s.Size, n)
	}
}

// The loader's way to ProcessPrng.
func TestItForwardsItsOneExport(t *testing.T) {
	f := open(t)
	s := f.Sections[0]
	data, err := s.Data()
	if err != nil {
		t.Fatal(err)
	}
	u32 := func(rva uint32) uint32 { return binary.LittleEndian.Uint32(data[rva-s.VirtualAddress:]) }
	text := func(rva uint32) string {
		b := data[rva-s.VirtualAddress:]
		return string(b[:bytes.IndexByte(b, 0)])
	}
	dir := f.OptionalHeader.(*pe.OptionalHeader64).DataDirectory[pe.IMAGE_DIRECTORY_ENTRY_EXPORT]
	at := dir.VirtualAddress
	if n := u32(at + 20); n != 1 {
		t.Fatalf("%d addresses", n)
	}
	if n := u32(at + 24); n != 1 {
		t.Fatalf("%d names", n)
	}
	if got := text(u32(at + 12)); got != prngdll.Name {
		t.Errorf("it calls itself %q", got)
	}
	if got := text(u32(u32(at + 32))); got != "ProcessPrng" {
		t.Errorf("it exports %q", got)
	}
	if n := binary.LittleEndian.Uint16(data[u32(at+36)-s.VirtualAddress:]); n != 0 {
		t.Errorf("the export is at place %d", n)
	}
	to := u32(u32(at + 28))
	if got := text(to); got != "ADVAPI32.SystemFunction036" {
		t.Errorf("it forwards to %q", got)
	}
	if to < dir.VirtualAddress || to >= dir.VirtualAddress+dir.Size {
		t.Errorf("%#x is outside of the directory %+v, so it would be taken for code", to, dir)
	}
}
