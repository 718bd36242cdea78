package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"vigil"
	"vigil/store"
	"vigil/store/rule"
)

// A storedPace is a pace as it is stored.
type storedPace struct {
	last, rest             *int64
	pages, bytes, setbacks *int64
	because                []byte
}

const paceColumns = `pace.last, pace.rest, pace.pages, pace.bytes, pace.setbacks, pace.because`

func (p *storedPace) into() []any {
	return []any{&p.last, &p.rest, &p.pages, &p.bytes, &p.setbacks, &p.because}
}

func (r read) parsePace(source string, p storedPace) (out rule.Pace, err error) {
	if p.pages == nil {
		return out, nil
	}
	because := p.because
	if because != nil {
		if because, err = r.box.Open("pace", place(source), because); err != nil {
			return out, err
		}
	}
	return rule.Pace{
		Last: fromStamp(p.last), Rest: fromStamp(p.rest), Pages: int(*p.pages), Bytes: *p.bytes, Setbacks: int(*p.setbacks), Because: string(because),
	}, nil
}

// askPace locks a source's pace with the next send, if it has one; with skip, only if
// no other transaction has locked it.
func (w *write) askPace(source string, skip bool) {
	sql := `SELECT ` + paceColumns + ` FROM pace WHERE source = $1 FOR UPDATE`
	if skip {
		sql += ` SKIP LOCKED`
	}
	stored := &storedPace{}
	w.ask(sql, []any{source}, stored.into(), func() (err error) {
		w.paces[source], err = w.parsePace(source, *stored)
		return err
	})
}

// changePace changes a source's pace, which is locked from then on.
func (w *write) changePace(source string, change func(rule.Pace) rule.Pace) error {
	if _, ok := w.paces[source]; !ok {
		w.do(`INSERT INTO pace VALUES ($1) ON CONFLICT DO NOTHING`, source)
		w.askPace(source, false)
		if err := w.send(); err != nil {
			return err
		}
	}
	old := w.paces[source]
	p := change(old)
	if p == old {
		return nil
	}
	w.paces[source] = p
	var because []byte
	if p.Because != "" {
		because = w.box.Seal("pace", place(source), []byte(p.Because))
	}
	w.do(`UPDATE pace SET last = $2, rest = $3, pages = $4, bytes = $5, setbacks = $6, because = $7 WHERE source = $1`,
		source, stamp(p.Last), stamp(p.Rest), p.Pages, p.Bytes, p.Setbacks, because)
	return nil
}

// parseSource reads a stored source; the zero one if there is nothing.
func (r read) parseSource(id string, b []byte) (src vigil.Source, err error) {
	if b == nil {
		return src, nil
	}
	if b, err = r.box.Open("sources", place(id), b); err == nil {
		err = json.Unmarshal(b, &src)
	}
	if err != nil {
		return vigil.Source{}, fmt.Errorf("source %s: %w", id, err)
	}
	return src, nil
}

// Sources implements [store.Reader].
func (s *Store) Sources(ctx context.Context) (ss []store.SourceStatus, err error) {
	err = s.glance(ctx, func(r read) error {
		ss = nil
		var (
			id             string
			data, standing []byte
			p              storedPace
		)
		return r.each(`SELECT id, data, standing, `+paceColumns+` FROM sources LEFT JOIN pace ON source = id ORDER BY id`, nil,
			append([]any{&id, &data, &standing}, p.into()...), func() error {
				one, err := r.status(id, slices.Clone(data), standing, p)
				ss = append(ss, one)
				return err
			})
	})
	if err != nil {
		return nil, fmt.Errorf("list sources: %w", err)
	}
	return ss, nil
}

func (r read) status(id string, data, standing []byte, stored storedPace) (s store.SourceStatus, err error) {
	if s.Source, err = r.parseSource(id, data); err != nil {
		return s, err
	}
	if s.Standing, err = r.parseStanding(id, standing); err != nil {
		return s, err
	}
	p, err := r.parsePace(id, stored)
	s.Pages, s.Bytes, s.Last, s.Rest, s.Because, s.Setbacks = p.Pages, p.Bytes, p.Last, p.Rest, p.Because, p.Setbacks
	return s, err
}
