package bundle

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
)

// A lineReader reads a listed file of lines, and at its end holds what it has
// read against the digest.
type lineReader struct {
	name string
	file file
	in   *bufio.Reader
	sum  hash.Hash
	want [sha256.Size]byte
}

// lines opens a listed file of lines, each of which ends with LF and is no
// longer than most bytes.
func (b *bag) lines(name string, most int) (*lineReader, error) {
	want, ok := b.digests[name]
	if !ok {
		return nil, fmt.Errorf("%q is missing", name)
	}
	f, err := b.open(name)
	if err != nil {
		return nil, err
	}
	r := &lineReader{name: name, file: f, sum: sha256.New(), want: want}
	r.in = bufio.NewReaderSize(io.TeeReader(f, r.sum), most+1)
	return r, nil
}

// next returns the next line, without its end, until the call after. At the end
// of the file, the error is io.EOF.
func (r *lineReader) next() ([]byte, error) {
	line, err := r.in.ReadSlice('\n')
	switch {
	case err == nil:
		return line[:len(line)-1], nil
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, fmt.Errorf("%s: a line of more than %d bytes", r.name, r.in.Size()-1)
	case !errors.Is(err, io.EOF):
		return nil, fmt.Errorf("%s: %w", r.name, err)
	case len(line) > 0:
		return nil, fmt.Errorf("%s: the last line has no end", r.name)
	case !bytes.Equal(r.sum.Sum(nil), r.want[:]):
		return nil, fmt.Errorf("%q changed while it was read", r.name)
	}
	return nil, io.EOF
}

func (r *lineReader) close() { r.file.Close() }
