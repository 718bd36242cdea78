package postgres_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil"
	"vigil/internal/seal"
	"vigil/store"
	"vigil/store/postgres"
)

// record commits a record that must be taken.
func record(t *testing.T, s *postgres.Store, r vigil.Record, next ...vigil.Task) {
	t.Helper()
	if _, err := s.Record(t.Context(), vigil.Result{Act: vigil.Act{Actor: "inv-04", Action: "test"}, Record: r, Next: next}); err != nil {
		t.Fatal(err)
	}
}

// variedCase fills a case with something in every table: of each listing two readings
// on two pages, the later one assessed anew.
func variedCase(t *testing.T, s *postgres.Store) {
	t.Helper()
	src := vigil.Source{Order: "ORD-1", Name: "m", MaxPages: 1000}
	record(t, s, vigil.Order{ID: "ORD-1", Sources: []vigil.Source{src}})
	for i := range 6 {
		url := fmt.Sprint("http://x.onion/", i/2)
		body := fmt.Appendf(nil, "needle-body-%03d.", i)
		p := vigil.Page{Source: src.ID(), URL: url, FinalURL: url, Method: vigil.ByImport, RawSHA256: vigil.SumHex(body), BodySHA256: vigil.SumHex(body), BodySize: int64(len(body)), Body: body,
			RawSize: 9, CapturedAt: time.Date(2026, 11, 1+i, 0, 0, 0, 0, time.UTC)}
		p.ID = vigil.NewPageID(p)
		record(t, s, p, vigil.NewTask(vigil.Fetch, src.ID(), url), vigil.NewTask(vigil.Extract, src.ID(), p.ID))
		id := vigil.NewListingID(src.ID(), url)
		record(t, s, vigil.Listing{ID: id, Source: src.ID(), Page: p.ID, URL: url, PageType: vigil.PageListing, Title: fmt.Sprintf("needle-title-%03d. tide table", i), Vendor: fmt.Sprintf("needle-vendor-%03d.", i)})
		record(t, s, vigil.Assessment{ID: id, Source: src.ID(), Page: p.ID, Level: vigil.LevelReview, Score: 0.5, Identifiers: []vigil.Identifier{
			{Kind: "btc", Key: fmt.Sprintf("btc:needle-key-%03d.", i), Value: "v", Raw: "v"}, {Kind: "btc", Key: "btc:shared", Value: "v", Raw: "v"},
		}}, vigil.NewTask(vigil.Review, src.ID(), p.ID))
		record(t, s, vigil.Decision{Listing: id, Source: src.ID(), Page: p.ID, Verdict: vigil.NotRelevant, Note: fmt.Sprintf("needle-note-%03d.", i)})
	}
	ts, _, err := s.Lease(t.Context(), store.LeaseRequest{Stage: vigil.Extract, Holder: "w", N: 2, TTL: time.Hour})
	if err != nil || len(ts) != 2 {
		t.Fatalf("leased %d, %v", len(ts), err)
	}
	if err := s.Release(t.Context(), ts[0], vigil.Setback{Class: "test", Reason: "needle-reason-001.", Retry: time.Hour}); err != nil {
		t.Fatal(err)
	}
}

