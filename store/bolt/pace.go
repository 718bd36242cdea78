package bolt

import (
	"time"

	"vigil"
	"vigil/store/rule"
)

// paceSize is the length of a stored pace in bytes, without its last field.
const paceSize = 5 * 8

func getPace(tx read, source string) (p rule.Pace, err error) {
	k := key(source)
	b := bucket(tx, bucketPace).Get(k)
	if len(b) < paceSize {
		return p, nil
	}
	because := b[paceSize:]
	if len(because) > 0 {
		if because, err = tx.box.Open(bucketPace, k, because); err != nil {
			return p, err
		}
	}
	field := func(i int) []byte { return b[8*i : 8*i+8] }
	return rule.Pace{
		Last:     maybeInstant(field(0)),
		Rest:     maybeInstant(field(1)),
		Pages:    int(parseNumber(field(2))),
		Bytes:    int64(parseNumber(field(3))),
		Setbacks: int(parseNumber(field(4))),
		Because:  string(because),
	}, nil
}

// pacedSources returns the sources that have a pace.
func pacedSources(tx read) (sources []string) {
	c := bucket(tx, bucketPace).Cursor()
	for k, _ := c.First(); len(k) > 0; k, _ = c.Next() {
		sources = append(sources, string(k[:len(k)-1]))
	}
	return sources
}

func (w write) putPace(source string, p rule.Pace) error {
	b := make([]byte, 0, paceSize+len(p.Because))
	b = appendMaybe(appendMaybe(b, p.Last), p.Rest)
	b = number(number(number(b, uint64(p.Pages)), uint64(p.Bytes)), uint64(p.Setbacks))
	k := key(source)
	if p.Because != "" {
		b = append(b, w.box.Seal(bucketPace, k, []byte(p.Because))...)
	}
	return bucket(w.read, bucketPace).Put(k, b)
}

// appendMaybe appends a time, of which the zero one is written as 0.
func appendMaybe(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return number(b, 0)
	}
	return instant(b, t)
}

func maybeInstant(b []byte) time.Time {
	if parseNumber(b) == 0 {
		return time.Time{}
	}
	return parseInstant(b)
}

// restAfter rests the source of a fetch task after a setback that asks for it.
func (w write) restAfter(source string, b vigil.Setback) error {
	p, err := getPace(w.read, source)
	if err != nil {
		return err
	}
	return w.putPace(source, p.AfterSetback(w.now, b))
}

// restAfterCommit ends the row of a source's setbacks if a page came, and rests
// it if asked to.
func (w write) restAfterCommit(source string, r vigil.Result) error {
	old, err := getPace(w.read, source)
	if err != nil {
		return err
	}
	p := old.AfterCommit(w.now, r)
	if p == old {
		return nil
	}
	return w.putPace(source, p)
}
