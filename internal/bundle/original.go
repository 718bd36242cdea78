package bundle

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"vigil"
	"vigil/internal/custody"
	"vigil/internal/redact"
)

// An Original is a sealed evidential bundle from which disclosures are made: open, and
// verified when it was opened.
type Original struct {
	v        *verifier
	src      source
	wacz     file
	zip      *zipReader
	listings []string         // IDs, sorted
	places   map[string]place // ID of a page → where its record is
}

// OpenOriginal opens the folder or ZIP file of an evidential bundle and verifies it.
// It refuses one that fails, with an error that wraps [vigil.ErrTampered].
func OpenOriginal(name string, o VerifyOptions) (*Original, error) {
	if o.Now.IsZero() {
		return nil, errors.New("no time to verify at")
	}
	src, err := openSource(name)
	if err != nil {
		return nil, err
	}
	or := &Original{src: src, v: &verifier{VerifyOptions: o}, places: map[string]place{}}
	if err := or.open(name); err != nil {
		return nil, errors.Join(err, or.Close())
	}
	return or, nil
}

func (or *Original) open(name string) error {
	or.v.Limits = or.v.Limits.orDefault()
	or.v.run(or.src)
	if or.v.walk != nil {
		or.v.walk.close()
	}
	if r := or.v.report(); !r.OK() {
		return fmt.Errorf("%s: %w: %s", name, vigil.ErrTampered, r.failures())
	}
	if k := Kind(or.v.info[labelKind]); k != Evidential {
		return fmt.Errorf("%s: a bundle of kind %s: a disclosure is made from an evidential one", name, k)
	}
	for _, f := range or.v.bag.names {
		if id, ok := strings.CutPrefix(f, listingDir); ok && strings.HasSuffix(id, ".json") {
			or.listings = append(or.listings, strings.TrimSuffix(id, ".json"))
		}
	}
	slices.Sort(or.listings)
	return or.openCaptures()
}

// Close closes its files.
func (or *Original) Close() error {
	var err error
	if or.wacz != nil {
		err = or.wacz.Close()
	}
	return errors.Join(err, or.src.Close())
}

// Parent names the bundle as its disclosures do.
func (or *Original) Parent() Parent {
	return Parent{ID: or.v.info[labelID], SHA256: vigil.SumHex(or.v.tags)}
}

// Order returns the order under which the bundle was made.
func (or *Original) Order() vigil.Order { return or.v.ord }

func (or *Original) openCaptures() (err error) {
	if or.wacz, err = or.v.bag.open(waczName); err != nil {
		return err
	}
	if or.zip, err = readZip(or.wacz, or.v.bag.sizes[waczName], or.v.Limits); err != nil {
		return err
	}
	index, err := or.v.bag.lines(indexName, maxIndexLine)
	if err != nil {
		return err
	}
	defer index.close()
	for {
		line, err := index.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		var l indexLine
		if err := strict(line, &l); err != nil {
			return err
		}
		or.places[l.Page] = l.place
	}
}

// records returns the records of listing i, as stored.
func (or *Original) records(i int) (e redact.Exhibit, l vigil.Listing, err error) {
	id := or.listings[i]
	read := func(name string) []byte {
		data, readErr := or.v.bag.verified(name)
		err = errors.Join(err, readErr)
		return data
	}
	e.Listing = read(listingDir + id + ".json")
	if l, err = recordOf[vigil.Listing](e.Listing, err); err != nil {
		return e, l, err
	}
	e.Page = read(captureDir + l.Page + ".json")
	e.Assessment = read(assessDir + id + ".json")
	if name := reviewDir + id + ".jsonl"; or.v.bag.has(name) {
		e.Decisions = splitLines(read(name))
	}
	return e, l, err
}

// splitLines returns the lines of a file, each of which ends with LF.
func splitLines(data []byte) [][]byte {
	return bytes.Split(bytes.TrimSuffix(data, []byte("\n")), []byte("\n"))
}

// body returns the body of a page.
func (or *Original) body(page string) ([]byte, error) {
	at, ok := or.places[page]
	if !ok {
		return nil, fmt.Errorf("%s: has no page %s", indexName, page)
	}
	f, err := or.zip.open(at.File)
	if err != nil {
		return nil, err
	}
	r := newArchiveReader(at.File, io.NewSectionReader(f.SectionReader, at.Offset, at.Length), or.v.Limits.Read)
	h, err := r.next()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if _, err := r.block(h, &b); err != nil {
		return nil, err
	}
	if h.get("WARC-Type") != warcResponse {
		return b.Bytes(), nil
	}
	_, body, ok := bytes.Cut(b.Bytes(), []byte("\r\n\r\n"))
	if !ok {
		return nil, fmt.Errorf("page %s: the response has no body", page)
	}
	return body, nil
}

// A logFile is an excerpt of a log in a bundle.
type logFile struct {
	dir   string
	point []byte
	note  []byte
}

func (or *Original) logs() (ls []logFile, err error) {
	for _, dir := range or.v.logDirs() {
		l := logFile{dir: dir}
		if l.point, err = or.v.bag.verified(dir + pointName); err != nil {
			return nil, err
		}
		if or.v.bag.has(dir + noteName) {
			if l.note, err = or.v.bag.verified(dir + noteName); err != nil {
				return nil, err
			}
		}
		ls = append(ls, l)
	}
	return ls, nil
}

// entries yields the lines of an excerpt with their proofs.
func (or *Original) entries(dir string) func(yield func(ProvenEntry, error) bool) {
	return func(yield func(ProvenEntry, error) bool) {
		if err := eachEntry(or.v.bag, dir, func(e ProvenEntry) bool { return yield(e, nil) }); err != nil {
			yield(ProvenEntry{}, err)
		}
	}
}

// eachEntry calls visit for each line of an excerpt that was verified, until it says no.
func eachEntry(b *bag, dir string, visit func(ProvenEntry) bool) error {
	events, err := b.lines(dir+eventsName, custody.MaxLine)
	if err != nil {
		return err
	}
	defer events.close()
	proofs, err := b.lines(dir+proofsName, maxProofLine)
	if err != nil {
		return err
	}
	defer proofs.close()
	for {
		line, err := events.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		proofLine, err := proofs.next()
		if err != nil {
			return err
		}
		e, err := parseProven(bytes.Clone(line), proofLine)
		if err != nil {
			return err
		}
		if !visit(e) {
			return nil
		}
	}
}

// pull returns a function that gives one line of an excerpt after another, and io.EOF
// behind the last.
func pull(b *bag, dir string) (next func() (ProvenEntry, error), stop func()) {
	pair, stop := iter.Pull2(func(yield func(ProvenEntry, error) bool) {
		if err := eachEntry(b, dir, func(e ProvenEntry) bool { return yield(e, nil) }); err != nil {
			yield(ProvenEntry{}, err)
		}
	})
	return func() (ProvenEntry, error) {
		e, err, ok := pair()
		if !ok {
			return e, io.EOF
		}
		return e, err
	}, stop
}

// recordsOf returns the records of a listing by its ID.
func (or *Original) recordsOf(id string) (redact.Exhibit, vigil.Listing, error) {
	i, ok := slices.BinarySearch(or.listings, id)
	if !ok {
		return redact.Exhibit{}, vigil.Listing{}, fmt.Errorf("listing %s: %w", id, vigil.ErrNotFound)
	}
	return or.records(i)
}