// TestRepairMakesTablesAnew damages each table that follows from others, in several
// ways. Each is found, with the table named, and mended.
func TestRepairMakesTablesAnew(t *testing.T) {
	database := server.Server(t).Database(t)
	address := caseAddress(t, database, "varied")
	s, err := postgres.Create(t.Context(), address, postgres.Options{Keys: nil})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	variedCase(t, s)
	if r, err := store.Check(t.Context(), s, nil); err != nil {
		t.Fatalf("untouched: %v\n%v", err, r.Inspected.Flaws)
	}
	if n, err := s.Repair(t.Context(), "op", nil); err != nil || n.Changed != 0 {
		t.Fatalf("repair of what is whole: %+v, %v", n, err)
	}
	for _, tamper := range []struct{ part, sql string }{
		{"counts", `delete from counts`},
		{"counts", `update counts set n = n + 1`},
		{"counts", `insert into counts values ('x', 'fetch', 'queued', 1)`},
		{"levels", `delete from levels`},
		{"levels", `update levels set waiting = waiting + 1`},
		{"pages", `delete from pages`},
		{"pages", `insert into pages values (999, 'x', 's')`},
		{"pace", `update pace set pages = 1`},
		{"captures", `delete from captures`},
		{"captures", `update captures set assessment = null`},
		{"captures", `update captures set reading = 1`},
		{"captures", `insert into captures values ('p', 'x', null, 1)`},
		{"mentions", `delete from mentions`},
		{"mentions", `update mentions set data = ''`},
		{"mentions", `update mentions set at = at + 1`},
		{"mentions", `update mentions set i = i + 1`},
		{"mentions", `insert into mentions select key, 'x', at, page, i, data from mentions limit 1`},
		{"triage", `delete from triage`},
		{"triage", `update triage set level = 0`},
		{"triage", `update triage set score = 0.25`},
		{"triage", `update triage set waiting = not waiting`},
		{"triage", `insert into triage values ('x', 's', 1, 0, 'r', false)`},
		{"docs", `delete from docs`},
		{"docs", `delete from docs where ended is null`},
		{"docs", `update docs set words = '{}'`},
		{"docs", `update docs set facts = '{1}'`},
		{"docs", `update docs set ended = null`},
		{"docs", `update docs set level = 0`},
		{"docs", `update docs set at = 1`},
		{"docs", `update docs set data = ''`},
		{"docs", `update docs set waiting = not waiting`},
		{"docs", `insert into docs select n + 100, 'x', ord, seq, born, ended, words, facts, level, score, at, waiting, data from docs limit 1`},
		{"docs", `insert into docs select n + 100, listing, ord, seq, born, ended, words, facts, level, score, at, waiting, data from docs where ended is null`},
		{"tasks", `update tasks set priority = 9`},
		{"tasks", `update tasks set until = 1`},
		{"tasks", `update tasks set state = 'done', source = 'x'`},
		{"tasks", `update tasks set barred = '{a}'`},
		{"logs", `update logs set edge = '' where ord = 'ORD-1'`},
		{"logs", `update logs set edge = substr(edge, 2) || '\x00' where ord = 'ORD-1'`},
	} {
		server.Server(t).SQL(t, database, `set search_path = varied; `+tamper.sql)
		in, err := s.Inspect(t.Context(), nil)
		named := false
		for _, p := range in.Parts {
			named = named || p.Name == tamper.part && p.Flaws > 0
		}
		if err != nil || !named || in.Mendable == 0 {
			t.Fatalf("%s: %v, %v; want a flaw of %s", tamper.sql, in.Flaws, err, tamper.part)
		}
		if n, err := s.Repair(t.Context(), "op", nil); err != nil || n.Changed == 0 {
			t.Fatalf("%s: repaired %+v, %v", tamper.sql, n, err)
		}
		if r, err := store.Check(t.Context(), s, nil); err != nil {
			t.Fatalf("%s, repaired: %v\n%v", tamper.sql, err, r.Inspected.Flaws)
		}
	}
	if hits, err := s.Search(t.Context(), store.SearchRequest{Query: query(t, "tide")}); err != nil || len(hits.Hits) != 3 {
		t.Errorf("%d hits after all repairs, %v; want 3", len(hits.Hits), err)
	}
}

