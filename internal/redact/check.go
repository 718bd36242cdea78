package redact

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"vigil"
)

// MaxItem bounds a line of withheld.jsonl.
const MaxItem = 8 << 10

// ParseItem reads a line of withheld.jsonl, which may be hostile.
func ParseItem(line []byte) (it Item, err error) {
	if len(line) > MaxItem {
		return it, fmt.Errorf("%d bytes long, want at most %d", len(line), MaxItem)
	}
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&it); err != nil {
		return it, fmt.Errorf("withheld item: %w", err)
	}
	again, err := json.Marshal(it)
	if err != nil || !bytes.Equal(again, line) {
		return it, errors.New("withheld item: is not spelt as vigil spells it")
	}
	return it, it.check()
}

func (it Item) check() error {
	sum, err := hex.DecodeString(it.SHA256)
	spot, err2 := hex.DecodeString(it.Place)
	switch {
	case it.N < 1:
		return fmt.Errorf("item %d: want a number from 1", it.N)
	case !slices.Contains([]Form{ByMark, ByName, ByKey, Quoted, Moved, Record, Absent, LogLine, Gone}, it.Form):
		return fmt.Errorf("item %d: unknown form %q", it.N, it.Form)
	case !strings.HasPrefix(it.File, "data/"):
		return fmt.Errorf("item %d: file %q: want one in data/", it.N, it.File)
	case err != nil || len(sum) != 32 || err2 != nil || len(spot) != 16:
		return fmt.Errorf("item %d: want a sha256 of 64 hex digits, and a place of 32", it.N)
	case it.Pointer != "" && it.Pointer[0] != '/':
		return fmt.Errorf("item %d: pointer %q: want / first (RFC 6901)", it.N, it.Pointer)
	case (it.At != nil) != (it.Form == ByMark || it.Form == ByName) || it.At != nil && *it.At < 0:
		return fmt.Errorf("item %d: at belongs to marks and names", it.N)
	case (it.Seq != nil) && it.Form != LogLine && it.Form != Gone || it.Form == LogLine && it.Seq == nil:
		return fmt.Errorf("item %d: seq belongs to lines that are left out", it.N)
	}
	_, err = ParseReason(string(it.Reason))
	return err
}

// within returns the items that lie in a record, by their pointers without the record's own.
func within(items []Item, prefix string) map[string][]Item {
	m := map[string][]Item{}
	for _, it := range items {
		if it.Form == Record || it.Form == Absent {
			continue
		}
		if p, ok := strings.CutPrefix(it.Pointer, prefix); ok {
			m[p] = append(m[p], it)
		}
	}
	return m
}

