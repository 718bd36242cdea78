package postgres_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
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

// TestWhoHasTheOldKeyIsTold, whatever is asked, and changes nothing.
func TestWhoHasTheOldKeyIsTold(t *testing.T) {
	address := caseAddress(t, server.Server(t).Database(t), "one")
	sealedCase(t, address, keyOne)
	old, err := postgres.Open(t.Context(), address, postgres.Options{Keys: []seal.Key{keyOne, keyTwo}})
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	ts, _, err := old.Lease(t.Context(), store.LeaseRequest{Stage: vigil.Extract, Holder: "w", N: 1, TTL: time.Hour})
	if err != nil || len(ts) != 1 {
		t.Fatal(len(ts), err)
	}
	if err := rewrite(t, address, &keyTwo, keyOne); err != nil {
		t.Fatal(err)
	}
	before := show(t, address, keyTwo)
	for what, call := range map[string]func(context.Context) error{
		"lease": func(ctx context.Context) error {
			_, _, err := old.Lease(ctx, store.LeaseRequest{Stage: vigil.Extract, Holder: "w", N: 1, TTL: time.Hour})
			return err
		},
		"commit": func(ctx context.Context) error { return old.Commit(ctx, ts[0], vigil.Result{Act: act()}) },
		"record": func(ctx context.Context) error { _, err := old.Record(ctx, view()); return err },
		"enqueue": func(ctx context.Context) error {
			_, err := old.Enqueue(ctx, vigil.NewTask(vigil.Extract, "ORD-1/m", "new"))
			return err
		},
		"sources": func(ctx context.Context) error { _, err := old.Sources(ctx); return err },
		"levels":  func(ctx context.Context) error { _, err := old.Levels(ctx, ""); return err },
		"search": func(ctx context.Context) error {
			_, err := old.Search(ctx, store.SearchRequest{Query: query(t, "tide")})
			return err
		},
		"listed": func(ctx context.Context) error { _, err := old.Listed(ctx, "btc:shared"); return err },
		"mentions": func(ctx context.Context) error {
			for _, err := range old.Mentions(ctx, "btc:shared") {
				return err
			}
			return nil
		},
		"freeze": func(ctx context.Context) error {
			thaw, err := old.Freeze(ctx)
			if err == nil {
				thaw()
			}
			return err
		},
	} {
		if err := call(t.Context()); !errors.Is(err, postgres.ErrRekeyed) || !errors.Is(err, vigil.ErrSealed) || errors.Is(err, vigil.ErrTampered) {
			t.Errorf("%s: %v, want %v", what, err, postgres.ErrRekeyed)
		}
	}
	if diff := cmp.Diff(before, show(t, address, keyTwo)); diff != "" {
		t.Errorf("something was changed:\n%s", diff)
	}
	if _, err := store.VerifyLogs(t.Context(), old, nil); err != nil {
		t.Errorf("logs need no key: %v", err)
	}
	if _, err := postgres.Open(t.Context(), address, postgres.Options{Keys: []seal.Key{keyOne}}); !errors.Is(err, vigil.ErrSealed) {
		t.Errorf("opened with the old key: %v", err)
	}
}

// TestOthersWaitForARewriting: who reads goes on meanwhile, and who would have changed
// the case under the old key is told when it is done.
func TestOthersWaitForARewriting(t *testing.T) {
	address := caseAddress(t, server.Server(t).Database(t), "one")
	sealedCase(t, address, keyOne)
	other, err := postgres.Open(t.Context(), address, postgres.Options{Keys: []seal.Key{keyOne}})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	begun, recorded := false, make(chan error, 1)
	err = postgres.Rewrite(t.Context(), address, postgres.Options{Keys: []seal.Key{keyOne}}, postgres.Rewriting{
		To: keyTwo, Act: rotation,
		Progress: func(int64, int64) {
			if begun {
				return
			}
			begun = true // and rows were written
			short, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			if _, err := other.Record(short, view()); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("another changed the case: %v", err)
			}
			go func() {
				_, err := other.Record(t.Context(), view())
				recorded <- err
			}()
			if _, err := other.Sources(t.Context()); err != nil {
				t.Errorf("another reads: %v", err)
			}
			if res, err := other.Search(t.Context(), store.SearchRequest{Query: query(t, "tide")}); err != nil || len(res.Hits) != 3 {
				t.Errorf("another finds %d, %v", len(res.Hits), err)
			}
		},
	})
	if err != nil || !begun {
		t.Fatal(begun, err)
	}
	if err := <-recorded; !errors.Is(err, postgres.ErrRekeyed) {
		t.Errorf("then it is told %v, want %v", err, postgres.ErrRekeyed)
	}
}

