package bundle

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"strings"

	"vigil"
)

// records reads the records of a page, in the order in which they are written,
// and compares them with the page's own record. It returns the header of the one
// that holds the page, and where it stands.
func (w *captureWalk) records(p vigil.Page) (main warcHeader, at place, err error) {
	h, err := w.nextRecord()
	if err != nil {
		return nil, at, err
	}
	concurrent := ""
	if requested(p) {
		if concurrent, err = w.request(h, p); err != nil {
			return nil, at, err
		}
		if h, err = w.nextRecord(); err != nil {
			return nil, at, err
		}
	}
	main = h
	if at, err = w.main(h, p); err != nil {
		return nil, at, err
	}
	if id := h.get("WARC-Record-ID"); requested(p) && concurrent != id {
		return nil, at, fmt.Errorf("the request goes with %q, want %q", concurrent, id)
	}
	if h, err = w.archive.next(); err != nil {
		return nil, at, w.noRecord(err)
	}
	return main, at, w.metadata(h, p, main.get("WARC-Record-ID"))
}

// nextRecord begins the next record, in the next archive file if one is at its
// end.
func (w *captureWalk) nextRecord() (warcHeader, error) {
	h, err := w.archive.next()
	if !errors.Is(err, io.EOF) {
		return h, err
	}
	if !w.zip.has(archiveName(w.n + 1)) {
		return nil, w.noRecord(err)
	}
	if err := errors.Join(w.endArchive(), w.begin()); err != nil {
		return nil, err
	}
	if h, err = w.archive.next(); err != nil {
		return nil, w.noRecord(err)
	}
	return h, nil
}

// says reports a field of h that is not what the page's record says.
func (h warcHeader) says(fields ...field) error {
	for _, f := range fields {
		if got := h.get(f.label); got != f.value {
			return fmt.Errorf("%s is %q, but the page's record says %q", f.label, got, f.value)
		}
	}
	return nil
}

// common checks what all records of a page have alike.
func (h warcHeader) common(kind string, p vigil.Page) error {
	return h.says(field{"WARC-Type", kind}, field{"WARC-Target-URI", oneLine(target(p))}, field{"WARC-Date", p.CapturedAt.UTC().Format(warcDate)})
}

// request checks the request, and returns the record that it goes with.
func (w *captureWalk) request(h warcHeader, p vigil.Page) (concurrent string, err error) {
	if err := h.common("request", p); err != nil {
		return "", err
	}
	var b bytes.Buffer
	if _, err := w.archive.block(h, &b); err != nil {
		return "", err
	}
	line, rest, _ := strings.Cut(b.String(), "\r\n")
	if want, _, _ := strings.Cut(string(requestBlock(p)), "\r\n"); line != want {
		return "", fmt.Errorf("the request is %q, want %q", line, want)
	}
	return h.get("WARC-Concurrent-To"), noCredentials(rest)
}

// noCredentials refuses header lines that would let somebody in.
func noCredentials(head string) error {
	for line := range strings.SplitSeq(head, "\r\n") {
		name, value, _ := strings.Cut(line, ":")
		if secret(textproto.CanonicalMIMEHeaderKey(strings.TrimSpace(name))) && strings.TrimSpace(value) != withheldValue {
			return fmt.Errorf("header %s holds credentials", name)
		}
	}
	return nil
}

// main checks the record that holds the page.
func (w *captureWalk) main(h warcHeader, p vigil.Page) (at place, err error) {
	kind := mainKind(p)
	if err := h.common(kind, p); err != nil {
		return at, err
	}
	b := newPageBlock(kind)
	if at, err = w.archive.block(h, b); err != nil {
		return at, err
	}
	if b.more {
		return at, errors.New("the response has no body")
	}
	if got := hex.EncodeToString(b.sum.Sum(nil)); got != p.BodySHA256 || b.size != p.BodySize {
		return at, fmt.Errorf("the body has %d bytes and the SHA-256 %s, but the page's record says %d and %s", b.size, got, p.BodySize, p.BodySHA256)
	}
	if kind == warcResponse {
		if want := fmt.Sprintf("HTTP/1.1 %03d ", p.Status); !strings.HasPrefix(b.head.String(), want) {
			return at, fmt.Errorf("the response does not begin with %q", want)
		}
		if err := noCredentials(b.head.String()); err != nil {
			return at, err
		}
	}
	return at, h.says(field{"WARC-Payload-Digest", spellDigest(b.sum)}, field{"WARC-Truncated", truncated(p)})
}

// metadata checks what is said about the page.
func (w *captureWalk) metadata(h warcHeader, p vigil.Page, main string) error {
	if err := errors.Join(h.common("metadata", p), h.says(field{"WARC-Concurrent-To", main})); err != nil {
		return err
	}
	var b bytes.Buffer
	if _, err := w.archive.block(h, &b); err != nil {
		return err
	}
	if want := "page: " + p.ID + "\r\n"; !strings.HasPrefix(b.String(), want) {
		return fmt.Errorf("the metadata does not begin with %q", want)
	}
	return nil
}

// indexedPage returns the line of the index of addresses for the record that
// holds a page.
func indexedPage(h warcHeader, p vigil.Page, at place) cdxLine {
	if mainKind(p) != warcResponse {
		return indexed(h, h.get("Content-Type"), 0, at)
	}
	mime, _, _ := strings.Cut(oneLine(p.Response.Get("Content-Type")), ";")
	return indexed(h, strings.TrimSpace(mime), p.Status, at)
}
