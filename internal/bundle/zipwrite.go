package bundle

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"
	"path/filepath"
)

// Parts of a ZIP file (PKWARE APPNOTE 6.3.10, sections 4.3 and 4.5.3).
const (
	zipLocalSig   = 0x04034b50
	zipEntrySig   = 0x02014b50
	zipEnd64Sig   = 0x06064b50
	zipLocate64   = 0x07064b50
	zipEndSig     = 0x06054b50
	zipLocalLen   = 30
	zipEntryLen   = 46
	zipEndLen     = 22
	zipEnd64Len   = 56
	zipLocateLen  = 20
	zipExtra64    = 0x0001
	zipUTF8       = 1 << 11 // names are UTF-8
	zipVersion    = 20
	zipVersion64  = 45
	zipDate       = 1<<5 | 1 // 1 January 1980, the earliest there is; time 0
	zipMax32      = math.MaxUint32
	zipMaxEntries = math.MaxUint16
)

// A zipEntry is a stored file in a ZIP file.
type zipEntry struct {
	name   string
	size   int64
	crc    uint32
	offset int64 // of its local header
}

// needs64 reports whether a size needs the 64-bit form.
func needs64(n int64) bool { return n >= zipMax32 }

// localHeader returns the header before an entry's bytes.
func (e zipEntry) localHeader() []byte {
	var extra []byte
	version, size := uint16(zipVersion), uint32(0)
	if needs64(e.size) {
		version, size = zipVersion64, zipMax32
		extra = binary.LittleEndian.AppendUint16(extra, zipExtra64)
		extra = binary.LittleEndian.AppendUint16(extra, 16)
		extra = binary.LittleEndian.AppendUint64(extra, uint64(e.size))
		extra = binary.LittleEndian.AppendUint64(extra, uint64(e.size))
	} else {
		size = uint32(e.size)
	}
	b := binary.LittleEndian.AppendUint32(nil, zipLocalSig)
	b = binary.LittleEndian.AppendUint16(b, version)
	b = appendCommon(b, e.crc, size)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(e.name)))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(extra)))
	return append(append(b, e.name...), extra...)
}

// appendCommon appends what both headers of an entry say: flags, method
// "stored", time, date, checksum and both sizes.
func appendCommon(b []byte, crc, size uint32) []byte {
	for _, v := range []uint16{zipUTF8, 0, 0, zipDate} {
		b = binary.LittleEndian.AppendUint16(b, v)
	}
	for _, v := range []uint32{crc, size, size} {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return b
}

// directoryHeader returns the entry of the central directory.
func (e zipEntry) directoryHeader() []byte {
	var extra []byte
	version, size, offset := uint16(zipVersion), uint32(e.size), uint32(e.offset)
	if needs64(e.size) {
		size = zipMax32
		extra = binary.LittleEndian.AppendUint64(extra, uint64(e.size))
		extra = binary.LittleEndian.AppendUint64(extra, uint64(e.size))
	}
	if needs64(e.offset) {
		offset = zipMax32
		extra = binary.LittleEndian.AppendUint64(extra, uint64(e.offset))
	}
	if len(extra) > 0 {
		version = zipVersion64
		head := binary.LittleEndian.AppendUint16(nil, zipExtra64)
		extra = append(binary.LittleEndian.AppendUint16(head, uint16(len(extra))), extra...)
	}
	b := binary.LittleEndian.AppendUint32(nil, zipEntrySig)
	b = binary.LittleEndian.AppendUint16(b, 3<<8|version) // made by: Unix, for the mode below
	b = binary.LittleEndian.AppendUint16(b, version)
	b = appendCommon(b, e.crc, size)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(e.name)))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(extra)))
	b = append(b, make([]byte, 6)...)                     // comment, disk, internal attributes
	b = binary.LittleEndian.AppendUint32(b, 0o100600<<16) // a file for its owner only
	b = binary.LittleEndian.AppendUint32(b, offset)
	return append(append(b, e.name...), extra...)
}

