package storetest

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"vigil"
	"vigil/internal/search"
	"vigil/store"
)

// searchModel commits random listings, assessments, decisions, tags, pages and lists,
// and compares what random queries find with a model that looks at each listing,
// after each stage of maintenance, and after the case was opened anew.
func searchModel(t *testing.T, e *env) {
	m := &searched{
		env: e, r: rand.New(rand.NewPCG(1, 2)), listings: map[string]*searchedListing{},
		mentions: map[string]map[string]bool{}, lists: map[string]map[string]bool{},
	}
	for round := range 10 {
		for range rounds(60) {
			m.commit()
		}
		if round%3 == 1 {
			if err := e.Maintain(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if round%4 == 3 {
			e.reopen()
		}
		for range rounds(25) {
			m.check(m.query())
		}
	}
	if m.found == 0 || m.missed == 0 {
		t.Errorf("%d queries found something, %d nothing; want both", m.found, m.missed)
	}
	if _, err := store.Check(t.Context(), e, nil); err != nil {
		t.Error(err)
	}
}

// A searchedListing is what the model knows of a listing.
type searchedListing struct {
	newest   vigil.Listing
	n        int // of the commit that brought it
	a        vigil.Assessment
	ds       []vigil.Decision
	remarks  []vigil.Remark
	waiting  bool
	captures []vigil.Page
}

type searched struct {
	*env
	r        *rand.Rand
	n        int
	listings map[string]*searchedListing
	pages    map[string]vigil.Page
	mentions map[string]map[string]bool // keys by listing and page
	lists    map[string]map[string]bool // keys by name of the list

	found, missed int
}

func (m *searched) pick(of ...string) string { return of[m.r.IntN(len(of))] }

// word returns a word; some are far more frequent than others.
func (m *searched) word() string {
	words := []string{"harbour", "the", "quay", "Tour", "map", "tide", "lantern", "ÉTUDE", "карта", "ka\u200brta", "漢字", "ﬁsh", "12", "x-ray", "bell", "buoy", "reef", "ke\u0301lp", "сat", "anchor"}
	return words[min(m.r.IntN(len(words)), m.r.IntN(len(words)), m.r.IntN(len(words)))]
}

func (m *searched) words(n int) string {
	var ws []string
	for range m.r.IntN(n + 1) {
		ws = append(ws, m.word())
	}
	return strings.Join(ws, m.pick(" ", "\n", ", "))
}

func (m *searched) source() string { return m.pick(src, "ORD-2/market-b", "ORD-2/market-a") }

// commit changes the case and the model in one of the ways in which cases change.
func (m *searched) commit() {
	m.n++
	m.clock.advance(time.Hour)
	known := slices.Sorted(maps.Keys(m.listings))
	if len(known) == 0 || m.r.IntN(10) < 5 {
		m.read(page(m.source(), fmt.Sprint("http://x.onion/", m.r.IntN(400)), m.n*300))
		return
	}
	l := m.listings[known[m.r.IntN(len(known))]]
	p := l.captures[m.r.IntN(len(l.captures))]
	switch m.r.IntN(15) {
	case 0:
		m.read(p)
	case 1, 2, 3, 4, 5, 6:
		m.assess(l, p)
	case 7, 8:
		part := vigil.Part(m.pick("", "", "", "adjudication", "withdrawal"))
		verdict := vigil.Verdict(m.pick("relevant", "unsure", "urgent"))
		if part == vigil.Withdrawal {
			verdict = ""
		}
		l.ds = append(l.ds, m.judge(p, m.pick("rev-1", "rev-2", "rev-3"), part, verdict))
	case 12, 13:
		kind := vigil.RemarkKind(m.pick("tag", "tag", "untag", "note"))
		l.remarks = append(l.remarks, m.remark(p, kind, m.pick("boats", "night-shift", "old")))
	case 9:
		m.review()
	case 10:
		name := m.pick("list a", "list b\nc")
		w, rows := watchlist(m.t, name, fmt.Sprint("2026-01-01-", m.n), row("x", m.key()))
		m.importList(w, rows)
		if m.lists[name] == nil {
			m.lists[name] = map[string]bool{}
		}
		m.lists[name][rows[0].Parsed[0].Key] = true
	case 11:
		m.forget(l)
	default:
		m.read(page(p.Source, p.URL, m.n*300))
	}
}

// forget erases a listing with all that was made of it.
func (m *searched) forget(l *searchedListing) {
	id := l.newest.ID
	m.erase(erasure(vigil.TypeListing, id))
	for _, p := range l.captures {
		delete(m.mentions, id+p.ID)
		delete(m.pages, p.ID)
	}
	delete(m.listings, id)
}

func (m *searched) key() string { return fmt.Sprint("k", m.r.IntN(30)) }

// read commits a reading of a page, and perhaps the page, before or after it.
func (m *searched) read(p vigil.Page) {
	l := sold(p, m.pick("", "North Star", "north", "Quay & Sons"))
	l.Title, l.Description, l.Contact = m.words(4), m.words(12), []string{m.words(2)}
	l.PageType = vigil.PageType(m.pick("listing", "vendor", "index"))
	if m.r.IntN(2) == 0 {
		l.Category = []string{m.words(2), m.words(2)}
	}
	if m.pages == nil {
		m.pages = map[string]vigil.Page{}
	}
	imports := m.pages[p.ID].ID == "" && m.r.IntN(4) > 0
	before := m.r.IntN(2) == 0
	if imports && before {
		m.record(p, vigil.ActImport)
	}
	m.record(l, vigil.ActExtract)
	if imports && !before {
		m.record(p, vigil.ActImport)
	}
	if imports {
		m.pages[p.ID] = p
	}
	ml := m.listings[l.ID]
	if ml == nil {
		ml = &searchedListing{}
		m.listings[l.ID] = ml
	}
	ml.newest, ml.n, ml.captures = l, m.n, append(ml.captures, p)
}

// assess commits an assessment of a capture, and perhaps asks for its review.
func (m *searched) assess(l *searchedListing, p vigil.Page) {
	a := assessment(p, vigil.Level(m.pick("none", "note", "review", "priority", "escalate")), float64(m.r.IntN(20))/20)
	a.Genre = vigil.Genre(m.pick("news", "offer-goods", "unknown"))
	keys := map[string]bool{}
	for range m.r.IntN(3) {
		k := m.key()
		a.Identifiers, keys[k] = append(a.Identifiers, ident(k, 0)), true
	}
	m.mentions[a.ID+p.ID] = keys
	review := vigil.NewTask(vigil.Review, a.Source, a.Page)
	var next []vigil.Task
	if m.r.IntN(2) == 0 {
		next = append(next, review)
	}
	m.record(a, vigil.ActClassify, next...)
	l.a = a
	t, err := m.Task(m.t.Context(), review.ID)
	l.waiting = err == nil && (t.State == vigil.Queued || t.State == vigil.Leased)
}

// review ends a review.
func (m *searched) review() {
	ts, _ := m.lease(vigil.Review, 1)
	if len(ts) == 0 {
		return
	}
	if err := m.Commit(m.t.Context(), ts[0], vigil.Result{Act: act(vigil.ActView, "")}); err != nil {
		m.t.Fatal(err)
	}
	for _, l := range m.listings {
		if l.a.Page == ts[0].Subject && l.a.Source == ts[0].Source {
			l.waiting = false
		}
	}
}

// query returns a random query, some of it sure to be found.
func (m *searched) query() search.Query {
	for {
		var q search.Query
		for range 1 + m.r.IntN(3) {
			c := search.Clause{Not: m.r.IntN(4) == 0}
			for range 1 + max(0, m.r.IntN(4)-1) {
				c.Any = append(c.Any, m.term())
			}
			q.Clauses = append(q.Clauses, c)
		}
		if q.Check() == nil {
			return q
		}
	}
}

func (m *searched) term() search.Term {
	at := day.Add(time.Duration(m.r.IntN(900*300)) * time.Minute)
	switch m.r.IntN(17) {
	case 0:
		return search.Term{Kind: search.Title, Words: search.Words(m.word())}
	case 1:
		return search.Term{Kind: search.Category, Words: search.Words(m.words(2))}
	case 2:
		return search.Term{Kind: search.Vendor, Words: search.Words(m.pick("North Star", "north", "quay sons", "quay"))}
	case 3:
		return search.Term{Kind: search.Identifier, Keys: []string{m.key(), m.key()}}
	case 4:
		return search.Term{Kind: search.Level, Value: m.pick("none", "note", "review", "priority", "escalate"), AtLeast: m.r.IntN(2) == 0}
	case 5:
		return search.Term{Kind: search.Genre, Value: m.pick("news", "offer-goods", "x")}
	case 6:
		return search.Term{Kind: search.Source, Value: m.pick(src, "market-a", "market-b", "market")}
	case 7:
		return search.Term{Kind: search.Type, Value: m.pick("listing", "vendor", "x")}
	case 8:
		return search.Term{Kind: search.Decision, Value: m.pick("relevant", "urgent", search.Any, search.None)}
	case 9:
		return search.Term{Kind: search.Watchlist, Value: m.pick("list a", "list b\nc", "list", search.Any, search.None)}
	case 10:
		return search.Term{Kind: search.Since, From: at}
	case 11:
		return search.Term{Kind: search.Until, To: at}
	case 12:
		return search.Term{Kind: search.Status, Value: search.Waiting}
	case 14:
		return search.Term{Kind: search.Tag, Value: m.pick("boats", "night-shift", "old", "x", search.Any, search.None)}
	case 13:
		return search.Term{Kind: search.Text, Words: search.Words(m.words(3))}
	}
	return search.Term{Kind: search.Text, Words: search.Words(m.word())}
}

// facts returns what the model knows of a listing.
func (m *searched) facts(l *searchedListing) search.Facts {
	var lists []string
	for name, keys := range m.lists {
		if slices.ContainsFunc(l.a.Identifiers, func(id vigil.Identifier) bool { return keys[id.Key] }) {
			lists = append(lists, name)
		}
	}
	slices.Sort(lists)
	var tags []string
	if on := vigil.Gather(l.remarks).Tags; len(on) > 0 {
		tags = slices.Sorted(slices.Values(on))
	}
	return store.SearchFacts(l.newest, l.a, vigil.Judge(l.ds).Last(), tags, m.pages[l.newest.Page], lists, l.waiting)
}

// check compares what a query finds with what the model finds.
func (m *searched) check(q search.Query) {
	m.t.Helper()
	var want []*searchedListing
	for id, l := range m.listings {
		mentioned := func(key string) bool {
			return slices.ContainsFunc(l.captures, func(p vigil.Page) bool { return m.mentions[id+p.ID][key] })
		}
		if q.Match(search.NewDocument(l.newest), m.facts(l), mentioned) {
			want = append(want, l)
		}
	}
	r := store.SearchRequest{Query: q, Limit: 1 + m.r.IntN(30), Count: true}
	if m.r.IntN(2) == 0 {
		r.Order = store.ByLevel
	}
	if m.r.IntN(4) == 0 {
		r.Look = 1 + m.r.IntN(60)
	}
	slices.SortFunc(want, func(a, b *searchedListing) int {
		if r.Order == store.ByLevel {
			if c := cmp.Or(cmp.Compare(b.a.Level.Rank(), a.a.Level.Rank()), cmp.Compare(b.a.Score, a.a.Score)); c != 0 {
				return c
			}
		}
		return cmp.Compare(b.n, a.n)
	})
	if len(want) > 0 {
		m.found++
	} else {
		m.missed++
	}
	hits, count := m.find(r)
	got, ids := []string{}, []string{}
	for _, h := range hits {
		got = append(got, h.Listing.ID+" "+h.Listing.Page)
	}
	for i, l := range want {
		ids = append(ids, l.newest.ID+" "+l.newest.Page)
		if i < len(hits) {
			if diff := gocmp.Diff(m.facts(l), hits[i].Facts); diff != "" {
				m.t.Fatalf("facts of hit %d of %+v (-want +got):\n%s", i, q, diff)
			}
		}
	}
	if diff := gocmp.Diff(ids, got); diff != "" {
		m.t.Fatalf("%+v in order %q finds (-want +got):\n%s", q, r.Order, diff)
	}
	counted := m.count(want)
	if count.AtLeast && r.Look > 0 { // the newest of them, then
		slices.SortFunc(want, func(a, b *searchedListing) int { return cmp.Compare(b.n, a.n) })
		counted = m.count(want[:min(count.N, r.Look, len(want))])
		counted.AtLeast = true
	}
	if diff := gocmp.Diff(counted, count); diff != "" {
		m.t.Fatalf("%+v counts (-want +got):\n%s", q, diff)
	}
}

// count counts what the model found.
func (m *searched) count(found []*searchedListing) *store.SearchCount {
	counts := map[search.Kind]map[string]int{}
	for _, l := range found {
		f := m.facts(l)
		month := ""
		if !f.Captured.IsZero() {
			month = f.Captured.Format("2006-01")
		}
		for kind, values := range map[search.Kind][]string{
			search.Level: {string(f.Level)}, search.Genre: {string(f.Genre)}, search.Vendor: {l.newest.Vendor}, search.Source: {f.Source},
			search.Type: {string(f.Type)}, store.FacetMonth: {month}, search.Decision: {string(f.Verdict)}, search.Tag: f.Tags, search.Watchlist: f.Lists,
		} {
			for _, v := range values {
				if counts[kind] == nil {
					counts[kind] = map[string]int{}
				}
				if v != "" {
					counts[kind][v]++
				}
			}
		}
	}
	c := &store.SearchCount{N: len(found)}
	for _, kind := range store.FacetNames() {
		f := store.Facet{Name: kind}
		for v, n := range counts[kind] {
			f.Values = append(f.Values, store.FacetValue{Value: v, N: n})
		}
		slices.SortFunc(f.Values, func(a, b store.FacetValue) int { return cmp.Or(b.N-a.N, strings.Compare(a.Value, b.Value)) })
		c.Facets = append(c.Facets, f)
	}
	return c
}
