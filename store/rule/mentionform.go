package rule

import (
	"encoding/binary"
	"errors"
	"time"

	"vigil"
)

// mentionForm is the first byte of an index entry's value. LAYOUT.md says what
// comes behind it.
const mentionForm = 1

// Flags of an identifier.
const (
	flagRedacted = 1 << iota
	flagWarned
)

// AppendMention appends the i-th mention of a capture, but for its listing and its
// page, which stand in the entry's key. So does the identifier's key, if that is
// its own name and names are not blind.
func AppendMention(b []byte, m vigil.Mention, i int, blind bool) []byte {
	id := m.Identifier
	name := id.Key
	if !blind && vigil.KeyName(name) == name {
		name = ""
	}
	b = binary.AppendUvarint(append(b, mentionForm), uint64(i))
	b = appendTexts(b, name, m.Source, m.Vendor, m.Model, string(m.Genre))
	b = binary.AppendVarint(b, m.At.Unix())
	b = binary.AppendVarint(b, int64(m.At.Nanosecond()))
	b = binary.AppendVarint(b, int64(id.Line))
	b = appendTexts(b, id.ID, id.Field, id.Kind, id.Value, string(id.Class), id.Network)
	if id.Readings == nil {
		b = append(b, 0)
	} else {
		b = appendTexts(binary.AppendUvarint(b, uint64(len(id.Readings))+1), id.Readings...)
	}
	b = appendTexts(b, id.Method)
	b = binary.AppendVarint(b, int64(id.Start))
	b = binary.AppendVarint(b, int64(id.End))
	b = appendTexts(b, id.Raw)
	flags := byte(0)
	if id.Redacted {
		flags |= flagRedacted
	}
	if id.Warned {
		flags |= flagWarned
	}
	return append(b, flags)
}

func appendTexts(b []byte, texts ...string) []byte {
	for _, s := range texts {
		b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
	}
	return b
}

// ParseMention reads what [appendMention] wrote.
func ParseMention(v []byte, m *vigil.Mention) (i int, err error) {
	if len(v) == 0 || v[0] != mentionForm {
		return 0, errors.New("a mention of an unknown form")
	}
	r := &formReader{b: v[1:], s: string(v[1:])}
	id := &m.Identifier
	i = int(r.count())
	if name := r.text(); name != "" {
		id.Key = name
	}
	m.Source, m.Vendor, m.Model, m.Genre = r.text(), r.text(), r.text(), vigil.Genre(r.text())
	seconds, nanoseconds := r.int(), r.int()
	m.At = time.Unix(seconds, nanoseconds).UTC()
	id.Line = int(r.int())
	id.ID, id.Field, id.Kind, id.Value, id.Class, id.Network = r.text(), r.text(), r.text(), r.text(), vigil.Class(r.text()), r.text()
	id.Readings = r.texts()
	id.Method = r.text()
	id.Start, id.End = int(r.int()), int(r.int())
	id.Raw = r.text()
	if r.bad || len(r.b) != 1 || r.b[0] > flagRedacted|flagWarned {
		return 0, errors.New("a mention that ends too early or too late")
	}
	id.Redacted, id.Warned = r.b[0]&flagRedacted != 0, r.b[0]&flagWarned != 0
	return i, nil
}

// A formReader reads numbers and texts off a value. Once something is not there
// it is bad, and all that it reads is empty.
type formReader struct {
	b   []byte
	s   string // the whole value, of which texts are slices
	bad bool
}

func (r *formReader) skip(n int) {
	if n <= 0 || n > len(r.b) {
		r.bad, r.b = true, nil
		return
	}
	r.b = r.b[n:]
}

func (r *formReader) count() uint64 {
	x, n := binary.Uvarint(r.b)
	r.skip(n)
	return x
}

func (r *formReader) int() int64 {
	x, n := binary.Varint(r.b)
	r.skip(n)
	return x
}

func (r *formReader) text() string {
	n := r.count()
	if n > uint64(len(r.b)) {
		r.bad, r.b = true, nil
		return ""
	}
	from := len(r.s) - len(r.b)
	r.b = r.b[n:]
	return r.s[from : from+int(n)]
}

func (r *formReader) texts() []string {
	n := r.count()
	if n == 0 || n-1 > uint64(len(r.b)) {
		r.bad = r.bad || n != 0
		return nil
	}
	out := make([]string, n-1)
	for i := range out {
		out[i] = r.text()
	}
	return out
}