// TestOfTwoRewritingsOneIsTold: the second would have sealed what it cannot open.
func TestOfTwoRewritingsOneIsTold(t *testing.T) {
	address := caseAddress(t, server.Server(t).Database(t), "one")
	sealedCase(t, address, keyOne)
	three := testKey(3)
	ended, asked := make(chan error, 1), 0
	err := postgres.Rewrite(t.Context(), address, postgres.Options{Keys: []seal.Key{keyOne}}, postgres.Rewriting{
		Act: rotation,
		Locked: func(s *postgres.Store) (seal.Key, error) {
			go func() {
				ended <- postgres.Rewrite(t.Context(), address, postgres.Options{Keys: []seal.Key{keyOne}}, postgres.Rewriting{Act: rotation, Locked: func(*postgres.Store) (seal.Key, error) {
					asked++
					return three, nil
				}})
			}()
			time.Sleep(200 * time.Millisecond) // so that it waits; else the test shows nothing, and does no harm
			return keyTwo, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, vigil.ErrSealed) || asked > 0 {
		t.Errorf("the second ended with %v, and asked %d times for a key", err, asked)
	}
	show(t, address, keyTwo)
}

// TestAFailedRewritingLeavesTheCase: whatever ends it.
func TestAFailedRewritingLeavesTheCase(t *testing.T) {
	pg := server.Server(t)
	database := pg.Database(t)
	pg.SQL(t, database, `do $$ begin if not exists (select from pg_roles where rolname = 'stranger') then create role stranger login; end if; end $$`)
	no := errors.New("no")
	for i, tt := range []struct {
		what, spoil string
		login       string
		r           postgres.Rewriting
		keys        []seal.Key
		want        error
	}{
		{what: "no key and not plain", r: postgres.Rewriting{Act: rotation}},
		{what: "a key, but plain", r: postgres.Rewriting{Act: rotation, To: keyTwo, Plain: true}},
		{what: "no key from Locked", r: postgres.Rewriting{Act: rotation, Locked: func(*postgres.Store) (seal.Key, error) { return seal.Key{}, nil }}},
		{what: "no act", r: postgres.Rewriting{To: keyTwo}},
		{what: "without the key", r: postgres.Rewriting{Act: rotation, To: keyTwo}, keys: []seal.Key{keyTwo}, want: vigil.ErrSealed},
		{what: "refused", r: postgres.Rewriting{Act: rotation, Locked: func(*postgres.Store) (seal.Key, error) { return keyTwo, no }}, want: no},
		{what: "a damaged body", spoil: `alter table bodies disable trigger kept; update bodies set data = set_byte(data, 20, 255 - get_byte(data, 20)); alter table bodies enable trigger kept`,
			r: postgres.Rewriting{Act: rotation, To: keyTwo}, want: vigil.ErrTampered},
		{what: "a task of another key", spoil: `update tasks set data = '\x01d486f29b' || substr(data, 6) where stage = 'review'`, r: postgres.Rewriting{Act: rotation, To: keyTwo}, want: vigil.ErrTampered},
		{what: "a listed key of no row", spoil: `update listed set key = substr(key, 2) || '\x00' where n = 2`, r: postgres.Rewriting{Act: rotation, To: keyTwo}, want: vigil.ErrTampered},
		{what: "a moved mention", spoil: `update mentions set at = at + 1`, r: postgres.Rewriting{Act: rotation, To: keyTwo}, want: vigil.ErrTampered},
		{what: "a reading that is gone", spoil: `delete from records where typ = 'listing'`, r: postgres.Rewriting{Act: rotation, To: keyTwo}, want: vigil.ErrTampered},
		{what: "not the owner", spoil: `grant usage on schema %[1]s to stranger; grant all on all tables in schema %[1]s to stranger; grant all on all sequences in schema %[1]s to stranger`, login: "stranger",
			r: postgres.Rewriting{Act: rotation, To: keyTwo}, want: vigil.ErrRefused},
	} {
		name := "whole"
		if tt.spoil != "" {
			name = fmt.Sprint("spoilt", i)
		}
		address := caseAddress(t, database, name)
		if i == 0 || tt.spoil != "" {
			sealedCase(t, address, keyOne)
		}
		if tt.spoil != "" {
			pg.SQL(t, database, `set search_path = `+name+`; `+strings.ReplaceAll(tt.spoil, "%[1]s", name))
		}
		if tt.login != "" {
			address = strings.Replace(address, "postgres@", tt.login+"@", 1)
		}
		if tt.keys == nil {
			tt.keys = []seal.Key{keyOne}
		}
		before := contents(t, database, name)
		err := postgres.Rewrite(t.Context(), address, postgres.Options{Keys: tt.keys}, tt.r)
		if err == nil || tt.want != nil && !errors.Is(err, tt.want) || strings.Contains(fmt.Sprint(err), "secret") {
			t.Errorf("%s: %v, want %v", tt.what, err, tt.want)
		}
		if after := contents(t, database, name); before != after {
			t.Errorf("%s: the case was changed", tt.what)
		}
	}
}

// contents is a hash of all tables but that of connections, and of what guards them.
func contents(t *testing.T, database, name string) string {
	t.Helper()
	sql := ""
	for _, table := range []string{"meta", "lines", "hashes", "logs", "records", "bodies", "rows", "listed", "sources", "pace", "tasks", "counts", "pages", "captures", "mentions", "triage", "levels", "docs"} {
		sql += fmt.Sprintf(`select '%[2]s', md5(string_agg(t::text, ' ' order by t::text)) from %[1]s.%[2]s t;`, name, table)
	}
	return server.Server(t).SQL(t, database, sql+`select tgname, tgrelid::regclass, tgenabled from pg_trigger where not tgisinternal order by 1, 2`)
}

// rewritten names the case that a child of the next test rewrites, and of how many
// rows it is told when it is killed.
const rewritten = "VIGIL_TEST_REWRITTEN_CASE"

// TestRewriteUntilKilled is the child: it seals a case with one key and the other, time
// and again.
func TestRewriteUntilKilled(t *testing.T) {
	address := os.Getenv(rewritten)
	if address == "" {
		t.Skip("it is for another test's child")
	}
	keys := []seal.Key{keyOne, keyTwo}
	for {
		for _, k := range keys {
			o := postgres.Options{Tool: "test", Keys: keys}
			err := postgres.Rewrite(t.Context(), address, o, postgres.Rewriting{To: k, Act: rotation, Progress: func(done, of int64) { fmt.Println("rows", done) }})
			if err != nil {
				t.Fatal(err)
			}
			fmt.Println("rewritten")
		}
	}
}

// TestARewritingKilledAtAnyMoment leaves the case whole under the old key or the new one.
func TestARewritingKilledAtAnyMoment(t *testing.T) {
	if testing.Short() {
		t.Skip("starts and kills processes; not with -short")
	}
	address := caseAddress(t, server.Server(t).Database(t), "killed")
	sealedCase(t, address, keyOne)
	want := show(t, address, keyOne)
	whole, cut := 0, 0
	for round := range 14 {
		said := killAfter(t, address, 3+2*round, time.Duration(round%3)*time.Millisecond)
		whole += said["rewritten"]
		if said["rows"]%9 != 0 { // tables
			cut++
		}
		if diff := cmp.Diff(want, show(t, address, keyOne, keyTwo)); diff != "" {
			t.Fatalf("round %d (-before +after):\n%s", round, diff)
		}
	}
	if whole == 0 || cut == 0 {
		t.Errorf("it was rewritten %d times, and cut off in the middle %d times: the test shows nothing", whole, cut)
	}
}

// killAfter runs the child on a case, kills it a while after some lines, and counts by
// their first words what it said.
func killAfter(t *testing.T, address string, lines int, d time.Duration) map[string]int {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=^TestRewriteUntilKilled$")
	cmd.Env = append(os.Environ(), rewritten+"="+address)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said, n := map[string]int{}, 0
	for scan := bufio.NewScanner(out); scan.Scan(); n++ {
		word, _, _ := strings.Cut(scan.Text(), " ")
		said[word]++
		if n == lines {
			time.AfterFunc(d, func() { cmd.Process.Kill() })
		}
	}
	if err := cmd.Wait(); err == nil || cmd.ProcessState.Exited() {
		t.Fatalf("the child ended by itself: %v, %v", err, said)
	}
	return said
}

// TestARewritingGoesOnAfterTheServerCameBack: it begins anew, and asks for the key anew.
func TestARewritingGoesOnAfterTheServerCameBack(t *testing.T) {
	pg := pgtest.New(t)
	address := pg.Address(pg.Database(t))
	sealedCase(t, address, keyOne)
	want := show(t, address, keyOne)
	asked, crashed := 0, false
	err := postgres.Rewrite(t.Context(), address, postgres.Options{Keys: []seal.Key{keyOne}}, postgres.Rewriting{
		Act:    rotation,
		Locked: func(*postgres.Store) (seal.Key, error) { asked++; return keyTwo, nil },
		Progress: func(done, of int64) {
			if crashed || done < of/2 {
				return
			}
			crashed = true
			if err := errors.Join(pg.Crash(), pg.Start()); err != nil {
				t.Error(err)
			}
		},
	})
	if err != nil || asked != 2 {
		t.Fatalf("%v, asked %d times for the key; want twice", err, asked)
	}
	if diff := cmp.Diff(want, show(t, address, keyTwo)); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
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