// zipEnd returns what stands after n entries of a central directory.
func zipEnd(n int, size, offset int64) []byte {
	var b []byte
	if n >= zipMaxEntries || needs64(size) || needs64(offset) {
		b = binary.LittleEndian.AppendUint32(b, zipEnd64Sig)
		b = binary.LittleEndian.AppendUint64(b, zipEnd64Len-12)
		b = binary.LittleEndian.AppendUint16(b, 3<<8|zipVersion64)
		b = binary.LittleEndian.AppendUint16(b, zipVersion64)
		b = append(b, make([]byte, 8)...) // disks
		for _, v := range []int64{int64(n), int64(n), size, offset} {
			b = binary.LittleEndian.AppendUint64(b, uint64(v))
		}
		b = binary.LittleEndian.AppendUint32(b, zipLocate64)
		b = binary.LittleEndian.AppendUint32(b, 0)
		b = binary.LittleEndian.AppendUint64(b, uint64(offset+size))
		b = binary.LittleEndian.AppendUint32(b, 1)
	}
	b = binary.LittleEndian.AppendUint32(b, zipEndSig)
	b = append(b, 0, 0, 0, 0) // disks
	few := uint16(min(n, zipMaxEntries))
	b = binary.LittleEndian.AppendUint16(b, few)
	b = binary.LittleEndian.AppendUint16(b, few)
	b = binary.LittleEndian.AppendUint32(b, uint32(min(size, zipMax32)))
	b = binary.LittleEndian.AppendUint32(b, uint32(min(offset, zipMax32)))
	return append(b, 0, 0) // no comment
}

// writeDirectory writes the central directory that begins at offset.
func writeDirectory(w io.Writer, entries []zipEntry, offset int64) error {
	out := bufio.NewWriter(w)
	size := int64(0)
	for _, e := range entries {
		n, err := out.Write(e.directoryHeader())
		if err != nil {
			return err
		}
		size += int64(n)
	}
	if _, err := out.Write(zipEnd(len(entries), size, offset)); err != nil {
		return err
	}
	return out.Flush()
}

// A zipWriter writes a ZIP file of stored entries whose sizes it learns while
// they are written, and puts into their headers afterwards.
type zipWriter struct {
	f       *os.File
	n       int64 // bytes written
	entries []zipEntry
	crc     uint32
	start   int64 // of the open entry's bytes
}

// begin opens the next entry, which must be smaller than 4 GiB.
func (z *zipWriter) begin(name string) error {
	e := zipEntry{name: name, offset: z.n}
	z.entries = append(z.entries, e)
	n, err := z.f.Write(e.localHeader())
	z.n += int64(n)
	z.crc, z.start = 0, z.n
	return err
}

// Write writes to the open entry.
func (z *zipWriter) Write(p []byte) (int, error) {
	n, err := z.f.Write(p)
	z.n += int64(n)
	z.crc = crc32.Update(z.crc, crc32.IEEETable, p[:n])
	return n, err
}

// end closes the open entry.
func (z *zipWriter) end() error {
	e := &z.entries[len(z.entries)-1]
	e.size, e.crc = z.n-z.start, z.crc
	if needs64(e.size) {
		return fmt.Errorf("%s: 4 GiB or more", e.name)
	}
	_, err := z.f.WriteAt(e.localHeader(), e.offset)
	return err
}

func (z *zipWriter) close() error { return writeDirectory(z.f, z.entries, z.n) }

// Zip writes the bundle in folder dir as a ZIP file that [Verify] reads: all
// files below one folder that is named for the bundle, sorted, stored as they
// are, with fixed times. The same bundle gives the same bytes.
func Zip(dir string, w io.Writer) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	src := newFolder(root)
	defer src.Close()
	b, err := openBag(src)
	if err != nil {
		return fmt.Errorf("pack %s: %w", dir, err)
	}
	id := readInfo(b.info)[labelID]
	if !plainID.MatchString(id) {
		return fmt.Errorf("pack %s: no bundle", filepath.Clean(dir))
	}
	var entries []zipEntry
	offset := int64(0)
	for _, name := range b.names {
		e := zipEntry{name: id + "/" + name, size: b.sizes[name], offset: offset}
		if e.crc, err = b.checksum(name); err != nil {
			return err
		}
		head := e.localHeader()
		if _, err := w.Write(head); err != nil {
			return err
		}
		if err := b.copy(w, name); err != nil {
			return err
		}
		entries = append(entries, e)
		offset += int64(len(head)) + e.size
	}
	return writeDirectory(w, entries, offset)
}

// checksum returns the CRC-32 of a file.
func (t *tree) checksum(name string) (uint32, error) {
	h := crc32.NewIEEE()
	err := t.copy(h, name)
	return h.Sum32(), err
}

// openBag reads the tag files of a bag.
func openBag(src source) (*bag, error) {
	t, err := openTree(src, Limits{}.orDefault())
	if err != nil {
		return nil, err
	}
	return readBag(t)
}
