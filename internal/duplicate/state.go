package duplicate

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// An index is kept as the signatures of its listings, by age, from which it is
// built again: chains and clusters follow from them, would be four times as
// large, and could contradict them. README.md, "State", has the format.
const (
	stateMagic   = "vigil-dup"
	stateVersion = 1 // of the format, and of how texts become signatures
)

// AppendBinary appends the index's state to b. It implements
// [encoding.BinaryAppender].
func (x *Index) AppendBinary(b []byte) ([]byte, error) {
	if x.signer == nil {
		return b, errNoIndex
	}
	from := len(b)
	b = append(append(b, stateMagic...), stateVersion)
	common := x.signer.common.sorted()
	b = binary.AppendUvarint(b, uint64(len(common)))
	for _, h := range common {
		b = binary.LittleEndian.AppendUint64(b, h)
	}
	b = binary.AppendUvarint(b, uint64(x.Len()))
	for _, e := range x.entries {
		if !e.gone {
			b = x.appendEntry(b, e)
		}
	}
	return binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b[from:])), nil
}

func (x *Index) appendEntry(b []byte, e entry) []byte {
	for _, s := range []string{e.Listing, e.Vendor, e.Source} {
		b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
	}
	if e.node == none {
		return append(b, byte(silent))
	}
	s := &x.nodes[e.node].sig
	b = append(b, byte(s.form))
	if s.form == exact {
		return binary.LittleEndian.AppendUint64(b, s.key)
	}
	for _, m := range s.min {
		b = binary.LittleEndian.AppendUint64(b, m)
	}
	return b
}

// ReadIndex returns the index whose state b is, and the signer for its further
// texts. What it allocates is in proportion to b, whatever b says.
func ReadIndex(b []byte) (*Index, *Signer, error) {
	head := len(stateMagic) + 1
	switch {
	case len(b) < head+4 || string(b[:len(stateMagic)]) != stateMagic:
		return nil, nil, errors.New("read an index of duplicates: it does not begin with " + stateMagic)
	case b[head-1] != stateVersion:
		return nil, nil, fmt.Errorf("read an index of duplicates: version %d, want %d: build it anew from the texts", b[head-1], stateVersion)
	case crc32.ChecksumIEEE(b[:len(b)-4]) != binary.LittleEndian.Uint32(b[len(b)-4:]):
		return nil, nil, errors.New("read an index of duplicates: its checksum is wrong")
	}
	d := decoder{b: b[head : len(b)-4]}
	common := d.common()
	s := NewSigner(common)
	x := NewIndex(s)
	for n := d.uvarint(); n > 0 && d.err == nil; n-- {
		d.entry(x)
	}
	if d.err == nil && len(d.b) > 0 {
		d.err = fmt.Errorf("%d bytes too many", len(d.b))
	}
	if d.err != nil {
		return nil, nil, fmt.Errorf("read an index of duplicates: %w", d.err)
	}
	return x, s, nil
}

// A decoder reads a state from its front. After an error it yields zeroes.
type decoder struct {
	b   []byte
	err error
}

// take returns the next n bytes.
func (d *decoder) take(n uint64) []byte {
	if d.err == nil && n > uint64(len(d.b)) {
		d.err = errors.New("it ends too early")
	}
	if d.err != nil {
		return nil
	}
	head := d.b[:n]
	d.b = d.b[n:]
	return head
}

// uvarint reads a number, which must be spelt as short as can be, so that equal
// indexes have equal states.
func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	if d.err == nil && (n <= 0 || !bytes.Equal(binary.AppendUvarint(nil, v), d.b[:n])) {
		d.err = errors.New("not a number")
	}
	if d.err != nil {
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) uint64() uint64 {
	if b := d.take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func (d *decoder) common() Common {
	c := Common{map[uint64]struct{}{}}
	last := uint64(0)
	for n := d.uvarint(); n > 0 && d.err == nil; n-- {
		h := d.uint64()
		if d.err == nil && len(c.shingles) > 0 && h <= last {
			d.err = errors.New("common shingles are out of order")
		}
		c.shingles[h], last = struct{}{}, h
	}
	return c
}

func (d *decoder) name() string { return string(d.take(d.uvarint())) }

// entry reads a listing into x.
func (d *decoder) entry(x *Index) {
	m := Member{d.name(), d.name(), d.name()}
	s := d.signature()
	if d.err != nil {
		return
	}
	if _, twice := x.byID[m.Listing]; twice {
		d.err = fmt.Errorf("listing %q is in it twice", m.Listing)
		return
	}
	d.err = x.AddSigned(m, s)
}

func (d *decoder) signature() Signature {
	var s Signature
	if b := d.take(1); b != nil {
		s.form = form(b[0])
	}
	switch s.form {
	case silent:
	case exact:
		s.key = d.uint64()
	case full:
		for i := range s.min {
			s.min[i] = d.uint64()
		}
	default:
		d.err = fmt.Errorf("form %d of a signature, want 0 to 2", s.form)
	}
	return s
}
