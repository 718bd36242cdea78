package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"

	"vigil/store"
)

// partFile is the part that bbolt's own structure is: its pages and free list.
const partFile = "file"

// file follows the file's pages, and holds them against the list of free pages: each is
// reached once, or free. A page that is both would be written over by what comes next.
//
// The error wraps [vigil.ErrTampered] if bbolt must not be let at the file; see
// [pageWalk.follow].
func (v *inspector) file(tx read, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	v.part(partFile)
	said, list, err := headOf(tx)
	if err != nil {
		return err
	}
	size := int64(tx.DB().Info().PageSize)
	pages := min(said, uint64(info.Size()/size))
	if pages < said {
		v.flaw(nil, "it has %d bytes, and says that it has %d", info.Size(), tx.Size())
	}
	w := &pageWalk{file: f, size: size, pages: pages, met: newPageSet(pages), taken: newPageSet(pages), buffer: make([]byte, size), flaw: v.flaw}
	err = w.follow(uint64(tx.Cursor().Bucket().RootPage()), func(done int) error {
		if done%1024 != 0 {
			return nil
		}
		v.progress(store.Progress{Part: partFile, Done: done})
		return v.ctx.Err()
	})
	if err != nil || pages < said {
		return err
	}
	v.Parts[len(v.Parts)-1].Entries = int(pages)
	return w.checkFree(list)
}

// headOf returns how many pages a transaction's file has, and where the list of the free
// ones is. A copy of the file begins with both; in the file itself another's may have
// taken their place since.
func headOf(tx read) (pages, list uint64, err error) {
	var first firstPage
	if _, err := tx.WriteTo(&first); len(first) == 0 {
		return 0, 0, err
	}
	return binary.NativeEndian.Uint64(first[headPages:]), binary.NativeEndian.Uint64(first[headList:]), nil
}

// Where a file's first page has the page of the list of free pages, and the number of
// pages: behind the page's header, 16 bytes of its form, and the root bucket's 16.
const (
	headList  = pageHeader + 32
	headPages = headList + 8
)

// A firstPage keeps the first page of a copy, and ends it.
type firstPage []byte

func (p *firstPage) Write(b []byte) (int, error) {
	*p = bytes.Clone(b)
	return 0, errors.New("no more is wanted")
}
