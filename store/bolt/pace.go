package bolt

import (
	"time"

	"vigil"
)

// A pace is what a source's rules are measured against, and what its service
// has made of it lately.
type pace struct {
	last     time.Time // start of the last fetch; zero if there was none
	rest     time.Time // no fetch starts before; zero if it never rested
	pages    int       // kept
	bytes    int64     // received, of these
	setbacks int       // that rested it, since its last page
	because  string    // class and reason of the last of these
}

// paceSize is the length of a stored pace in bytes, without its last field.
const paceSize = 5 * 8

func getPace(tx read, source string) (p pace, err error) {
	k := key(source)
	b := bucket(tx, bucketPace).Get(k)
	if len(b) < paceSize {
		return p, nil
	}
	because := b[paceSize:]
	if len(because) > 0 {
		if because, err = tx.box.open(bucketPace, k, because); err != nil {
			return p, err
		}
	}
	field := func(i int) []byte { return b[8*i : 8*i+8] }
	return pace{
		last:     maybeInstant(field(0)),
		rest:     maybeInstant(field(1)),
		pages:    int(parseNumber(field(2))),
		bytes:    int64(parseNumber(field(3))),
		setbacks: int(parseNumber(field(4))),
		because:  string(because),
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

func (w write) putPace(source string, p pace) error {
	b := make([]byte, 0, paceSize+len(p.because))
	b = appendMaybe(appendMaybe(b, p.last), p.rest)
	b = number(number(number(b, uint64(p.pages)), uint64(p.bytes)), uint64(p.setbacks))
	k := key(source)
	if p.because != "" {
		b = append(b, w.box.seal(bucketPace, k, []byte(p.because))...)
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

// rested returns p with a rest from now on, unless it rests longer already.
func (p pace) rested(now time.Time, d time.Duration) pace {
	if d > 0 {
		p.rest = later(p.rest, now.Add(min(d, maxWait)))
	}
	return p
}

// restAfter rests the source of a fetch task after a setback that asks for it.
func (w write) restAfter(source string, b vigil.Setback) error {
	p, err := getPace(w.read, source)
	if err != nil {
		return err
	}
	p = p.rested(w.now, b.Rest)
	p.setbacks++
	p.because = because(b)
	return w.putPace(source, p)
}

// restAfterCommit ends the row of a source's setbacks if a page came, and rests
// it if asked to.
func (w write) restAfterCommit(source string, r vigil.Result) error {
	old, err := getPace(w.read, source)
	if err != nil {
		return err
	}
	p := old.rested(w.now, r.Rest)
	if _, ok := r.Record.(vigil.Page); ok {
		p.setbacks, p.because = 0, ""
	}
	if p == old {
		return nil
	}
	return w.putPace(source, p)
}

// because says in one line why a setback rests a source.
func because(b vigil.Setback) string {
	class, reason := cut(b.Class, maxClass), cut(b.Reason, maxBecause)
	if class == "" || reason == "" {
		return class + reason
	}
	return class + ": " + reason
}
