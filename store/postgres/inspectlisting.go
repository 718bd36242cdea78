package postgres

import (
	"encoding/json"

	"vigil"
)

// Rows of the tables that follow from the records of a listing.
type (
	recordRow struct {
		typ, id string
		version
	}
	captureRow struct {
		listing, page       string
		assessment, reading *int64
	}
	mentionRow struct {
		mentionAt
		data []byte
	}
	triageRow struct {
		listing, source string
		level           int
		score           float64
		review          string
		waiting         bool
	}
	docRow struct {
		listing, order string
		n, seq         int64
		ended          bool
		words, facts   []int64
		level          int
		score          float64
		at             *int64
		waiting        bool
		data           []byte
	}
)

// A keptListing is all that tables have of a listing.
type keptListing struct {
	id       string
	records  []recordRow
	captures []captureRow
	mentions []mentionRow
	triage   []triageRow
	docs     []docRow
}

// listings holds what follows from the records of each listing against these.
func (v *inspector) listings() error {
	const kinds = `('listing', 'assessment', 'decision', 'remark')`
	ids := openFeed(v.read, "feed_ids", `SELECT id FROM records WHERE typ IN `+kinds+` UNION SELECT listing FROM captures UNION SELECT listing FROM mentions
		UNION SELECT listing FROM triage UNION SELECT listing FROM docs ORDER BY 1`, func(id *string) []any { return []any{id} })
	records := openFeed(v.read, "feed_records", `SELECT r.typ, r.id, r.ord, r.seq, r.data, l.line FROM records r LEFT JOIN lines l ON l.ord = r.ord AND l.seq = r.seq
		WHERE r.typ IN `+kinds+` ORDER BY r.id, r.typ, r.ord, r.seq`, func(r *recordRow) []any { return []any{&r.typ, &r.id, &r.order, &r.seq, &r.data, &r.line} })
	captures := openFeed(v.read, "feed_captures", `SELECT listing, page, assessment, reading FROM captures ORDER BY listing, page`,
		func(c *captureRow) []any { return []any{&c.listing, &c.page, &c.assessment, &c.reading} })
	mentions := openFeed(v.read, "feed_mentions", `SELECT listing, page, i, key, at, data FROM mentions ORDER BY listing, page, i`,
		func(m *mentionRow) []any { return []any{&m.listing, &m.page, &m.i, &m.key, &m.at, &m.data} })
	triage := openFeed(v.read, "feed_triage", `SELECT listing, source, level, score, review, waiting FROM triage ORDER BY listing`,
		func(t *triageRow) []any {
			return []any{&t.listing, &t.source, &t.level, &t.score, &t.review, &t.waiting}
		})
	docs := openFeed(v.read, "feed_docs", `SELECT listing, ord, n, seq, ended IS NOT NULL, words, facts, level, score, at, waiting, data FROM docs ORDER BY listing, ord, seq, n`,
		func(d *docRow) []any {
			return []any{&d.listing, &d.order, &d.n, &d.seq, &d.ended, &d.words, &d.facts, &d.level, &d.score, &d.at, &d.waiting, &d.data}
		})
	v.done = 0
	return ids.each(func(id string) (err error) {
		v.step("listings")
		k := keptListing{id: id}
		if k.records, err = records.while(func(r recordRow) bool { return r.id == id }); err != nil {
			return err
		}
		if k.captures, err = captures.while(func(c captureRow) bool { return c.listing == id }); err != nil {
			return err
		}
		if k.mentions, err = mentions.while(func(m mentionRow) bool { return m.listing == id }); err != nil {
			return err
		}
		if k.triage, err = triage.while(func(t triageRow) bool { return t.listing == id }); err != nil {
			return err
		}
		if k.docs, err = docs.while(func(d docRow) bool { return d.listing == id }); err != nil {
			return err
		}
		return v.listing(k)
	})
}

// listing holds what tables have of a listing against what they should have.
func (v *inspector) listing(k keptListing) error {
	found := v.in.Mendable
	for i, r := range k.records {
		data, err := v.box.Open("records", recordPlace(r.typ, r.id, r.order, r.seq), r.data)
		if err != nil {
			v.flaw("records", r.typ+" "+r.id, false, "%v", err)
			return nil
		}
		k.records[i].data = data
	}
	d, err := v.derive(k)
	if err != nil {
		return err
	}
	v.captures(k, d)
	if err := v.mentions(k, d); err != nil {
		return err
	}
	v.sorted(k, d)
	if err := v.docs(k, d); err != nil {
		return err
	}
	if v.in.Mendable > found {
		v.damage.listings = append(v.damage.listings, k.id)
	}
	return nil
}

// A derived is what follows from the records of a listing, by page where it is of a
// capture.
type derived struct {
	captures map[string]captureRow
	assessed map[string]vigil.Assessment
	read     map[string]vigil.Listing
	readings []recordRow // of listings, oldest first
	gathered
}

// of returns the versions of a type.
func (k keptListing) of(typ string) (vs []version) {
	for _, r := range k.records {
		if r.typ == typ {
			vs = append(vs, r.version)
		}
	}
	return vs
}

// derive reads the records of a listing.
func (v *inspector) derive(k keptListing) (d derived, err error) {
	d = derived{captures: map[string]captureRow{}, assessed: map[string]vigil.Assessment{}, read: map[string]vigil.Listing{}}
	for _, r := range k.records {
		seq := r.seq
		switch r.typ {
		case vigil.TypeListing:
			var l vigil.Listing
			if json.Unmarshal(r.data, &l) != nil {
				v.flaw("records", r.typ+" "+r.id, false, "it is no listing")
				continue
			}
			c := d.captures[l.Page]
			c.page, c.reading = l.Page, &seq
			d.captures[l.Page], d.read[l.Page] = c, l
			d.readings = append(d.readings, r)
		case vigil.TypeAssessment:
			var a vigil.Assessment
			if json.Unmarshal(r.data, &a) != nil {
				v.flaw("records", r.typ+" "+r.id, false, "it is no assessment")
				continue
			}
			c := d.captures[a.Page]
			c.page, c.assessment = a.Page, &seq
			d.captures[a.Page], d.assessed[a.Page] = c, a
		}
	}
	if as := k.of(vigil.TypeAssessment); len(as) > 0 {
		d.gathered.assessed = as[len(as)-1:]
		var a vigil.Assessment
		if json.Unmarshal(as[len(as)-1].data, &a) == nil {
			v.askOne(`SELECT state IN ('queued', 'leased') FROM tasks WHERE id = $1`, []any{reviewOf(a)}, &d.waiting)
		}
	}
	d.decided, d.remarked = k.of(vigil.TypeDecision), k.of(vigil.TypeRemark)
	err = v.send()
	return d, err
}
