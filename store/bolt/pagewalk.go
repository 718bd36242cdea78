package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"vigil"
	"vigil/store"
)

// A pageWalk follows a file's tree of pages by itself. bbolt believes what a page says
// of those below it: where pages go round in a circle, it reads for ever, or until its
// stack is full and the process ends. It is limited to that: what else a damaged page may
// say ends in a panic, which its reader makes a flaw.
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

// followPages follows all pages of the file that a transaction sees. The error wraps
// [vigil.ErrTampered] if a way leads into a circle, or deeper than a tree goes.
func (v *inspector) followPages(tx read, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	size := int64(tx.DB().Info().PageSize)
	w := &pageWalk{file: f, size: size, pages: uint64(tx.Size() / size), met: make([]uint64, tx.Size()/size/64+1)}
	if err := w.add(pageRef{id: uint64(tx.Cursor().Bucket().RootPage())}); err != nil {
		return err
	}
	v.part(partFile)
	for n := 0; len(w.open) > 0; n++ {
		if n%1024 == 0 {
			if v.ctx.Err() != nil {
				return v.ctx.Err()
			}
			v.progress(store.Progress{Part: partFile, Done: n})
		}
		r := w.open[len(w.open)-1]
		w.open = w.open[:len(w.open)-1]
		if err := w.look(r, int64(r.id)*w.size); err != nil {
			return err
		}
	}
	return nil
}

// add has a page looked at. One that the file does not have is left out: bbolt cannot
// go there.
func (w *pageWalk) add(r pageRef) error {
	switch {
	case r.id >= w.pages:
		return nil
	case w.met[r.id/64]&(1<<(r.id%64)) != 0:
		return fmt.Errorf("case file is damaged: %w: page %d is reached twice, the second time in %s", vigil.ErrTampered, r.id, r.name())
	case r.depth > maxDepth:
		return r.tooDeep()
	}
	w.met[r.id/64] |= 1 << (r.id % 64)
	w.open = append(w.open, r)
	return nil
}

func (r pageRef) tooDeep() error {
	return fmt.Errorf("case file is damaged: %w: page %d is more than %d pages deep in %s", vigil.ErrTampered, r.id, maxDepth, r.name())
}

func (r pageRef) name() string {
	if r.bucket == "" {
		return "the list of buckets"
	}
	return fmt.Sprintf("bucket %q", r.bucket)
}

// look adds the pages below the one at an offset of the file.
func (w *pageWalk) look(r pageRef, at int64) error {
	head, err := w.read(at, pageHeader)
	if err != nil {
		return err
	}
	kind, n := binary.NativeEndian.Uint16(head[8:]), int64(binary.NativeEndian.Uint16(head[10:]))
	if kind != pageBranch && kind != pageLeaf {
		return nil
	}
	elements, err := w.read(at+pageHeader, n*pageElement)
	if err != nil {
		return err
	}
	for i := range n {
		e := elements[i*pageElement:][:pageElement]
		switch {
		case kind == pageBranch:
			if err := w.add(pageRef{binary.NativeEndian.Uint64(e[8:]), r.bucket, r.depth + 1}); err != nil {
				return err
			}
		case binary.NativeEndian.Uint32(e)&leafBucket != 0:
			key := at + pageHeader + i*pageElement + int64(binary.NativeEndian.Uint32(e[4:]))
			if err := w.lookInto(r, key, int64(binary.NativeEndian.Uint32(e[8:]))); err != nil {
				return err
			}
		}
	}
	return nil
}

// lookInto adds the root of a bucket whose name stands at an offset.
func (w *pageWalk) lookInto(r pageRef, at, length int64) error {
	name, err := w.read(at, min(length, 100))
	if err != nil {
		return err
	}
	value, err := w.read(at+length, bucketValue)
	if err != nil {
		return err
	}
	below := pageRef{binary.NativeEndian.Uint64(value), r.bucket, r.depth + 1}
	if below.bucket == "" {
		below.bucket = string(name)
	}
	if below.id != 0 {
		return w.add(below)
	}
	if below.depth > maxDepth {
		return below.tooDeep()
	}
	return w.look(below, at+length+bucketValue)
}

// read reads n bytes; behind the file's end are zeros.
func (w *pageWalk) read(at, n int64) ([]byte, error) {
	b := make([]byte, n)
	if _, err := w.file.ReadAt(b, at); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read page %d: %w", at/w.size, err)
	}
	return b, nil
}
