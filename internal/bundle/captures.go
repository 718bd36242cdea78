package bundle

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"vigil"
)

// A captureWalk goes through the captures of a bundle, in step with its
// exhibits: both are in the order of the listings.
type captureWalk struct {
	v       *verifier
	err     error // why it cannot begin
	file    file
	zip     *zipReader
	index   *lineReader
	pages   *bufio.Reader
	archive *archiveReader
	checks  *pageChecks
	n       int               // archive files begun
	count   int               // pages
	lines   map[[16]byte]bool // hashes of the lines that the index of addresses must have
	sums    map[string]string // SHA-256 in hex, by name, of the archive files that were read whole
}

// maxIndexLine bounds a line of the indexes, in bytes: addresses and titles are
// in them.
const maxIndexLine = 1 << 20

func (v *verifier) openCaptures() *captureWalk {
	w := &captureWalk{v: v, lines: map[[16]byte]bool{}, sums: map[string]string{}}
	w.err = w.open()
	return w
}

func (w *captureWalk) open() (err error) {
	if w.file, err = w.v.bag.open(waczName); err != nil {
		return err
	}
	if w.zip, err = readZip(w.file, w.v.bag.sizes[waczName], w.v.Limits); err != nil {
		return fmt.Errorf("%s: %w", waczName, err)
	}
	w.checks = newPageChecks(w.zip, w.v.Limits.Read)
	if w.index, err = w.v.bag.lines(indexName, maxIndexLine); err != nil {
		return err
	}
	pages, err := w.zip.open(pagesName)
	if err != nil {
		return fmt.Errorf("%s: %w", waczName, err)
	}
	w.pages = bufio.NewReaderSize(pages, maxIndexLine)
	line, err := w.pages.ReadSlice('\n')
	if err != nil || string(line) != pagesHeader+"\n" {
		return fmt.Errorf("%s: does not begin with %s", pagesName, pagesHeader)
	}
	return w.begin()
}

func (w *captureWalk) close() {
	if w.checks != nil {
		w.wait()
	}
	if w.index != nil {
		w.index.close()
	}
	if w.file != nil {
		w.file.Close()
	}
}

// begin opens the next archive file and reads what made it.
func (w *captureWalk) begin() error {
	w.n++
	name := archiveName(w.n)
	f, err := w.zip.open(name)
	if err != nil {
		return err
	}
	w.archive = newArchiveReader(name, f, w.v.Limits.Read)
	h, err := w.archive.next()
	if err != nil {
		return w.noRecord(err)
	}
	if got := h.get("WARC-Type"); got != "warcinfo" || h.get("WARC-Filename") != strings.TrimPrefix(name, archiveDir) {
		return fmt.Errorf("%s begins with a record of type %q for file %q, want a warcinfo", name, got, h.get("WARC-Filename"))
	}
	var b bytes.Buffer
	if _, err := w.archive.block(h, &b); err != nil {
		return err
	}
	if want := "isPartOf: " + w.v.info[labelID] + "\r\n"; !strings.Contains(b.String(), want) {
		return fmt.Errorf("%s is not part of bundle %s", name, w.v.info[labelID])
	}
	return nil
}

// noRecord says that a record was to be there.
func (w *captureWalk) noRecord(err error) error {
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: ends where a record is to follow", w.archive.name)
	}
	return err
}

// page checks the capture of an exhibit against the record of its page.
func (w *captureWalk) page(e vigil.Exhibit) error {
	if w.err != nil || w.v.captureWithheld(e.Page.ID) {
		return w.err
	}
	want, err := w.indexed(e)
	if err != nil {
		return err
	}
	if err := w.records(e.Page, want); err != nil {
		return fmt.Errorf("page %s: %w", e.Page.ID, err)
	}
	w.lines[lineKey(indexedPage(e.Page, want.place).String())] = true
	w.count++
	return errors.Join(w.checks.add(e.Page, want), w.shown(e))
}

// indexed reads the line of index.jsonl for an exhibit.
func (w *captureWalk) indexed(e vigil.Exhibit) (l indexLine, err error) {
	line, err := w.index.next()
	if errors.Is(err, io.EOF) {
		return l, fmt.Errorf("%s: no line for page %s", indexName, e.Page.ID)
	}
	if err != nil {
		return l, err
	}
	if err := strict(line, &l); err != nil {
		return l, fmt.Errorf("%s: line %d: %w", indexName, w.count+1, err)
	}
	if l.Page != e.Page.ID || l.Listing != e.Listing.ID {
		return l, fmt.Errorf("%s: line %d is of page %q of listing %q, want %s of %s", indexName, w.count+1, l.Page, l.Listing, e.Page.ID, e.Listing.ID)
	}
	return l, nil
}

// shown reads the line of pages.jsonl for an exhibit.
func (w *captureWalk) shown(e vigil.Exhibit) error {
	line, err := w.pages.ReadSlice('\n')
	if err != nil {
		return fmt.Errorf("%s: no line for page %s", pagesName, e.Page.ID)
	}
	var l pageLine
	if err := strict(line[:len(line)-1], &l); err != nil {
		return fmt.Errorf("%s: line %d: %w", pagesName, w.count+1, err)
	}
	// JSON replaces what is not UTF-8.
	want := newPageLine(e)
	want.Title, want.URL = strings.ToValidUTF8(want.Title, "\ufffd"), strings.ToValidUTF8(want.URL, "\ufffd")
	if l != want {
		return fmt.Errorf("%s: line %d is not page %s as its record has it", pagesName, w.count+1, e.Page.ID)
	}
	return nil
}

// strict reads JSON that has the fields of into and no others.
func strict(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one JSON value")
	}
	return nil
}

// wait waits for the pages that are still looked at, and returns the first error.
func (w *captureWalk) wait() error {
	c := w.checks
	w.checks = nil
	return c.end()
}

// end checks that nothing is left once all exhibits were seen.
func (w *captureWalk) end() error {
	if w.err != nil {
		return w.err
	}
	if err := w.wait(); err != nil {
		return err
	}
	if err := w.endArchive(); err != nil {
		return err
	}
	if w.zip.has(archiveName(w.n + 1)) {
		return fmt.Errorf("%s holds pages of no listing", archiveName(w.n+1))
	}
	if _, err := w.index.next(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: more lines than pages", indexName)
	}
	if _, err := w.pages.ReadByte(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: more lines than pages", pagesName)
	}
	return nil
}

// endArchive checks that the archive file is at its end.
func (w *captureWalk) endArchive() error {
	if !w.archive.atEnd() {
		return fmt.Errorf("%s holds records of no listing", w.archive.name)
	}
	w.sums[w.archive.name] = hex.EncodeToString(w.archive.sum.Sum(nil))
	return nil
}

// captures says what the walk found out.
func (v *verifier) captures() (string, error) {
	if v.captureErr == nil {
		v.captureErr = v.walk.end()
	}
	return fmt.Sprintf("%d pages have the body that their records state", v.walk.count), v.captureErr
}
