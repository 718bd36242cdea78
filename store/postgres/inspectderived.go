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
			if err := v.damaged(vigil.TypePage, page, err); err != nil {
				return err
			}
			continue
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
		return "", v.damaged(vigil.TypePage, l.Page, err)
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

// sameFacts reports whether two documents have the same facts, but for whether a
// review waits, which stands beside them.
func sameFacts(a, b docFacts) bool {
	a.Waiting, b.Waiting = false, false
	x, err := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err == nil && err2 == nil && bytes.Equal(x, y)
}
