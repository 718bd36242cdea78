package bolt

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"go.etcd.io/bbolt"

	"vigil"
)

// A pageWalk follows a file's tree of pages by itself. bbolt believes what a page says.
// Where pages go round in a circle, it reads for ever, or until its stack is full and the
// process ends; where an element reaches out of its page, it returns gigabytes; where keys
// are not in order, who seeks goes round and round. And its own check of a file runs where
// no panic can be caught.
//
// Numbers in a page are of the byte order of the machine that wrote it; bbolt's first
// pages, which are read before, do not open on another.
type pageWalk struct {
	file   io.ReaderAt
	size   int64     // of a page
	pages  uint64    // that the file has
	met    pageSet   // those that another names
	taken  pageSet   // those and what else belongs to them, where they are longer
	open   []pageRef // to be looked at
	buffer []byte    // of a page
	flaw   func(k []byte, format string, args ...any)
}

// A pageSet has a bit for each page.
type pageSet []uint64

func newPageSet(pages uint64) pageSet { return make(pageSet, pages/64+1) }

func (b pageSet) has(id uint64) bool { return b[id/64]&(1<<(id%64)) != 0 }

// set adds a page, and reports whether it was there.
func (b pageSet) set(id uint64) (was bool) {
	was = b.has(id)
	b[id/64] |= 1 << (id % 64)
	return was
}

// A pageRef is a page that another names.
type pageRef struct {
	id     uint64
	bucket string // whose page it is
	depth  int    // number of pages above it
	// from and to are the first key that it may have, and the first that it may not;
	// nil for any.
	from, to []byte
}

// maxDepth bounds the pages above a page. Trees of a hundred million entries have
// fewer than ten.
const maxDepth = 64

// The forms of a page, as bbolt writes them: a header, then an element for each entry,
// then keys and values.
const (
	pageHeader  = 16 // number of the page, 8; kind, 2; number of elements, 2; further pages, 4
	pageElement = 16 // of a branch: where its key is, 4, its length, 4, the page below, 8; of a leaf: kind, 4, where its key is, 4, its length, 4, the value's, 4
	pageBranch  = 0x01
	pageLeaf    = 0x02
	leafBucket  = 0x01
	bucketValue = 16 // a bucket's root page, 8, or 0 if the page follows here; and a counter, 8
)

// follow follows all pages below a file's root. The error wraps [vigil.ErrTampered] if
// one is not as bbolt writes them, if a way leads into a circle or deeper than a tree
// goes, or if keys are out of order. That one is longer than it may be is a flaw: all
// else can still be read.
func (w *pageWalk) follow(root uint64, each func(done int) error) error {
	if err := w.add(pageRef{id: root}); err != nil {
		return err
	}
	for n := 0; len(w.open) > 0; n++ {
		if err := each(n); err != nil {
			return err
		}
		r := w.open[len(w.open)-1]
		w.open = w.open[:len(w.open)-1]
		if err := w.look(r, int64(r.id)*w.size, int64(w.pages-r.id)*w.size); err != nil {
			return err
		}
	}
	return nil
}

// add has a page looked at.
func (w *pageWalk) add(r pageRef) error {
	switch {
	case r.id < 2 || r.id >= w.pages:
		return r.damaged("want one from 2 to %d", w.pages-1)
	case r.depth > maxDepth:
		return r.damaged("it is more than %d pages deep", maxDepth)
	case w.met.set(r.id):
		return r.damaged("it is reached a second time")
	}
	w.open = append(w.open, r)
	return nil
}

// damaged returns an error about a page.
func (r pageRef) damaged(format string, args ...any) error {
	return fmt.Errorf("case file is damaged: %w: page %d in %s: %s", vigil.ErrTampered, r.id, r.name(), fmt.Sprintf(format, args...))
}

func (r pageRef) name() string {
	if r.bucket == "" {
		return "the list of buckets"
	}
	return fmt.Sprintf("bucket %q", r.bucket)
}

// A page is one that is looked at.
type page struct {
	pageRef
	at    int64 // where it stands in the file
	room  int64 // how many bytes it has
	kind  uint16
	n     int64  // number of elements
	begin []byte // what was read of it: all elements, and where it is longer not all keys
}

// look adds the pages below the one at an offset of the file, which has up to room bytes.
func (w *pageWalk) look(r pageRef, at, room int64) error {
	head := w.buffer // a page is done with before another is looked at, but for one within it
	if r.id == 0 {
		head = make([]byte, max(pageHeader, min(room, w.size)))
	}
	if err := w.fill(head, at); err != nil {
		return err
	}
	p := page{pageRef: r, at: at, kind: binary.NativeEndian.Uint16(head[8:]), n: int64(binary.NativeEndian.Uint16(head[10:])), begin: head}
	if id := binary.NativeEndian.Uint64(head); id != r.id {
		return r.damaged("it says that it is page %d", id)
	}
	if p.kind != pageLeaf && (p.kind != pageBranch || p.n == 0 || r.id == 0) {
		return r.damaged("it is of kind %d and has %d elements, want a branch with some, or a leaf", p.kind, p.n)
	}
	long := 1 + int64(binary.NativeEndian.Uint32(head[12:]))
	p.room = min(room, w.size*long)
	if r.id != 0 {
		w.take(r.id, uint64(long), r.name)
	}
	if end := pageHeader + p.n*pageElement; end > int64(len(head)) {
		var err error
		if p.begin, err = w.read(at, end); err != nil {
			return err
		}
	}
	return w.elements(p)
}

