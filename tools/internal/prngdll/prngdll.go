// Package prngdll makes a bcryptprimitives.dll for a Windows that has none.
//
// Go's runtime begins by looking for ProcessPrng, a source of random numbers, in that DLL. Wine before
// version 9 has no such DLL, and no program of Go 1.26 starts. The one made here has no code: its one export
// is a forwarder to SystemFunction036 of advapi32.dll, known as RtlGenRandom, which takes the same
// arguments, returns as much, and is in every Windows and Wine.
package prngdll

import (
	"bytes"
	"encoding/binary"
)

// Name is the file's name, which the runtime loads from the folder system32.
const Name = "bcryptprimitives.dll"

const (
	export  = "ProcessPrng"
	forward = "ADVAPI32.SystemFunction036"
)

// The layout of the file: headers, and one section with the export directory and its strings.
const (
	fileAlign    = 0x200
	sectionAlign = 0x1000

	sectionAt  = fileAlign    // in the file
	sectionRVA = sectionAlign // in memory
	fileSize   = 2 * fileAlign
	imageSize  = 2 * sectionAlign

	// In the section:
	directorySize = 40
	addressesAt   = directorySize   // where the export is: here, the text it is forwarded to
	namesAt       = addressesAt + 4 // where its name is
	ordinalsAt    = namesAt + 4     // which address belongs to the name
	stringsAt     = ordinalsAt + 8  // aligned
)

// Sizes of the headers, as the format has them.
const (
	peAt                = 0x40 // behind the DOS header
	optionalHeaderSize  = 240
	dataDirectories     = 16
	machineAMD64        = 0x8664
	characteristicsDLL  = 0x2022 // DLL, large addresses, executable image
	magicPE32Plus       = 0x20b
	subsystemConsole    = 3
	dllCharacteristics  = 0x0160 // no execution of data, any address, high ones too
	sectionCharacterics = 0x40000040
)

type fileHeader struct {
	Signature            [4]byte
	Machine              uint16
	Sections             uint16
	Timestamp            uint32
	SymbolTable, Symbols uint32
	OptionalHeaderSize   uint16
	Characteristics      uint16
}

type optionalHeader struct {
	Magic                         uint16
	LinkerMajor, LinkerMinor      uint8
	CodeSize                      uint32
	DataSize, BSSSize             uint32
	EntryPoint                    uint32
	BaseOfCode                    uint32
	ImageBase                     uint64
	SectionAlign, FileAlign       uint32
	OSMajor, OSMinor              uint16
	ImageMajor, ImageMinor        uint16
	SubsystemMajor                uint16
	SubsystemMinor                uint16
	Win32Version                  uint32
	ImageSize, HeadersSize        uint32
	Checksum                      uint32
	Subsystem, DLLCharacteristics uint16
	StackReserve, StackCommit     uint64
	HeapReserve, HeapCommit       uint64
	LoaderFlags, DirectoryCount   uint32
	Directories                   [dataDirectories]struct{ RVA, Size uint32 }
}

type sectionHeader struct {
	Name                     [8]byte
	VirtualSize, RVA         uint32
	RawSize, RawAt           uint32
	RelocationsAt, LinesAt   uint32
	RelocationCount, LineCnt uint16
	Characteristics          uint32
}

type exportDirectory struct {
	Flags, Timestamp        uint32
	Major, Minor            uint16
	NameRVA                 uint32
	OrdinalBase             uint32
	AddressCount, NameCount uint32
	AddressesRVA            uint32
	NamesRVA, OrdinalsRVA   uint32
}

// DLL returns the file's content, for 64-bit processes on AMD64.
func DLL() []byte {
	section, size := exports()
	var out bytes.Buffer
	dos := make([]byte, peAt)
	copy(dos, "MZ")
	binary.LittleEndian.PutUint32(dos[0x3c:], peAt)
	out.Write(dos)
	put(&out, fileHeader{
		Signature: [4]byte{'P', 'E'}, Machine: machineAMD64, Sections: 1,
		OptionalHeaderSize: optionalHeaderSize, Characteristics: characteristicsDLL,
	})
	oh := optionalHeader{
		Magic: magicPE32Plus, DataSize: fileAlign, BaseOfCode: sectionRVA, ImageBase: 0x180000000,
		SectionAlign: sectionAlign, FileAlign: fileAlign, OSMajor: 6, SubsystemMajor: 6,
		ImageSize: imageSize, HeadersSize: fileAlign,
		Subsystem: subsystemConsole, DLLCharacteristics: dllCharacteristics,
		StackReserve: 1 << 20, StackCommit: 1 << 12, HeapReserve: 1 << 20, HeapCommit: 1 << 12,
		DirectoryCount: dataDirectories,
	}
	// What an address inside of the directory's range points to is no code, but where the export is
	// forwarded to: so the range has to include the strings.
	oh.Directories[0].RVA, oh.Directories[0].Size = sectionRVA, uint32(size)
	put(&out, oh)
	put(&out, sectionHeader{
		Name: [8]byte{'.', 'r', 'd', 'a', 't', 'a'}, VirtualSize: uint32(size), RVA: sectionRVA,
		RawSize: fileAlign, RawAt: sectionAt, Characteristics: sectionCharacterics,
	})
	out.Write(make([]byte, sectionAt-out.Len()))
	out.Write(section)
	out.Write(make([]byte, fileSize-out.Len()))
	return out.Bytes()
}

// exports is the section's content.
func exports() (section []byte, size int) {
	nameAt := stringsAt
	exportAt := nameAt + len(Name) + 1
	forwardAt := exportAt + len(export) + 1
	var out bytes.Buffer
	put(&out, exportDirectory{
		NameRVA: sectionRVA + uint32(nameAt), OrdinalBase: 1, AddressCount: 1, NameCount: 1,
		AddressesRVA: sectionRVA + addressesAt, NamesRVA: sectionRVA + namesAt, OrdinalsRVA: sectionRVA + ordinalsAt,
	})
	put(&out, uint32(sectionRVA+forwardAt))
	put(&out, uint32(sectionRVA+exportAt))
	put(&out, uint64(0)) // the ordinal, counted from the base, and padding
	for _, s := range []string{Name, export, forward} {
		out.WriteString(s)
		out.WriteByte(0)
	}
	return out.Bytes(), out.Len()
}

func put(out *bytes.Buffer, v any) {
	if err := binary.Write(out, binary.LittleEndian, v); err != nil {
		panic(err) // a value of no fixed size
	}
}
