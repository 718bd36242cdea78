package bundle

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"strings"
)

// A zipReader reads a ZIP file in the one spelling that bundles have: entries
// stored one behind another from the first byte on, and nothing between them.
type zipReader struct {
	r       io.ReaderAt
	entries []zipEntry
	byName  map[string]zipEntry
}

// errForeign says what to do with a ZIP file of somebody else's making.
var errForeign = errors.New("not spelt as a bundle's: if it is a bundle that was packed anew, unpack it and verify the folder")

// readZip reads the directory of a ZIP file of the given size.
func readZip(r io.ReaderAt, size int64, lim Limits) (*zipReader, error) {
	n, offset, length, err := readZipEnd(r, size)
	if err != nil {
		return nil, err
	}
	if n > int64(lim.Files) || length > n*(zipEntryLen+maxPath+64) {
		return nil, fmt.Errorf("ZIP file with %d files and a directory of %d bytes: want at most %d files", n, length, lim.Files)
	}
	z := &zipReader{r: r, byName: map[string]zipEntry{}}
	in := bufio.NewReader(io.NewSectionReader(r, offset, length))
	end, total := int64(0), int64(0)
	for range n {
		e, err := readZipEntry(in)
		if err != nil {
			return nil, err
		}
		if err := z.add(e, end, offset); err != nil {
			return nil, fmt.Errorf("ZIP entry %q: %w", e.name, err)
		}
		end = e.offset + int64(len(e.localHeader())) + e.size
		if total += e.size; total > lim.Bytes {
			return nil, fmt.Errorf("more than %d bytes in all", lim.Bytes)
		}
	}
	if _, err := in.ReadByte(); !errors.Is(err, io.EOF) || end != offset {
		return nil, fmt.Errorf("ZIP file: bytes that belong to no file: %w", errForeign)
	}
	return z, nil
}

// readZipEnd reads how many entries there are, and where their directory is.
func readZipEnd(r io.ReaderAt, size int64) (n, offset, length int64, err error) {
	tail := make([]byte, min(size, zipEndLen+zipLocateLen+zipEnd64Len))
	if _, err := r.ReadAt(tail, size-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return 0, 0, 0, err
	}
	if len(tail) < zipEndLen || binary.LittleEndian.Uint32(tail[len(tail)-zipEndLen:]) != zipEndSig {
		return 0, 0, 0, fmt.Errorf("ZIP file without its end, or with a comment: %w", errForeign)
	}
	end := tail[len(tail)-zipEndLen:]
	n = int64(binary.LittleEndian.Uint16(end[10:]))
	length, offset = int64(binary.LittleEndian.Uint32(end[12:])), int64(binary.LittleEndian.Uint32(end[16:]))
	if n == zipMaxEntries || needs64(length) || needs64(offset) {
		if len(tail) < zipEndLen+zipLocateLen+zipEnd64Len {
			return 0, 0, 0, errForeign
		}
		n = int64(binary.LittleEndian.Uint64(tail[32:]))
		length, offset = int64(binary.LittleEndian.Uint64(tail[40:])), int64(binary.LittleEndian.Uint64(tail[48:]))
	}
	if n < 0 || n > size || offset < 0 || offset > size || length < 0 || length > size-offset {
		return 0, 0, 0, fmt.Errorf("ZIP file: directory outside the file: %w", errForeign)
	}
	want := zipEnd(int(n), length, offset)
	if offset+length+int64(len(want)) != size || !bytes.HasSuffix(tail, want) {
		return 0, 0, 0, fmt.Errorf("ZIP file: its end: %w", errForeign)
	}
	return n, offset, length, nil
}

// readZipEntry reads the next entry of the directory.
func readZipEntry(in *bufio.Reader) (e zipEntry, err error) {
	head := make([]byte, zipEntryLen)
	if _, err := io.ReadFull(in, head); err != nil {
		return e, fmt.Errorf("ZIP file: directory: %w", err)
	}
	if binary.LittleEndian.Uint32(head) != zipEntrySig {
		return e, fmt.Errorf("ZIP file: directory: %w", errForeign)
	}
	nameLen, extraLen := int(binary.LittleEndian.Uint16(head[28:])), int(binary.LittleEndian.Uint16(head[30:]))
	if nameLen > maxPath || extraLen > 64 || binary.LittleEndian.Uint16(head[32:]) != 0 {
		return e, fmt.Errorf("ZIP file: an entry with a name of %d bytes, or with a comment: %w", nameLen, errForeign)
	}
	rest := make([]byte, nameLen+extraLen)
	if _, err := io.ReadFull(in, rest); err != nil {
		return e, fmt.Errorf("ZIP file: directory: %w", err)
	}
	e.name = string(rest[:nameLen])
	e.crc = binary.LittleEndian.Uint32(head[16:])
	e.size, e.offset = int64(binary.LittleEndian.Uint32(head[24:])), int64(binary.LittleEndian.Uint32(head[42:]))
	extra := rest[nameLen:]
	if len(extra) >= 4 {
		extra = extra[4:]
		if needs64(e.size) && len(extra) >= 16 {
			e.size, extra = int64(binary.LittleEndian.Uint64(extra)), extra[16:]
		}
		if needs64(e.offset) && len(extra) >= 8 {
			e.offset = int64(binary.LittleEndian.Uint64(extra))
		}
	}
	return e, e.refused(head, append(head, rest...))
}

