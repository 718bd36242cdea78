package postgres_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vigil"
	"vigil/internal/pgtest"
	"vigil/internal/seal"
	"vigil/store"
	"vigil/store/postgres"
)

var rotation = vigil.Act{Actor: "inv-04", Action: "test.rotate"}

// keys of which no other bytes of a case are.
var (
	keyOne = seal.Key{ID: [4]byte{0xc1, 0x9e, 0xb3, 0xa7}, Secret: [32]byte{1}}
	keyTwo = seal.Key{ID: [4]byte{0xd4, 0x86, 0xf2, 0x9b}, Secret: [32]byte{2}}
)

func rewrite(t *testing.T, address string, to *seal.Key, keys ...seal.Key) error {
	t.Helper()
	r := postgres.Rewriting{Act: rotation, Plain: to == nil}
	if to != nil {
		r.To = *to
	}
	return postgres.Rewrite(t.Context(), address, postgres.Options{Tool: "test", Keys: keys}, r)
}

// sealedCase makes a case with something in every table that is sealed.
func sealedCase(t *testing.T, address string, keys ...seal.Key) {
	t.Helper()
	s, err := postgres.Create(t.Context(), address, postgres.Options{Tool: "test", Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	variedCase(t, s)
	w := vigil.Watchlist{Name: "list", AsOf: "2026-01-01", ID: vigil.NewWatchlistID("list", "2026-01-01", "")}
	rows := []vigil.ListRow{
		{List: w.ID, N: 1, Raw: "a", Parsed: []vigil.ListID{{Key: "btc:shared"}, {Key: "btc:other"}}}, {List: w.ID, N: 2, Raw: "b", Parsed: []vigil.ListID{{Key: "btc:other"}}},
	}
	w.Rows = len(rows)
	if w.RowsSHA256, err = vigil.HashRows(rows); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Record(t.Context(), vigil.Result{Act: vigil.Act{Actor: "inv-04", Action: "test"}, Record: w, Rows: rows}); err != nil {
		t.Fatal(err)
	}
	standing := vigil.Standing{Source: "ORD-1/m", State: vigil.SourceOpen, Reason: "test"}
	if _, err := s.Record(t.Context(), vigil.Result{Act: vigil.Act{Actor: "inv-04", Action: "test", Order: "ORD-1"}, Standings: []vigil.Standing{standing}}); err != nil {
		t.Fatal(err)
	}
	from, until := time.Now().Add(-time.Hour).UTC(), time.Now().Add(time.Hour).UTC()
	record(t, s, vigil.Order{ID: "ORD-2", NotBefore: from, NotAfter: until, Sources: []vigil.Source{
		{Order: "ORD-2", Name: "f", Hosts: []string{"a.onion"}, NotBefore: from, NotAfter: until, Interval: time.Millisecond, Concurrency: 1, MaxPages: 9},
	}}, vigil.NewTask(vigil.Fetch, "ORD-2/f", "http://a.onion/1"))
	ts, _, err := s.Lease(t.Context(), store.LeaseRequest{Stage: vigil.Fetch, Holder: "w", N: 1, TTL: time.Hour})
	if err != nil || len(ts) != 1 {
		t.Fatal(len(ts), err)
	}
	if err := s.Release(t.Context(), ts[0], vigil.Setback{Class: "test", Reason: "slow", Retry: time.Hour, Rest: time.Hour}); err != nil {
		t.Fatal(err)
	}
}

// shown is what readers are shown of a case.
type shown struct {
	Items    []store.Item
	Mentions []vigil.Mention
	Listed   []vigil.ListRow
	Sources  []store.SourceStatus
	Tasks    []vigil.Task
	Pages    []vigil.Page
	Lines    []string
	Found    []string
}

// show reads a case whole, and checks it.
func show(t *testing.T, address string, keys ...seal.Key) (all shown) {
	t.Helper()
	s, err := postgres.Open(t.Context(), address, postgres.Options{Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx := t.Context()
	if r, err := store.Check(ctx, s, nil); err != nil {
		t.Fatalf("check: %v\n%v", err, r.Inspected.Flaws)
	}
	for it, err := range s.Items(ctx, store.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		p, err := s.Page(ctx, it.Listing.Page)
		if err != nil {
			t.Fatal(err)
		}
		all.Items, all.Pages = append(all.Items, it), append(all.Pages, p)
	}
	for m, err := range s.Mentions(ctx, "") {
		if err != nil {
			t.Fatal(err)
		}
		all.Mentions = append(all.Mentions, m)
	}
	for _, text := range []string{"tide", "id:btc:shared", "decision:not-relevant", "watchlist:any", "status:waiting", "level:review+", "needle-vendor-003"} {
		res, err := s.Search(ctx, store.SearchRequest{Query: query(t, text), Count: true})
		if err != nil {
			t.Fatal(err)
		}
		found := fmt.Sprint(text, " ", res.Count.N)
		for _, h := range res.Hits {
			found += " " + h.Listing.ID
		}
		all.Found = append(all.Found, found)
	}
	if all.Listed, err = s.Listed(ctx, "btc:shared"); err != nil {
		t.Fatal(err)
	}
	if all.Sources, err = s.Sources(ctx); err != nil {
		t.Fatal(err)
	}
	for _, state := range []vigil.State{vigil.Queued, vigil.Leased} {
		for task, err := range s.Tasks(ctx, vigil.Fetch, state) {
			if err != nil {
				t.Fatal(err)
			}
			all.Tasks = append(all.Tasks, task)
		}
	}
	for _, log := range []string{"", "ORD-1"} {
		for e, err := range s.Log(ctx, log) {
			if err != nil {
				t.Fatal(err)
			}
			if e.Action != rotation.Action {
				all.Lines = append(all.Lines, string(e.Line))
			}
		}
	}
	return all
}

// TestRewritingChangesNothingButTheSeal: from plain to sealed, to another key, and back.
func TestRewritingChangesNothingButTheSeal(t *testing.T) {
	database := server.Server(t).Database(t)
	address := caseAddress(t, database, "sealed")
	sealedCase(t, address)
	want := show(t, address)
	if len(want.Items) != 3 || len(want.Mentions) != 12 || len(want.Listed) != 1 || len(want.Tasks) != 4 || want.Sources[1].Because == "" || want.Sources[0].Standing.By == "" || !strings.HasPrefix(want.Found[3], "watchlist:any 3 ") {
		t.Fatalf("the case shows too little: %+v", want)
	}
	for i, step := range []struct {
		from []seal.Key
		to   *seal.Key
	}{{nil, &keyOne}, {[]seal.Key{keyOne}, &keyTwo}, {[]seal.Key{keyOne, keyTwo}, nil}, {[]seal.Key{keyTwo}, &keyOne}} {
		if err := rewrite(t, address, step.to, step.from...); err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
		var keys []seal.Key
		if step.to != nil {
			keys = []seal.Key{*step.to}
			wantSealedWith(t, database, "sealed", *step.to)
		}
		if diff := cmp.Diff(want, show(t, address, keys...)); diff != "" {
			t.Errorf("step %d (-before +after):\n%s", i, diff)
		}
	}
	s, err := postgres.Open(t.Context(), address, postgres.Options{Keys: []seal.Key{keyOne}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var rotations []string
	for e, err := range s.Log(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		if e.Action == rotation.Action {
			rotations = append(rotations, e.Details["from_key"]+" "+e.Details["to_key"])
		}
	}
	if want := []string{"none c19eb3a7", "c19eb3a7 d486f29b", "d486f29b none", "none c19eb3a7"}; !slices.Equal(rotations, want) {
		t.Errorf("the log says %q, want %q", rotations, want)
	}
	// It goes on: what is kept for good still is, and what comes next takes nobody's place.
	for _, table := range []string{"records", "bodies", "rows"} {
		if _, err := server.Server(t).Try("postgres", database, `update sealed.`+table+` set data = data`); err == nil || !strings.Contains(err.Error(), "kept for good") {
			t.Errorf("%s can be updated: %v", table, err)
		}
	}
	if _, err := s.Enqueue(t.Context(), vigil.NewTask(vigil.Extract, "ORD-1/m", "more")); err != nil {
		t.Fatal(err)
	}
	if r, err := store.Check(t.Context(), s, nil); err != nil {
		t.Errorf("check: %v\n%v", err, r.Inspected.Flaws)
	}
}

// wantSealedWith looks at each value that a case has sealed.
func wantSealedWith(t *testing.T, database, name string, key seal.Key) {
	t.Helper()
	for _, column := range []string{
		"records.data", "bodies.data", "rows.data", "tasks.data", "mentions.data", "docs.data", "sources.data", "sources.standing", "pace.because", "meta.value",
	} {
		table, column, _ := strings.Cut(column, ".")
		where := column + ` is not null`
		if table == "meta" {
			where = `name = 'check'`
		}
		got := server.Server(t).SQL(t, database, fmt.Sprintf(`select count(*) > 0, count(*) filter (where substr(%s, 1, 5) <> '\x01%x') from %s.%s where %s`, column, key.ID, name, table, where))
		if got != "t|0" {
			t.Errorf("%s.%s: there are some | not under %s: %s, want t|0", table, column, key.Name(), got)
		}
	}
}

// TestASettledRewritingLeavesNothingUnderTheOldKey: no file of the server holds a value
// with its ID.
func TestASettledRewritingLeavesNothingUnderTheOldKey(t *testing.T) {
	pg := pgtest.New(t, "wal_recycle=off", "min_wal_size=32MB")
	address := pg.Address(pg.Database(t))
	sealedCase(t, address, keyOne)
	header := string(append([]byte{1}, keyOne.ID[:]...))
	if !inFiles(t, pg, header) {
		t.Fatal("nothing is under the old key: the test tests nothing")
	}
	if err := rewrite(t, address, &keyTwo, keyOne); err != nil {
		t.Fatal(err)
	}
	s, err := postgres.Open(t.Context(), address, postgres.Options{Keys: []seal.Key{keyTwo}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if n, err := s.Unsettled(t.Context()); err != nil || n != 1 {
		t.Errorf("%d are unsettled, %v; want the rewriting", n, err)
	}
	if left, err := s.Settle(t.Context()); err != nil || len(left) != 1 {
		t.Fatalf("settle: left %q, %v; want nothing but backups", left, err)
	}
	if n, err := s.Unsettled(t.Context()); err != nil || n != 0 {
		t.Errorf("%d are unsettled, %v; want none", n, err)
	}
	if inFiles(t, pg, header) {
		t.Error("a value under the old key is still there")
	}
	show(t, address, keyTwo)
}