// CheckMarks reports whether each of a record's items shows where it says. Items are those
// of its file; prefix is "" or, of a decision, the first part of their pointers.
func CheckMarks(record []byte, prefix string, items []Item) error {
	root, err := parseJSON(record)
	if err != nil {
		return err
	}
	by := within(items, prefix)
	found := 0
	err = root.walk("", "", func(v *value, pointer, _ string) error {
		for _, it := range by[pointer] {
			found++
			if err := it.showsIn(v, record); err != nil {
				return fmt.Errorf("item %d: %s: %w", it.N, it.Pointer, err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, its := range by {
		found -= len(its)
	}
	if found != 0 {
		return fmt.Errorf("%d items lead nowhere in it, or more than once", max(found, -found))
	}
	return nil
}

// showsIn reports whether an item shows in v.
func (it Item) showsIn(v *value, doc []byte) error {
	switch it.Form {
	case ByKey:
		if v.key != name(it.N) {
			return fmt.Errorf("is named %q, want %q", v.key, name(it.N))
		}
	case Moved:
		if v.kind != '0' {
			return errors.New("is no number")
		}
	case Quoted, ByMark, ByName:
		if v.kind != '"' {
			return errors.New("is no string")
		}
		if it.Form == Quoted {
			return nil
		}
		text := v.text(doc)
		if *it.At > len(text) || it.put(text[*it.At:]) == "" {
			return fmt.Errorf("byte %d: there is no mark", *it.At)
		}
	default:
		return fmt.Errorf("form %q has no place in a record", it.Form)
	}
	return nil
}

// put returns the mark or name of the item that text begins with; "" if there is none.
func (it Item) put(text string) string {
	if it.Form == ByMark {
		if m := mark(it.N, it.Reason); strings.HasPrefix(text, m) {
			return m
		}
		return ""
	}
	rest, ok := strings.CutPrefix(text, "withheld-")
	n := 0
	for n < len(rest) && n < 9 && '0' <= rest[n] && rest[n] <= '9' {
		n++
	}
	if m, err := strconv.Atoi(rest[:n]); !ok || err != nil || m < 1 || m > it.N {
		return ""
	}
	return text[:len("withheld-")+n]
}

// Compare reports where a record of a disclosure differs from the parent's but for its
// items. It needs no key, and so does not check what stood there.
func Compare(parent, record []byte, prefix string, items []Item) error {
	was, err := parseJSON(parent)
	if err != nil {
		return err
	}
	is, err := parseJSON(record)
	if err != nil {
		return err
	}
	c := comparison{parent, record, within(items, prefix)}
	return c.values(was, is, "")
}

type comparison struct {
	parent, record []byte
	items          map[string][]Item
}

func (c comparison) values(was, is *value, pointer string) error {
	its := c.items[pointer]
	if was.kind != is.kind || len(was.members) != len(is.members) {
		return fmt.Errorf("%s: is of another kind or length than the parent's", pointer)
	}
	for i, m := range is.members {
		token := strconv.Itoa(i)
		if is.kind == '{' {
			token = escapePointer(m.key)
		}
		below := pointer + "/" + token
		if m.key != was.members[i].key && !slices.ContainsFunc(c.items[below], func(it Item) bool { return it.Form == ByKey }) {
			return fmt.Errorf("%s: is named %q in the parent", below, was.members[i].key)
		}
		if err := c.values(was.members[i], m, below); err != nil {
			return err
		}
	}
	if len(is.members) > 0 || was.raw(c.parent) == is.raw(c.record) {
		return nil
	}
	its = slices.DeleteFunc(slices.Clone(its), func(it Item) bool { return it.Form == ByKey })
	switch {
	case len(its) == 0:
		return fmt.Errorf("%s: differs from the parent's, and no item says why", pointer)
	case is.kind != '"' || its[0].Form == Quoted:
		return nil
	}
	return pieces(was.text(c.parent), is.text(c.record), its)
}

// pieces reports whether what stands between marks stands in the parent's string, in that order.
func pieces(was, is string, its []Item) error {
	from := 0
	for i, it := range its {
		if it.At == nil || *it.At < from || *it.At > len(is) {
			return fmt.Errorf("item %d: is not in order", it.N)
		}
		kept := is[from:*it.At]
		k := strings.Index(was, kept)
		if k < 0 || i == 0 && k != 0 {
			return fmt.Errorf("item %d: what stands before it is not the parent's", it.N)
		}
		was = was[k+len(kept):]
		put := it.put(is[*it.At:])
		if put == "" {
			return fmt.Errorf("item %d: there is no mark", it.N)
		}
		from = *it.At + len(put)
	}
	if !strings.HasSuffix(was, is[from:]) {
		return errors.New("what stands behind the last mark is not the parent's")
	}
	return nil
}

// Value returns what an item withholds, from the parent's record and the disclosure's.
func Value(parent, record []byte, prefix string, it Item, at Spot) ([]byte, error) {
	if it.Form == Record || it.Form == Gone {
		return parent, nil
	}
	was, err := parseJSON(parent)
	if err != nil {
		return nil, err
	}
	is, err := parseJSON(record)
	if err != nil {
		return nil, err
	}
	_, way, err := is.at(strings.TrimPrefix(it.Pointer, prefix))
	if err != nil {
		return nil, err
	}
	v, err := was.along(way)
	if err != nil {
		return nil, err
	}
	text := v.raw(parent)
	switch {
	case it.Form == ByKey:
		text = v.key
	case v.kind == '"':
		text = v.text(parent)
	}
	if at.Start < 0 || at.Len < 0 || at.Start+at.Len > len(text) {
		return nil, fmt.Errorf("item %d: %w: bytes %d to %d of a value of %d", it.N, vigil.ErrTampered, at.Start, at.Start+at.Len, len(text))
	}
	return []byte(text[at.Start : at.Start+at.Len]), nil
}