// TestInspectFindsWhatCannotBeMended: whatever is no longer what it was, and follows
// from nothing else, is found, and left as it is.
func TestInspectFindsWhatCannotBeMended(t *testing.T) {
	database := server.Server(t).Database(t)
	for i, tamper := range []struct{ part, sql string }{
		{"tasks", `update tasks set data = '\x7b7d' where stage = 'review'`},
		{"records", `alter table records disable trigger all; update records set data = '\x00' where typ = 'listing'`},
		{"lines", `alter table lines disable trigger all; alter table logs disable trigger all; delete from logs where ord = 'ORD-1'`},
		{"logs", `alter table lines disable trigger all; delete from lines where ord = 'ORD-1' and seq = (select max(seq) from lines where ord = 'ORD-1')`},
		{"hashes", `alter table hashes disable trigger all; delete from hashes where ord = 'ORD-1'`},
		{"sources", `update sources set data = '\x00'`},
	} {
		name := fmt.Sprint("spoilt", i)
		s, err := postgres.Create(t.Context(), caseAddress(t, database, name), postgres.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		variedCase(t, s)
		server.Server(t).SQL(t, database, `set search_path = `+name+`; `+tamper.sql)
		in, err := s.Inspect(t.Context(), nil)
		found := false
		for _, f := range in.Flaws {
			found = found || f.Part == tamper.part && !f.Mendable
		}
		if err != nil || !found {
			t.Errorf("%s: %v, %v; want a flaw of %s that cannot be mended", tamper.sql, in.Flaws, err, tamper.part)
		}
		if _, err := store.Check(t.Context(), s, nil); err == nil || strings.Contains(err.Error(), "SQLSTATE") {
			t.Errorf("%s: check says %v", tamper.sql, err)
		}
	}
}

// TestRepairPassesOverWhatFollowsFromDamage: a listing whose record is damaged, or whose
// page, or what was decided of it, stays as it is, and is named; the others are mended.
func TestRepairPassesOverWhatFollowsFromDamage(t *testing.T) {
	database := server.Server(t).Database(t)
	n := 0
	for _, keys := range [][]seal.Key{nil, {testKey(1)}} {
		for _, typ := range []string{vigil.TypeListing, vigil.TypeAssessment, vigil.TypeDecision, vigil.TypePage} {
			n++
			name := fmt.Sprint("damaged", n)
			s, err := postgres.Create(t.Context(), caseAddress(t, database, name), postgres.Options{Keys: keys})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			variedCase(t, s)
			server.Server(t).SQL(t, database, `set search_path = `+name+`; alter table records disable trigger all;
				update records set data = '\x7b00' where (id, seq) = (select id, max(seq) from records where typ = '`+typ+`' group by id order by id limit 1) and typ = '`+typ+`';
				alter table records enable trigger all;
				delete from triage; delete from captures; delete from pages where id <> (select min(id) from records where typ = 'page'); delete from counts; update docs set facts = '{1}'`)
			before, err := s.Inspect(t.Context(), nil)
			if err != nil {
				t.Fatalf("%s: %v", typ, err)
			}
			done, err := s.Repair(t.Context(), "op", nil)
			if err != nil || done.Changed == 0 {
				t.Fatalf("%s: repaired %+v, %v; want the rest to be mended", typ, done, err)
			}
			after, err := s.Inspect(t.Context(), nil)
			if err != nil || after.Found == 0 || after.Found >= before.Found {
				t.Errorf("%s: %d flaws before and %d after, %v; want less, and those of what is damaged", typ, before.Found, after.Found, err)
			}
			if len(done.Passed) == 0 && after.Mendable > 0 {
				t.Errorf("%s: %v are left that could be mended, and nothing was passed over", typ, after.Flaws)
			}
			for _, f := range after.Flaws {
				if slices.Contains([]string{"counts", "levels"}, f.Part) {
					t.Errorf("%s: %v was not mended", typ, f)
				}
			}
			named := false // in the log
			for e, err := range s.Log(t.Context(), "") {
				named = named || err == nil && e.Reason == "ended" && e.Details["passed_over"] == fmt.Sprint(len(done.Passed))
			}
			if len(done.Passed) > 0 && !named {
				t.Errorf("%s: the log does not say that %d were passed over", typ, len(done.Passed))
			}
		}
	}
}
