package postgres

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"slices"

	"vigil"
	"vigil/store"
	"vigil/store/rule"
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

func (v *inspector) captures(k keptListing, d derived) {
	same := func(a, b *int64) bool { return (a == nil) == (b == nil) && (a == nil || *a == *b) }
	for _, c := range k.captures {
		want, ok := d.captures[c.page]
		switch {
		case !ok:
			v.flaw("captures", c.page+" "+k.id, true, "there is no such capture")
		case !same(c.assessment, want.assessment) || !same(c.reading, want.reading):
			v.flaw("captures", c.page+" "+k.id, true, "it names other versions than the newest")
		}
	}
	for _, page := range slices.Sorted(maps.Keys(d.captures)) {
		if !slices.ContainsFunc(k.captures, func(c captureRow) bool { return c.page == page }) {
			v.flaw("captures", page+" "+k.id, true, "it is missing")
		}
	}
}

func (v *inspector) mentions(k keptListing, d derived) error {
	for _, m := range k.mentions {
		if _, ok := d.captures[m.page]; !ok {
			v.flaw("mentions", m.page+" "+k.id, true, "there is no such capture")
		}
	}
	for _, page := range slices.Sorted(maps.Keys(d.captures)) {
		var found []version
		v.askVersions(vigil.TypePage, page, 1, &found)
		if err := v.send(); err != nil {
			return err
		}
		at, err := capturedAt(found)
		if err != nil {
			continue // a flaw of the page
		}
		if !v.sameMentions(store.MentionsOf(d.assessed[page], d.read[page].Vendor, at), k, page) {
			v.flaw("mentions", page+" "+k.id, true, "they are not those that follow from the records")
		}
	}
	return nil
}

// sameMentions reports whether the mentions of a capture are those that there should be.
func (v *inspector) sameMentions(want []vigil.Mention, k keptListing, page string) bool {
	for _, m := range k.mentions {
		if m.page != page {
			continue
		}
		got, err := v.parseMention(m.mentionAt, m.data)
		if err != nil || len(want) == 0 || !bytes.Equal(rule.AppendMention(nil, got, m.i, true), rule.AppendMention(nil, want[0], m.i, true)) {
			return false
		}
		want = want[1:]
	}
	return len(want) == 0
}

func (v *inspector) sorted(k keptListing, d derived) {
	var a vigil.Assessment
	assessed := len(d.gathered.assessed) > 0 && json.Unmarshal(d.gathered.assessed[0].data, &a) == nil
	switch {
	case !assessed && len(k.triage) > 0:
		v.flaw("triage", k.id, true, "it was never assessed")
	case assessed && len(k.triage) == 0:
		v.flaw("triage", k.id, true, "it is missing")
	case assessed:
		t := k.triage[0]
		if want := (triageRow{k.id, a.Source, a.Level.Rank(), score(a), reviewOf(a), d.waiting}); t != want && !math.IsNaN(want.score) {
			v.flaw("triage", k.id, true, "it says otherwise than the newest assessment and its review")
		}
	}
}

// docs holds the documents of a listing against its readings.
func (v *inspector) docs(k keptListing, d derived) error {
	docs := k.docs
	for i, r := range d.readings {
		for len(docs) > 0 && (docs[0].order < r.order || docs[0].order == r.order && docs[0].seq < r.seq) {
			v.flaw("docs", k.id, true, "there is no such reading")
			docs = docs[1:]
		}
		if len(docs) == 0 || docs[0].order != r.order || docs[0].seq != r.seq {
			v.flaw("docs", k.id, true, "a reading that no search finds")
			continue
		}
		what, err := v.doc(k, d, docs[0], r, i == len(d.readings)-1)
		if err != nil {
			return err
		}
		if what != "" {
			v.flaw("docs", k.id, true, "%s", what)
		}
		docs = docs[1:]
	}
	for range docs {
		v.flaw("docs", k.id, true, "there is no such reading")
	}
	return nil
}

// doc says what is wrong with the document of a reading, the newest or another.
func (v *inspector) doc(k keptListing, d derived, doc docRow, r recordRow, newest bool) (what string, err error) {
	var l vigil.Listing
	if err := json.Unmarshal(r.data, &l); err != nil {
		return "", err
	}
	if words := wordsAs(v.s.preparer().Tokens(l)); !slices.Equal(doc.words, words) {
		return "it has other words than its reading", nil
	}
	if doc.ended == newest {
		return "it says otherwise whether it is the newest reading", nil
	}
	var got docFacts
	b, err := v.box.Open("docs", docPlace(doc.n), doc.data)
	if err != nil || json.Unmarshal(b, &got) != nil {
		return "its facts cannot be opened", nil
	}
	if !newest {
		return "", nil
	}
	g := d.gathered
	v.askVersions(vigil.TypePage, l.Page, 1, &g.page)
	if err := v.send(); err != nil {
		return "", err
	}
	want, a, err := v.factsOf(l, g)
	if err != nil {
		return err.Error(), nil
	}
	at := stamp(want.Captured)
	tokens, have := v.factTokens(want.Facts), slices.Clone(doc.facts)
	slices.Sort(tokens)
	slices.Sort(have)
	if !sameFacts(want, got) || !slices.Equal(tokens, have) || doc.level != want.Level.Rank() || doc.score != score(a) && !math.IsNaN(score(a)) ||
		doc.waiting != d.waiting || (at == nil) != (doc.at == nil) || at != nil && *at != *doc.at {
		return "it has other facts than its listing", nil
	}
	return "", nil
}

// wordsAs returns tokens of words as the table has them.
func wordsAs(tokens []uint64) []int64 {
	words := make([]int64, len(tokens))
	for i, t := range tokens {
		words[i] = int64(t)
	}
	return words
}
