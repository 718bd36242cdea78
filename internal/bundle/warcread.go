package bundle

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// Limits of a record's header.
const (
	maxWarcFields = 64
	maxWarcLine   = 16 << 10
)

// An archiveReader reads the records of a WARC file of a bundle, which may be
// hostile: one gzip member a record, nothing between them.
type archiveReader struct {
	name   string
	packed *countingReader
	in     *bufio.Reader // of packed
	z      *gzip.Reader
	text   *bufio.Reader // of z
	most   int64         // of a record's block
	sum    hash.Hash     // over the packed bytes
	start  int64         // of the record that is read
}

// A countingReader counts what is read through it, and hashes it if it has a
// hash.
type countingReader struct {
	io.Reader
	sum hash.Hash
	n   int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if c.sum != nil {
		c.sum.Write(p[:n])
	}
	c.n += int64(n)
	return n, err
}

// newArchiveReader reads a WARC file, no block of which may be longer than most.
func newArchiveReader(name string, r io.Reader, most int64) *archiveReader {
	c := &countingReader{Reader: r, sum: sha256.New()}
	return &archiveReader{name: name, packed: c, in: bufio.NewReaderSize(c, 64<<10), text: bufio.NewReaderSize(nil, maxWarcLine), most: most, sum: c.sum}
}

// at makes a read from place p of a WARC file, of which r is these bytes.
func (a *archiveReader) at(p place, r io.Reader) {
	a.name = p.File
	a.packed.Reader, a.packed.n, a.packed.sum = r, p.Offset, nil
	a.in.Reset(a.packed)
}

// skip passes over a record without reading it.
func (a *archiveReader) skip(p place) error {
	if p.File != a.name || p.Offset != a.offset() || p.Length <= 0 || p.Length > maxMember {
		return fmt.Errorf("%s: a page at bytes %d to %d of %s, where one is to begin at byte %d", a.name, p.Offset, p.Offset+p.Length, p.File, a.offset())
	}
	if n, err := a.in.Discard(int(p.Length)); err != nil {
		return fmt.Errorf("%s: ends after byte %d of a record of %d", a.name, n, p.Length)
	}
	return nil
}

// maxMember bounds a packed record, in bytes: a file of captures ends soon after
// its gigabyte.
const maxMember = 1 << 31

// offset is how many packed bytes were taken.
func (a *archiveReader) offset() int64 { return a.packed.n - int64(a.in.Buffered()) }

// atEnd reports whether no record follows.
func (a *archiveReader) atEnd() bool {
	_, err := a.in.Peek(1)
	return errors.Is(err, io.EOF)
}

// next begins the next record and returns its header. At the end of the file,
// the error is io.EOF. The caller reads the block before the next one.
func (a *archiveReader) next() (warcHeader, error) {
	a.start = a.offset()
	if a.atEnd() {
		return nil, io.EOF
	}
	h, err := a.header()
	if err != nil {
		return nil, a.fault(err)
	}
	return h, nil
}

func (a *archiveReader) fault(err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("%s: record at byte %d: %w", a.name, a.start, err)
}

func (a *archiveReader) header() (h warcHeader, err error) {
	if a.z == nil {
		a.z, err = gzip.NewReader(a.in)
	} else {
		err = a.z.Reset(a.in)
	}
	if err != nil {
		return nil, err
	}
	a.z.Multistream(false)
	a.text.Reset(a.z)
	return readHeader(a.text)
}

// readHeader reads a record's header and the empty line behind it.
func readHeader(in *bufio.Reader) (h warcHeader, err error) {
	line, err := warcLine(in)
	if err != nil {
		return nil, err
	}
	if line != warcVersion {
		return nil, fmt.Errorf("want %s, got %.20q", warcVersion, line)
	}
	for {
		if line, err = warcLine(in); err != nil || line == "" {
			return h, err
		}
		name, value, ok := strings.Cut(line, ": ")
		if !ok || len(h) == maxWarcFields {
			return nil, fmt.Errorf("field %.20q: want at most %d of NAME: VALUE", line, maxWarcFields)
		}
		if h.get(name) != "" {
			return nil, fmt.Errorf("field %s is given twice", name)
		}
		h = append(h, field{name, value})
	}
}

// warcLine reads a line that ends with CR LF.
func warcLine(in *bufio.Reader) (string, error) {
	b, err := in.ReadSlice('\n')
	if err != nil {
		return "", fmt.Errorf("header: %w", err)
	}
	line, ok := bytes.CutSuffix(b, []byte("\r\n"))
	if !ok {
		return "", errors.New("header: want CR LF at the end of each line")
	}
	return string(line), nil
}

// block copies the block of the record with header h to w, checks its digest,
// and returns where the record stands.
func (a *archiveReader) block(h warcHeader, w io.Writer) (place, error) {
	if err := readBlock(a.text, h, w, a.most); err != nil {
		return place{}, a.fault(err)
	}
	// Not EOF means more than one record in a member, or a bomb.
	if _, err := a.text.ReadByte(); !errors.Is(err, io.EOF) {
		return place{}, a.fault(errors.New("its gzip member does not end with it"))
	}
	return place{File: a.name, Offset: a.start, Length: a.offset() - a.start}, nil
}

// readBlock reads a block, and the two line ends behind it.
func readBlock(in *bufio.Reader, h warcHeader, w io.Writer, most int64) error {
	n, err := strconv.ParseInt(h.get("Content-Length"), 10, 64)
	if err != nil || n < 0 || n > most {
		return fmt.Errorf("Content-Length %q: want a number of at most %d", h.get("Content-Length"), most)
	}
	sum := sha256.New()
	if _, err := io.CopyN(io.MultiWriter(sum, w), in, n); err != nil {
		return fmt.Errorf("block: %w", err)
	}
	end := make([]byte, 4)
	if _, err := io.ReadFull(in, end); err != nil || string(end) != "\r\n\r\n" {
		return errors.New("no two line ends after the block")
	}
	if spellDigest(sum) != h.get("WARC-Block-Digest") {
		return errors.New("the block does not match its WARC-Block-Digest")
	}
	return nil
}

// maxHTTPHead bounds the header of a response or request, in bytes.
const maxHTTPHead = 1 << 20

// A pageBlock takes the block of a record that holds a page, and hashes the page
// itself.
type pageBlock struct {
	head bytes.Buffer // of a response: until the empty line
	more bool         // the head is not at its end
	sum  hash.Hash    // over the page
	size int64
}

func newPageBlock(kind string) *pageBlock {
	return &pageBlock{more: kind == warcResponse, sum: sha256.New()}
}

func (b *pageBlock) Write(p []byte) (int, error) {
	n := len(p)
	if b.more {
		had := b.head.Len()
		b.head.Write(p)
		// The empty line may begin in what was there before.
		i := bytes.Index(b.head.Bytes()[max(0, had-3):], []byte("\r\n\r\n"))
		if i < 0 {
			if b.head.Len() > maxHTTPHead {
				return 0, fmt.Errorf("the response's header has more than %d bytes", maxHTTPHead)
			}
			return n, nil
		}
		end := max(0, had-3) + i + 4
		b.head.Truncate(end)
		b.more, p = false, p[end-had:]
	}
	b.sum.Write(p)
	b.size += int64(len(p))
	return n, nil
}
