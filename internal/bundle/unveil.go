package bundle

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"vigil"
	"vigil/internal/redact"
)

// An Unveiling shows what one item of a disclosure withholds.
type Unveiling struct {
	Item  redact.Item
	Salt  [32]byte
	Value []byte
}

// Bytes returns what the item's hash is over: the salt, and the value behind it.
func (u Unveiling) Bytes() []byte { return append(u.Salt[:], u.Value...) }

// Unveil returns item n of the disclosure in dir, a folder or ZIP file, from the bundle that it was made from
// and the key that it was made with. The value is the one that was withheld, or the error
// wraps [vigil.ErrTampered].
func Unveil(dir string, or *Original, key redact.Key, n int) (u Unveiling, err error) {
	src, err := openSource(dir)
	if err != nil {
		return u, err
	}
	defer src.Close()
	b, err := openBag(src)
	if err != nil {
		return u, err
	}
	info := readInfo(b.info)
	if got, want := (Parent{info[labelParent], info[labelParentHash]}), or.Parent(); got != want {
		return u, fmt.Errorf("%s: %w: was made from bundle %s with the SHA-256 %s, not from %s with %s", dir, vigil.ErrTampered, got.ID, got.SHA256, want.ID, want.SHA256)
	}
	if u.Item, err = itemOf(b, n); err != nil {
		return u, err
	}
	spot, err := key.Spot(or.Parent().SHA256, u.Item)
	if err != nil {
		return u, err
	}
	if u.Value, err = or.value(b, u.Item, spot); err != nil {
		return u, err
	}
	u.Salt, err = key.Open(or.Parent().SHA256, u.Item, spot, u.Value)
	return u, err
}

// itemOf returns item n of a disclosure.
func itemOf(b *bag, n int) (it redact.Item, err error) {
	if b.digests[withheldName], err = b.compare("manifest", withheldName, []string{"sha256"}, b.payload); err != nil {
		return it, err
	}
	in, err := b.lines(withheldName, redact.MaxItem)
	if err != nil {
		return it, err
	}
	defer in.close()
	for {
		line, err := in.next()
		if errors.Is(err, io.EOF) {
			return it, fmt.Errorf("item %d: %w", n, vigil.ErrNotFound)
		}
		if err != nil {
			return it, err
		}
		if it, err = redact.ParseItem(line); err != nil || it.N == n {
			return it, err
		}
	}
}

// value returns what an item withholds.
func (or *Original) value(b *bag, it redact.Item, at redact.Spot) ([]byte, error) {
	switch {
	case it.Form == redact.LogLine:
		return or.logLine(strings.TrimSuffix(it.File, eventsName), *it.Seq)
	case it.Form == redact.Gone && it.Seq != nil:
		data, err := or.v.bag.verified(it.File)
		if lines := splitLines(data); err == nil && *it.Seq < int64(len(lines)) {
			return lines[*it.Seq], nil
		}
		return nil, errors.Join(err, fmt.Errorf("%s: has no line %d", it.File, *it.Seq))
	case at.Listing >= len(or.listings):
		return nil, fmt.Errorf("item %d: %w: the bundle has no listing %d", it.N, vigil.ErrTampered, at.Listing+1)
	}
	e, l, err := or.records(at.Listing)
	if err != nil {
		return nil, err
	}
	if it.Form == redact.Absent {
		return or.body(l.Page)
	}
	prefix := ""
	var was []byte
	n := 0
	switch {
	case strings.HasPrefix(it.File, captureDir):
		was = e.Page
	case strings.HasPrefix(it.File, listingDir):
		was = e.Listing
	case strings.HasPrefix(it.File, assessDir):
		was = e.Assessment
	default:
		first, _, _ := strings.Cut(strings.TrimPrefix(it.Pointer, "/"), "/")
		if n, err = strconv.Atoi(first); err != nil || n < 0 || n >= len(e.Decisions) {
			return nil, fmt.Errorf("item %d: %w: the bundle has no decision %q", it.N, vigil.ErrTampered, first)
		}
		was, prefix = e.Decisions[n], "/"+first
	}
	if it.Form == redact.Gone || it.Form == redact.Record {
		return was, nil
	}
	is, err := b.read(it.File, or.v.Limits.Read)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(it.File, reviewDir) {
		lines := splitLines(is)
		if n >= len(lines) {
			return nil, fmt.Errorf("%s: has no line %d", it.File, n)
		}
		is = lines[n]
	}
	return redact.Value(was, is, prefix, it, at)
}

// logLine returns a line of a log.
func (or *Original) logLine(dir string, seq int64) (line []byte, err error) {
	if dir != orderLogDir && dir != caseLogDir {
		return nil, fmt.Errorf("%s is no folder of a log", dir)
	}
	err = eachEntry(or.v.bag, dir, func(e ProvenEntry) bool {
		if e.Seq == seq {
			line = e.Line
		}
		return e.Seq < seq
	})
	if line == nil && err == nil {
		err = fmt.Errorf("%s: %w: has no line %d", dir+eventsName, vigil.ErrTampered, seq)
	}
	return line, err
}
