package watchlist

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Bounds on entities.
const (
	maxEntity      = 4 << 20 // bytes of one line
	maxEntityDepth = 8       // of entities inside entities
)

// An entity is one of FollowTheMoney (followthemoney.tech). A property's values
// are texts, IDs of entities, or in nested exports the entities themselves.
type entity struct {
	ID         string                       `json:"id"`
	Schema     string                       `json:"schema"`
	Caption    string                       `json:"caption"`
	LastSeen   string                       `json:"last_seen"`
	Properties map[string][]json.RawMessage `json:"properties"`
}

// texts returns the plain values of a property, and the IDs of entities in it.
func (e *entity) texts(name string) []string {
	var out []string
	for _, raw := range e.Properties[name] {
		var s string
		if json.Unmarshal(raw, &s) != nil {
			var inner struct {
				ID string `json:"id"`
			}
			if json.Unmarshal(raw, &inner) != nil {
				continue
			}
			s = inner.ID
		}
		if s != "" && len(out) < 1000 {
			out = append(out, s)
		}
	}
	return out
}

func (e *entity) text(name string) string { return first(e.texts(name)) }

// An account is a wallet or a bank account on the list.
type account struct {
	line    int
	file    string
	id      string
	raws    []accountRaw
	holders []string
	topics  []string
	url     string
}

type accountRaw struct {
	text string
	col  column
}

// A party is a holder, as far as rows need it.
type party struct {
	name   string
	topics []string
}

// A sanction is why an entity is listed.
type sanction struct {
	programmes         []string
	listed, start, end string
	url                string
}

// ftmReader joins accounts with their holders and sanctions, which may stand
// before or after them in the file: the first reading keeps the accounts, the
// second what belongs to them. Memory is bounded by the accounts, not the file.
type ftmReader struct {
	b         *builder
	accounts  []*account
	owners    map[string][]string // of an account, by Ownership entities
	wanted    map[string]bool     // IDs of accounts and holders
	parties   map[string]party
	sanctions map[string][]sanction
	lastSeen  string
	good, bad int // lines
}

// ftm reads entities, one a line.
func (b *builder) ftm(srcs []*source) error {
	r := &ftmReader{b: b, owners: map[string][]string{}, wanted: map[string]bool{}, parties: map[string]party{}, sanctions: map[string][]sanction{}}
	starts := make([]int64, len(srcs))
	for i, s := range srcs {
		seeker, ok := s.body.(io.Seeker)
		if !ok {
			return fmt.Errorf("%s: this format is read twice, which a stream does not allow; give a file", s.name)
		}
		at, err := seeker.Seek(0, io.SeekCurrent)
		if err != nil {
			return err
		}
		starts[i] = at - int64(s.in.Buffered())
	}
	for _, s := range srcs {
		if err := b.one(s, func(s *source) error { return r.each(s, r.account, true) }); err != nil {
			return err
		}
	}
	if r.good == 0 {
		return fmt.Errorf("no line is an entity of FollowTheMoney (%d are malformed)", r.bad)
	}
	r.want()
	if err := r.again(srcs, starts); err != nil {
		return err
	}
	if r.lastSeen != "" {
		b.fileDate, b.fileDateFrom = r.lastSeen, "the latest last_seen"
	}
	return r.rows()
}

// again reads the files for the second time, and checks that they did not
// change.
func (r *ftmReader) again(srcs []*source, starts []int64) error {
	sum := sha256.New()
	for i, s := range srcs {
		if _, err := s.body.(io.Seeker).Seek(starts[i], io.SeekStart); err != nil {
			return err
		}
		s2 := newSource(File{s.name, s.body}, sum)
		if err := r.b.one(s2, func(s *source) error { return r.each(s, r.related, false) }); err != nil {
			return err
		}
	}
	if !bytes.Equal(sum.Sum(nil), srcs[0].sum.Sum(nil)) {
		return errors.New("the file changed while it was read")
	}
	return nil
}

// each calls f with every entity, those inside others too, and what is around it.
func (r *ftmReader) each(s *source, f func(line int, e, around *entity) error, report bool) error {
	l := s.lines(maxEntity)
	for {
		line, err := l.read()
		if err == io.EOF {
			return nil
		}
		if err != nil && !errors.Is(err, errLong) {
			return err
		}
		if err := r.b.ctx.Err(); err != nil {
			return err
		}
		if err == nil && strings.TrimSpace(line) == "" {
			continue
		}
		var e entity
		if err == nil {
			err = json.Unmarshal([]byte(line), &e)
		}
		if err == nil && (e.ID == "" || e.Schema == "") {
			err = errors.New("the entity has no id or no schema")
		}
		if err != nil {
			if r.bad++; report {
				if err := r.b.problem(l.n, "malformed entity: %v", err); err != nil {
					return err
				}
			}
			continue
		}
		r.good++
		if err := r.nested(l.n, &e, nil, f, maxEntityDepth); err != nil {
			return err
		}
	}
}

// nested calls f with an entity and those inside it.
func (r *ftmReader) nested(line int, e, around *entity, f func(line int, e, around *entity) error, depth int) error {
	if err := f(line, e, around); err != nil || depth == 0 {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(e.Properties)) { // the same file gives the same rows
		for _, raw := range e.Properties[name] {
			if len(raw) == 0 || raw[0] != '{' {
				continue
			}
			var inner entity
			if json.Unmarshal(raw, &inner) != nil || inner.ID == "" || inner.Schema == "" {
				continue
			}
			if err := r.nested(line, &inner, e, f, depth-1); err != nil {
				return err
			}
		}
	}
	return nil
}
