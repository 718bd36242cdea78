package watchlist

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"hash"
	"io"
	"path"
	"strings"
)

// Bounds on what is read.
const (
	headSize  = 64 << 10 // from which the format is found
	maxFile   = 8 << 30  // of a format that is read as a stream
	maxWhole  = 64 << 20 // of one that is read as a whole
	maxRows   = 1 << 20  // of a list
	maxRecord = 1 << 20  // bytes of one line or record
)

// A source is a file being read: every byte that is taken goes into the hash,
// once and in order.
type source struct {
	name string
	in   *bufio.Reader
	body io.Reader
	sum  hash.Hash
	size int64
	max  int64
}

func newSource(f File, sum hash.Hash) *source {
	name := path.Base(strings.ReplaceAll(f.Name, `\`, "/"))
	return &source{name: name, in: bufio.NewReaderSize(f.Body, headSize), body: f.Body, sum: sum, max: maxFile}
}

// head returns the first bytes without taking them.
func (s *source) head() ([]byte, error) {
	b, err := s.in.Peek(headSize)
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("read %s: %w", s.name, err)
	}
	return bytes.TrimPrefix(b, []byte("\ufeff")), nil
}

// Read implements [io.Reader].
func (s *source) Read(p []byte) (int, error) {
	n, err := s.in.Read(p)
	s.sum.Write(p[:n])
	s.size += int64(n)
	if s.size > s.max {
		return n, fmt.Errorf("the file is larger than %d MiB, which is the most that is read of this format", s.max>>20)
	}
	return n, err
}

// whole returns all bytes, at most max, without a byte order mark.
func (s *source) whole(max int64) ([]byte, error) {
	s.max = max
	b, err := io.ReadAll(s)
	return bytes.TrimPrefix(b, []byte("\ufeff")), err
}

// drain takes what is left, so that the hash is over the whole file.
func (s *source) drain() error {
	_, err := io.Copy(io.Discard, s)
	return err
}

// lines reads a source line by line.
type lines struct {
	in  *bufio.Reader
	max int
	n   int // number of the last line, from 1
}

func (s *source) lines(max int) *lines {
	return &lines{in: bufio.NewReaderSize(s, headSize), max: max}
}

// errLong says that a line is longer than allowed; it was skipped to its end.
var errLong = errors.New("the line is too long")

// read returns the next line without its end; io.EOF after the last. An error
// other than errLong ends the file.
func (l *lines) read() (string, error) {
	var line []byte
	long := false
	for {
		part, err := l.in.ReadSlice('\n')
		if len(line)+len(part) > l.max {
			long = true
		} else {
			line = append(line, part...)
		}
		if err == bufio.ErrBufferFull {
			continue
		}
		if err != nil && (err != io.EOF || len(line) == 0 && !long) {
			return "", err
		}
		break
	}
	l.n++
	if long {
		return "", fmt.Errorf("%w: more than %d bytes", errLong, l.max)
	}
	if l.n == 1 {
		line = bytes.TrimPrefix(line, []byte("\ufeff"))
	}
	return strings.TrimRight(string(line), "\r\n"), nil
}
