package bundle

import (
	"bytes"
	"errors"
	"fmt"
	"net/textproto"
	"strings"

	"vigil"
)

// records reads the records of a page, in the order in which they are written,
// and compares them with the page's own record. It passes over the one that
// holds the page: [pageChecks] looks at that.
func (w *captureWalk) records(p vigil.Page, l indexLine) error {
	main := "<" + l.Record + ">"
	if err := w.fill(); err != nil {
		return err
	}
	if requested(p) {
		h, err := w.archive.next()
		if err != nil {
			return w.noRecord(err)
		}
		if err := w.request(h, p, main); err != nil {
			return err
		}
	}
	if err := w.archive.skip(l.place); err != nil {
		return err
	}
	h, err := w.archive.next()
	if err != nil {
		return w.noRecord(err)
	}
	return w.metadata(h, p, main)
}

// fill goes on in the next archive file if one is at its end.
func (w *captureWalk) fill() error {
	if !w.archive.atEnd() || !w.zip.has(archiveName(w.n+1)) {
		return nil
	}
	return errors.Join(w.endArchive(), w.begin())
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

// request checks the request that goes with a record.
func (w *captureWalk) request(h warcHeader, p vigil.Page, main string) error {
	if err := errors.Join(h.common("request", p), h.says(field{"WARC-Concurrent-To", main})); err != nil {
		return err
	}
	var b bytes.Buffer
	if _, err := w.archive.block(h, &b); err != nil {
		return err
	}
	line, rest, _ := strings.Cut(b.String(), "\r\n")
	if want, _, _ := strings.Cut(string(requestBlock(p)), "\r\n"); line != want {
		return fmt.Errorf("the request is %q, want %q", line, want)
	}
	return noCredentials(rest)
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
