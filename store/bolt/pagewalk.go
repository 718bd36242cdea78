package bolt

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"go.etcd.io/bbolt"

	"vigil"
	"vigil/store"
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
	file  io.ReaderAt
	size  int64     // of a page
	pages uint64    // that the file has
	met   []uint64  // a bit for each page
	open  []pageRef // to be looked at
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

// pageChunk is how much is read of a page at once; keys behind it are read each.
const pageChunk = 64 << 10

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

// followPages follows all pages of the file that a transaction sees. The error wraps
// [vigil.ErrTampered] if one is not as bbolt writes them, if a way leads into a circle or
// deeper than a tree goes, or if keys are out of order.
func (v *inspector) followPages(tx read, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	size := int64(tx.DB().Info().PageSize)
	w := &pageWalk{file: f, size: size, pages: uint64(tx.Size() / size), met: make([]uint64, tx.Size()/size/64+1)}
	v.part(partFile)
	if err := w.add(pageRef{id: uint64(tx.Cursor().Bucket().RootPage())}); err != nil {
		return err
	}
	for n := 0; len(w.open) > 0; n++ {
		if n%1024 == 0 {
			if v.ctx.Err() != nil {
				return v.ctx.Err()
			}
			v.progress(store.Progress{Part: partFile, Done: n})
		}
		r := w.open[len(w.open)-1]
		w.open = w.open[:len(w.open)-1]
		if err := w.look(r, int64(r.id)*w.size, (int64(w.pages)-int64(r.id))*w.size); err != nil {
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
	case w.met[r.id/64]&(1<<(r.id%64)) != 0:
		return r.damaged("it is reached a second time")
	case r.depth > maxDepth:
		return r.damaged("it is more than %d pages deep", maxDepth)
	}
	w.met[r.id/64] |= 1 << (r.id % 64)
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

// look adds the pages below the one at an offset of the file, which has up to room bytes.
func (w *pageWalk) look(r pageRef, at, room int64) error {
	head, err := w.read(at, pageHeader)
	if err != nil {
		return err
	}
	kind, n := binary.NativeEndian.Uint16(head[8:]), int64(binary.NativeEndian.Uint16(head[10:]))
	if id := binary.NativeEndian.Uint64(head); id != r.id {
		return r.damaged("it says that it is page %d", id)
	}
	if kind != pageLeaf && (kind != pageBranch || n == 0 || r.id == 0) {
		return r.damaged("it is of kind %d and has %d elements, want a branch with some, or a leaf", kind, n)
	}
	room = min(room, w.size*(1+int64(binary.NativeEndian.Uint32(head[12:]))))
	begin, err := w.read(at, max(pageHeader+n*pageElement, min(room, pageChunk)))
	if err != nil {
		return err
	}
	last := r.from
	var below *pageRef // the page of the element before, which ends where this one begins
	for i := range n {
		e := elementOf(begin, kind, i)
		if err := e.check(room); err != nil {
			return r.damaged("element %d: %v", i, err)
		}
		key := begin[min(e.key, int64(len(begin))):]
		if int64(len(key)) < e.length {
			if key, err = w.read(at+e.key, e.length); err != nil {
				return err
			}
		}
		key = bytes.Clone(key[:e.length])
		if c := bytes.Compare(key, last); last != nil && (c < 0 || c == 0 && i > 0) || r.to != nil && bytes.Compare(key, r.to) >= 0 {
			return r.damaged("element %d: key %q, want one from %q to %q", i, display(key), display(last), display(r.to))
		}
		last = key
		if below != nil {
			below.to = key
			if err := w.add(*below); err != nil {
				return err
			}
		}
		switch {
		case kind == pageBranch:
			below = &pageRef{id: e.page, bucket: r.bucket, depth: r.depth + 1, from: key}
		case e.bucket:
			if err := w.lookInto(r, key, at+e.key+e.length, e.value); err != nil {
				return err
			}
		}
	}
	if below != nil {
		below.to = r.to
		return w.add(*below)
	}
	return nil
}

// lookInto adds the root of a bucket, whose value stands at an offset and has so many
// bytes.
func (w *pageWalk) lookInto(r pageRef, name []byte, at, size int64) error {
	value, err := w.read(at, bucketValue)
	if err != nil {
		return err
	}
	below := pageRef{id: binary.NativeEndian.Uint64(value), bucket: cmp.Or(r.bucket, display(name)), depth: r.depth + 1}
	if below.id != 0 {
		return w.add(below)
	}
	if below.depth > maxDepth {
		return below.damaged("it is more than %d pages deep", maxDepth)
	}
	return w.look(below, at+bucketValue, size-bucketValue) // it stands there, as page 0
}

// An element is an entry of a page.
type element struct {
	key, length, value int64  // where the key begins in the page, its length, and the value's behind it
	page               uint64 // that a branch leads to
	bucket             bool   // a leaf's value is a bucket
}

func elementOf(page []byte, kind uint16, i int64) element {
	at := pageHeader + i*pageElement
	b := page[at : at+pageElement]
	number := func(at int) int64 { return int64(binary.NativeEndian.Uint32(b[at:])) }
	if kind == pageBranch {
		return element{key: at + number(0), length: number(4), page: binary.NativeEndian.Uint64(b[8:])}
	}
	return element{key: at + number(4), length: number(8), value: number(12), bucket: number(0)&leafBucket != 0}
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
	if _, err := w.file.ReadAt(b, at); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read page %d: %w", at/w.size, err)
	}
	return b, nil
}
