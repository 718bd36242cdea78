package bolt

import "encoding/binary"

// pageFree is the kind of the page that lists the free ones: behind its header is the
// number of each, 8 bytes. Where they are more than the header can count, it says
// manyFree, and the first of them is how many follow.
const (
	pageFree = 0x10
	manyFree = 0xFFFF
)

// checkFree holds the list of free pages, which begins at a page, against the pages that
// were reached.
func (w *pageWalk) checkFree(list uint64) error {
	ids, err := w.freeList(list)
	if err != nil || ids == nil {
		return err
	}
	free := newPageSet(w.pages)
	for ; len(ids) > 0; ids = ids[8:] {
		switch id := binary.NativeEndian.Uint64(ids); {
		case id < 2 || id >= w.pages:
			w.flaw(nil, "page %d is said to be free, want one from 2 to %d", id, w.pages-1)
		case free.set(id):
			w.flaw(nil, "page %d is said to be free twice", id)
		case w.taken.has(id):
			w.flaw(nil, "page %d is said to be free, and is reached", id)
		}
	}
	for id := uint64(2); id < w.pages; id++ {
		if !free.has(id) && !w.taken.has(id) {
			w.flaw(nil, "page %d is neither reached nor free", id)
		}
	}
	return nil
}

// freeList reads the list of free pages, and notes its own pages as reached. It returns
// nil, and tells why, if there is none that makes sense.
func (w *pageWalk) freeList(list uint64) ([]byte, error) {
	if list < 2 || list >= w.pages {
		w.flaw(nil, "the list of free pages is said to be page %d, want one from 2 to %d", list, w.pages-1)
		return nil, nil
	}
	at := int64(list) * w.size
	head, err := w.read(at, pageHeader+8)
	if err != nil {
		return nil, err
	}
	if id, kind := binary.NativeEndian.Uint64(head), binary.NativeEndian.Uint16(head[8:]); id != list || kind != pageFree {
		w.flaw(nil, "page %d, the list of free pages: it says that it is page %d, of kind %d, want %d", list, id, kind, pageFree)
		return nil, nil
	}
	long := 1 + uint64(binary.NativeEndian.Uint32(head[12:]))
	w.take(list, long, func() string { return "the list of free pages" })
	n, begin := uint64(binary.NativeEndian.Uint16(head[10:])), int64(pageHeader)
	if n == manyFree {
		n, begin = binary.NativeEndian.Uint64(head[pageHeader:]), begin+8
	}
	if room := (int64(min(long, w.pages-list))*w.size - begin) / 8; n > min(uint64(room), w.pages) {
		w.flaw(nil, "page %d, the list of free pages: %d are free, and it has room for %d, and the file %d pages", list, n, room, w.pages)
		return nil, nil
	}
	return w.read(at+begin, int64(n)*8)
}
