package bundle

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"vigil"
)

// Limits of a WARC file in a bundle: four records at most are written.
const (
	maxWarcRecords = 16
	maxWarcFields  = 64
	maxWarcLine    = 16 << 10
)

// readWarc reads the records of a WARC file of a bundle, which may be hostile,
// and checks each block's digest. Unpacked, it may take most bytes.
func readWarc(data []byte, most int64) ([]warcRecord, error) {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return readRecords(z, most)
}

// readRecords reads records until r ends.
func readRecords(r io.Reader, most int64) ([]warcRecord, error) {
	limited := &io.LimitedReader{R: r, N: most + 1}
	in := bufio.NewReaderSize(limited, maxWarcLine)
	var rs []warcRecord
	for {
		if _, err := in.Peek(1); errors.Is(err, io.EOF) {
			break
		}
		r, err := readRecord(in, most)
		if limited.N == 0 {
			err = fmt.Errorf("more than %d bytes unpacked", most)
		}
		if err != nil {
			return nil, fmt.Errorf("record %d: %w", len(rs)+1, err)
		}
		if rs = append(rs, r); len(rs) > maxWarcRecords {
			return nil, fmt.Errorf("more than %d records", maxWarcRecords)
		}
	}
	return rs, nil
}

func readRecord(in *bufio.Reader, most int64) (r warcRecord, err error) {
	line, err := warcLine(in)
	if err != nil {
		return r, err
	}
	if line != warcVersion {
		return r, fmt.Errorf("want %s, got %.20q", warcVersion, line)
	}
	for {
		if line, err = warcLine(in); err != nil {
			return r, err
		}
		if line == "" {
			break
		}
		name, value, ok := strings.Cut(line, ": ")
		if !ok || len(r.fields) == maxWarcFields {
			return r, fmt.Errorf("field %.20q: want at most %d of NAME: VALUE", line, maxWarcFields)
		}
		if r.get(name) != "" {
			return r, fmt.Errorf("field %s is given twice", name)
		}
		r.fields = append(r.fields, field{name, value})
	}
	n, err := strconv.ParseInt(r.get("Content-Length"), 10, 64)
	if err != nil || n < 0 || n > most {
		return r, fmt.Errorf("Content-Length %q", r.get("Content-Length"))
	}
	// Not make([]byte, n): the length may be a lie.
	var block bytes.Buffer
	if _, err := io.CopyN(&block, in, n); err != nil {
		return r, fmt.Errorf("block: %w", err)
	}
	r.block = block.Bytes()
	end := make([]byte, 4)
	if _, err := io.ReadFull(in, end); err != nil || string(end) != "\r\n\r\n" {
		return r, errors.New("no two line ends after the block")
	}
	if got := warcDigest(r.block); got != r.get("WARC-Block-Digest") {
		return r, errors.New("block does not match its WARC-Block-Digest")
	}
	return r, nil
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

// checkWarc reads a WARC file and compares it with the page's record.
func checkWarc(data []byte, p vigil.Page, most int64) (body []byte, err error) {
	rs, err := readWarc(data, most)
	if err != nil {
		return nil, err
	}
	return checkRecords(rs, p)
}

// checkRecords finds the page among rs, compares it with its record, and
// returns the body.
func checkRecords(rs []warcRecord, p vigil.Page) (body []byte, err error) {
	var main *warcRecord
	for i, r := range rs {
		switch r.get("WARC-Type") {
		case warcResponse, warcConversion, warcResource:
			if main != nil {
				return nil, errors.New("holds more than one page")
			}
			main = &rs[i]
		}
	}
	if main == nil {
		return nil, errors.New("holds no page")
	}
	p.Body = nil
	kind, _, _ := mainRecord(p)
	for _, f := range []field{
		{"WARC-Type", kind},
		{"WARC-Target-URI", oneLine(target(p))},
		{"WARC-Date", p.CapturedAt.UTC().Format(warcDate)},
	} {
		if got := main.get(f.label); got != f.value {
			return nil, fmt.Errorf("%s is %q, but the page's record says %q", f.label, got, f.value)
		}
	}
	body = main.block
	if kind == warcResponse {
		_, after, ok := bytes.Cut(main.block, []byte("\r\n\r\n"))
		if !ok {
			return nil, errors.New("the response has no body")
		}
		body = after
	}
	if got := vigil.SumHex(body); got != p.BodySHA256 || int64(len(body)) != p.BodySize {
		return nil, fmt.Errorf("the body has %d bytes and the SHA-256 %s, but the page's record says %d and %s", len(body), got, p.BodySize, p.BodySHA256)
	}
	return body, nil
}