// elements adds the pages that a page's elements lead to.
func (w *pageWalk) elements(p page) error {
	last := p.from
	var below *pageRef // the page of the element before, which ends where this one begins
	for i := range p.n {
		e := p.element(i)
		if err := e.check(p.room); err != nil {
			return p.damaged("element %d: %v", i, err)
		}
		key, err := w.within(p, e.key, e.length)
		if err != nil {
			return err
		}
		if c := bytes.Compare(key, last); last != nil && (c < 0 || c == 0 && i > 0) || p.to != nil && bytes.Compare(key, p.to) >= 0 {
			return p.damaged("element %d: key %q, want one from %q to %q", i, display(key), display(last), display(p.to))
		}
		if last = key; p.kind == pageBranch {
			key = bytes.Clone(key) // which bounds what is looked at later
		}
		if below != nil {
			below.to = key
			if err := w.add(*below); err != nil {
				return err
			}
		}
		switch {
		case p.kind == pageBranch:
			below = &pageRef{id: e.page, bucket: p.bucket, depth: p.depth + 1, from: key}
		case e.bucket:
			if err := w.lookInto(p, key, e); err != nil {
				return err
			}
		}
	}
	if below != nil {
		below.to = p.to
		return w.add(*below)
	}
	return nil
}

// take notes that a page is so many pages long. Of those that belong to another already it
// tells only the first, so that no file has it go over its pages again and again.
func (w *pageWalk) take(first, long uint64, name func() string) {
	if long > w.pages-first {
		w.flaw(nil, "page %d in %s is %d pages long, and the file ends before", first, name(), long)
	}
	for id := first; id < min(first+long, w.pages); id++ {
		if w.taken.set(id) {
			w.flaw(nil, "page %d is reached a second time, as part of page %d in %s", id, first, name())
			return
		}
	}
}

// lookInto adds the root of the bucket that an element of a page is.
func (w *pageWalk) lookInto(p page, name []byte, e element) error {
	at := e.key + e.length
	value, err := w.within(p, at, bucketValue)
	if err != nil {
		return err
	}
	below := pageRef{id: binary.NativeEndian.Uint64(value), bucket: cmp.Or(p.bucket, display(name)), depth: p.depth + 1}
	if below.id != 0 {
		return w.add(below)
	}
	if below.depth > maxDepth {
		return below.damaged("it is more than %d pages deep", maxDepth)
	}
	return w.look(below, p.at+at+bucketValue, e.value-bucketValue) // it stands there, as page 0
}

// An element is an entry of a page.
type element struct {
	key, length, value int64  // where the key begins in the page, its length, and the value's behind it
	page               uint64 // that a branch leads to
	bucket             bool   // a leaf's value is a bucket
}

func (p page) element(i int64) element {
	at := pageHeader + i*pageElement
	b := p.begin[at : at+pageElement]
	number := func(at int) int64 { return int64(binary.NativeEndian.Uint32(b[at:])) }
	if p.kind == pageBranch {
		return element{key: at + number(0), length: number(4), page: binary.NativeEndian.Uint64(b[8:])}
	}
	return element{key: at + number(4), length: number(8), value: number(12), bucket: number(0)&leafBucket != 0}
}

// within returns n bytes of a page.
func (w *pageWalk) within(p page, from, n int64) ([]byte, error) {
	if end := from + n; end <= int64(len(p.begin)) {
		return p.begin[from:end], nil
	}
	return w.read(p.at+from, n)
}

// check returns an error if an element reaches out of a page that has room bytes.
func (e element) check(room int64) error {
	if e.length > bbolt.MaxKeySize {
		return fmt.Errorf("a key of %d bytes, want up to %d", e.length, bbolt.MaxKeySize)
	}
	if end := e.key + e.length + e.value; end > room {
		return fmt.Errorf("it ends at byte %d, and the page at %d", end, room)
	}
	return nil
}

// display returns the beginning of a key.
func display(k []byte) string { return string(k[:min(len(k), 100)]) }

// read reads n bytes; behind the file's end are zeros.
func (w *pageWalk) read(at, n int64) ([]byte, error) {
	b := make([]byte, n)
	return b, w.fill(b, at)
}

func (w *pageWalk) fill(b []byte, at int64) error {
	n, err := w.file.ReadAt(b, at)
	if clear(b[n:]); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read page %d: %w", at/w.size, err)
	}
	return nil
}
