package bundle

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"

	"vigil"
)

// maxArchive is how long a file of captures may grow before the next one is
// begun, in bytes (WARC 1.1, annex C, recommends about a gigabyte).
const maxArchive = 1_000_000_000

// packLevel is how hard gzip packs: a little looser than the standard library's,
// and three times as fast.
const packLevel = 6

// A captureWriter writes the captures of a bundle, a page at a time: a WACZ
// file, and the index of pages beside it.
type captureWriter struct {
	c         Contents
	most      int64 // of an archive file; see maxArchive
	zip       zipWriter
	sum       hash.Hash // of the open archive file
	gz        *gzip.Writer
	archives  int
	filled    bool // the open archive file holds a page
	resources []resource
	cdx       []string
	index     io.Writer // index.jsonl
	pages     *spool    // pages.jsonl, whose place is behind the archives
}

// newCaptureWriter writes a WACZ file to f and lines of index.jsonl to index.
// Pages is an empty file for its use.
func newCaptureWriter(c Contents, f *os.File, index io.Writer, pages *os.File) (*captureWriter, error) {
	w := &captureWriter{c: c, most: cmp.Or(c.mostArchive, maxArchive), zip: zipWriter{f: f}, sum: sha256.New(), index: index, pages: newSpool(pages)}
	var err error
	if w.gz, err = gzip.NewWriterLevel(io.Discard, packLevel); err != nil {
		return nil, err
	}
	return w, errors.Join(w.pages.line([]byte(pagesHeader)), w.next())
}

// next begins the next archive file.
func (w *captureWriter) next() error {
	if err := w.endArchive(); err != nil {
		return err
	}
	w.archives++
	w.filled = false
	name := archiveName(w.archives)
	if err := w.zip.begin(name); err != nil {
		return err
	}
	w.sum.Reset()
	_, err := w.record(infoRecord(w.c, strings.TrimPrefix(name, archiveDir)))
	return err
}

// endArchive ends the open archive file, if there is one.
func (w *captureWriter) endArchive() error {
	if w.archives == 0 {
		return nil
	}
	size := w.zip.n - w.zip.start
	w.resources = append(w.resources, newResource(archiveName(w.archives), hex.EncodeToString(w.sum.Sum(nil)), size))
	return w.zip.end()
}

// Write takes what gzip makes.
func (w *captureWriter) Write(p []byte) (int, error) {
	w.sum.Write(p)
	return w.zip.Write(p)
}

// record writes a record as a gzip member of its own.
func (w *captureWriter) record(r warcRecord) (place, error) {
	at := place{File: archiveName(w.archives), Offset: w.zip.n - w.zip.start}
	w.gz.Reset(w)
	if err := errors.Join(r.writeTo(w.gz), w.gz.Close()); err != nil {
		return at, err
	}
	at.Length = w.zip.n - w.zip.start - at.Offset
	return at, nil
}

// page writes the records of an exhibit's page.
func (w *captureWriter) page(e vigil.Exhibit) error {
	if w.filled && w.zip.n-w.zip.start >= w.most {
		if err := w.next(); err != nil {
			return err
		}
	}
	w.filled = true
	for _, r := range pageRecords(e.Page) {
		at, err := w.record(r)
		if err != nil {
			return fmt.Errorf("pack capture %s: %w", e.Page.ID, err)
		}
		if !isPage(r.get("WARC-Type")) {
			continue
		}
		line, err := json.Marshal(indexLine{Page: e.Page.ID, Listing: e.Listing.ID, Record: strings.Trim(r.get("WARC-Record-ID"), "<>"), place: at})
		if err != nil {
			return err
		}
		if _, err := w.index.Write(append(line, '\n')); err != nil {
			return err
		}
		w.cdx = append(w.cdx, indexedPage(e.Page, at).String())
	}
	line, err := json.Marshal(newPageLine(e))
	if err != nil {
		return err
	}
	return w.pages.line(line)
}

// isPage reports whether a record of that type holds a page.
func isPage(kind string) bool {
	return kind == warcResponse || kind == warcConversion || kind == warcResource
}

// close ends the WACZ file.
func (w *captureWriter) close() error {
	if err := w.endArchive(); err != nil {
		return err
	}
	slices.Sort(w.cdx)
	sum, size := sha256.New(), int64(0)
	for _, line := range w.cdx {
		io.WriteString(sum, line)
		size += int64(len(line))
	}
	rs := append(w.resources, newResource(cdxName, hex.EncodeToString(sum.Sum(nil)), size))
	pages, err := w.pages.resource(pagesName)
	if err != nil {
		return err
	}
	pkg, digest, err := packageFiles(w.c, append(rs, pages))
	if err != nil {
		return err
	}
	for _, f := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{packageSumName, func(out io.Writer) error { _, err := out.Write(digest); return err }},
		{packageName, func(out io.Writer) error { _, err := out.Write(pkg); return err }},
		{cdxName, w.writeCDX},
		{pagesName, w.pages.writeTo},
	} {
		if err := errors.Join(w.zip.begin(f.name), f.write(&w.zip), w.zip.end()); err != nil {
			return err
		}
	}
	return w.zip.close()
}

func (w *captureWriter) writeCDX(out io.Writer) error {
	b := bufio.NewWriter(out)
	for _, line := range w.cdx {
		b.WriteString(line)
	}
	return b.Flush()
}

// A spool is a file that is written first and copied elsewhere then.
type spool struct {
	f    *os.File
	out  *bufio.Writer
	sum  hash.Hash
	size int64
}

func newSpool(f *os.File) *spool { return &spool{f: f, out: bufio.NewWriter(f), sum: sha256.New()} }

// line appends a line and its end.
func (s *spool) line(text []byte) error {
	text = append(text[:len(text):len(text)], '\n')
	s.sum.Write(text)
	s.size += int64(len(text))
	_, err := s.out.Write(text)
	return err
}

// resource ends the writing.
func (s *spool) resource(name string) (resource, error) {
	return newResource(name, hex.EncodeToString(s.sum.Sum(nil)), s.size), s.out.Flush()
}

func (s *spool) writeTo(w io.Writer) error {
	if _, err := s.f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err := io.Copy(w, s.f)
	return err
}