// refused says what is wrong with an entry of the directory, whose bytes are all.
func (e zipEntry) refused(head, all []byte) error {
	flags, method := binary.LittleEndian.Uint16(head[8:]), binary.LittleEndian.Uint16(head[10:])
	err := localName(e.name)
	switch {
	case err != nil:
	case flags&1 != 0:
		err = errors.New("encrypted")
	case method != 0:
		err = fmt.Errorf("compressed by method %d: %w", method, errForeign)
	case e.size < 0 || e.offset < 0 || !bytes.Equal(all, e.directoryHeader()):
		err = errForeign
	default:
		return nil
	}
	return fmt.Errorf("ZIP entry %q: %w", e.name, err)
}

// add takes an entry, which must begin where the one before it ended and end
// before the directory.
func (z *zipReader) add(e zipEntry, start, directory int64) error {
	head := e.localHeader()
	if e.offset != start || e.size > directory-start-int64(len(head)) {
		return errors.New("overlaps another, or leaves a gap")
	}
	if z.has(e.name) {
		return errors.New("is there twice")
	}
	got := make([]byte, len(head))
	if _, err := z.r.ReadAt(got, e.offset); err != nil {
		return err
	}
	if !bytes.Equal(got, head) {
		return fmt.Errorf("its header is not what the directory says: %w", errForeign)
	}
	z.entries = append(z.entries, e)
	z.byName[e.name] = e
	return nil
}

func (z *zipReader) has(name string) bool { _, ok := z.byName[name]; return ok }

// open opens an entry. Reading it to its end checks its checksum.
func (z *zipReader) open(name string) (*zipFile, error) {
	e, ok := z.byName[name]
	if !ok {
		return nil, fmt.Errorf("%q is missing", name)
	}
	return &zipFile{SectionReader: io.NewSectionReader(z.r, e.offset+int64(len(e.localHeader())), e.size), entry: e}, nil
}

// read returns the bytes of an entry of no more than most bytes.
func (z *zipReader) read(name string, most int64) ([]byte, error) {
	f, err := z.open(name)
	if err != nil {
		return nil, err
	}
	if f.entry.size > most {
		return nil, fmt.Errorf("%q is %d bytes long, want at most %d", name, f.entry.size, most)
	}
	return io.ReadAll(f)
}

// A zipFile is an open entry.
type zipFile struct {
	*io.SectionReader
	entry zipEntry
	crc   uint32
}

func (f *zipFile) Read(p []byte) (int, error) {
	n, err := f.SectionReader.Read(p)
	f.crc = crc32.Update(f.crc, crc32.IEEETable, p[:n])
	if errors.Is(err, io.EOF) && f.crc != f.entry.crc {
		return n, fmt.Errorf("ZIP entry %q does not have its checksum", f.entry.name)
	}
	return n, err
}

// WriteTo hides that of the section, which would pass the checksum by.
func (f *zipFile) WriteTo(w io.Writer) (int64, error) {
	return io.Copy(w, struct{ io.Reader }{f})
}

// Close implements [io.Closer].
func (f *zipFile) Close() error { return nil }

// A packed is a bag in a ZIP file, below one folder.
type packed struct {
	*os.File
	zip    *zipReader
	folder string // with a slash at its end
}

func (p *packed) list(lim Limits) (map[string]int64, error) {
	info, err := p.Stat()
	if err != nil {
		return nil, err
	}
	if p.zip, err = readZip(p.File, info.Size(), lim); err != nil {
		return nil, err
	}
	sizes := map[string]int64{}
	for _, e := range p.zip.entries {
		folder, name, ok := strings.Cut(e.name, "/")
		if p.folder == "" {
			p.folder = folder + "/"
		}
		if !ok || folder+"/" != p.folder {
			return nil, fmt.Errorf("ZIP entry %q: want all files in one folder", e.name)
		}
		sizes[name] = e.size
	}
	return sizes, nil
}

func (p *packed) open(name string) (file, error) { return p.zip.open(p.folder + name) }

// openSource opens a folder or a ZIP file.
func openSource(name string) (source, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		root, err := os.OpenRoot(name)
		if err != nil {
			return nil, err
		}
		return newFolder(root), nil
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is neither a folder nor a file", name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	if err := encrypted(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &packed{File: f}, nil
}

// encrypted says how to decrypt a file that age has encrypted.
func encrypted(f *os.File) error {
	head := make([]byte, 64)
	n, _ := f.ReadAt(head, 0)
	for _, magic := range []string{"age-encryption.org/", "-----BEGIN AGE ENCRYPTED FILE-----"} {
		if strings.HasPrefix(string(head[:n]), magic) {
			out := strings.TrimSuffix(f.Name(), ".age")
			if out == f.Name() {
				out += ".zip"
			}
			return fmt.Errorf("%s is encrypted: decrypt it first with age -d -i KEYFILE -o %s %s", f.Name(), out, f.Name())
		}
	}
	return nil
}
